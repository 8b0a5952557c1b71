"""Template tags of the ascertainment log."""

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from registry.curation.models.ascertainment import REASONS

register = template.Library()


def _labels() -> dict[str, str]:
    return {
        "eligible": _("Eligible"),
        "refused": _("Consent refused"),
        "missed": _("Missed"),
        "not_eligible": _("Not eligible after all"),
        "other": pgettext("reason", "Other reason"),
    }


@register.filter
def reason_label(name: Any) -> str:
    """Why an eligible procedure was not registered, in words."""
    return _labels()[str(name)]


@register.filter
def figures_of(form: Any, kind: Any) -> list[tuple[Any, str]]:
    """The numbers of a kind with their short labels; the heading names the kind."""
    labels = _labels()
    return [(form[f"{kind}_{name}"], labels[name]) for name in ("eligible", *REASONS)]


@register.filter
def text_of(form: Any, kind: Any) -> Any:
    """The explanation of a kind."""
    return form[f"{kind}_text"]
