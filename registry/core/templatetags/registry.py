"""Template tags and filters that every page may use."""

import uuid
from dataclasses import replace
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry.core.units import rounded, shown_number
from registry.core.views.display import Shown, missing_label
from registry.core.views.links import edit_url, form_url

register = template.Library()

#: The number of a source mark is worn as a superscript link to its line in the list of sources.
_MARK = '<a class="source-mark" href="#{}" title="{}" aria-label="{}">{}</a>'


@register.filter
def dash(reason: Any) -> SafeString:
    """A missing value: “–” with its reason on hover and for screen readers."""
    why = str(reason or _("not entered"))
    return format_html(
        '<span class="missing" title="{}"><span aria-hidden="true">–</span>'
        '<span class="visually-hidden">{}</span></span>',
        why,
        why,
    )


@register.filter
def shown(value: Shown | None) -> SafeString:
    """A value with its unit, its source mark, or the dash that says why there is none."""
    if value is None:
        return dash("")
    if value.empty:
        body = dash(value.reason)
    elif value.unit:
        body = format_html('{}&nbsp;<span class="unit">{}</span>', value.text, value.unit)
    else:
        body = format_html("{}", value.text)
    return format_html(
        '<span class="shown">{}{}{}</span>', body, _warning_mark(value), source_mark(value.source)
    )


def _warning_mark(value: Shown) -> SafeString:
    if value.warnings:
        text = " ".join(value.warnings)
        return format_html(
            ' <span class="mark-unusual" title="{}"><span aria-hidden="true">!</span>'
            '<span class="visually-hidden">{}</span></span>',
            text,
            _("unusual"),
        )
    if value.confirmed:
        text = _("Unusual, confirmed: %(reason)s") % {"reason": value.confirmed}
        return format_html(
            ' <span class="mark-confirmed" title="{}"><span aria-hidden="true">✓</span>'
            '<span class="visually-hidden">{}</span></span>',
            text,
            text,
        )
    return SafeString("")


@register.filter
def source_mark(source: Any) -> SafeString:
    """A small number that leads to where the value is printed."""
    if source is None:
        return SafeString("")
    where = f"{source.location}: “{source.printed}”" if source.printed else source.location
    spoken = _("source %(number)s: %(where)s") % {"number": source.number, "where": source.location}
    return format_html(_MARK, source.anchor, where, spoken, source.number)


@register.filter
def status_chip(status: Any) -> SafeString:
    """The status of a case: a word and a shape."""
    labels = {
        "draft": _("draft"),
        "complete": _("complete"),
        "signed": _("signed"),
        "published": _("published"),
    }
    code = str(status)
    return format_html('<span class="chip chip-{}">{}</span>', code, labels.get(code, code))


@register.filter
def code_label(value: Any, labels: Any) -> str:
    """The words of ``a;b`` by a mapping or a ``TextChoices`` class."""
    if value in (None, ""):
        return ""
    found = dict(getattr(labels, "choices", None) or labels)
    return ", ".join(str(found.get(code, code)) for code in str(value).split(";"))


@register.filter
def unit(number: Any, name: str) -> SafeString:
    """A number with its unit, or the dash."""
    if number is None or number == "":
        return dash("")
    return format_html('{}&nbsp;<span class="unit">{}</span>', shown_number(number), name)


@register.filter
def number(value: Any) -> SafeString | str:
    return dash("") if value is None or value == "" else shown_number(value)


@register.filter
def missing(code: Any) -> SafeString:
    """The dash for a missing code."""
    return dash(missing_label(code))


@register.simple_tag
def share(count: Any, total: Any) -> SafeString | str:
    """``10/58 (17 %)``."""
    if count is None or not total:
        return dash("") if count is None else f"{count}/0"
    return f"{count}/{total} ({rounded(100 * count / total)}\u00a0%)"


@register.filter
def p_value(value: Any) -> str:
    """``0.043``; never ``0.000``."""
    if value is None:
        return ""
    return f"< {shown_number('0.001')}" if 0 < float(value) < 0.0005 else shown_number(value)


@register.simple_tag
def attributes(**given: Any) -> SafeString:
    """HTML attributes from those arguments that have a value (``_`` in names stands for ``-``)."""
    pairs = (
        (name.replace("_", "-"), value) for name, value in given.items() if value not in (None, "", False)
    )
    return format_html_join("", ' {}="{}"', pairs)


@register.simple_tag
def box_groups(field: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """The boxes of a grouped multiple choice: heading and options of each group."""
    attrs = field.build_widget_attrs({"id": field.auto_id})
    context = field.field.widget.get_context(field.html_name, field.value(), attrs)
    return [(group or "", options) for group, options, _index in context["widget"]["optgroups"]]


@register.filter
def edit_address(record: Any) -> str:
    """Where a record is edited."""
    return edit_url(record)


@register.filter
def form_address(record: Any) -> str:
    """The record's own form, which works without script."""
    return form_url(record)


@register.filter
def kind_of(record: Any) -> str:
    """The kind of a record, as addresses name it."""
    return str(record._meta.model_name)


@register.filter
def bare(value: Shown | None) -> SafeString:
    """A value whose unit stands in the head of its column."""
    return shown(replace(value, unit="") if value is not None else None)


@register.filter
def names(message: Any, label: Any) -> bool:
    """Whether a message names its field already, so that the label need not stand before it."""
    return str(message).lower().startswith(str(label).lower())


@register.simple_tag
def new_token() -> str:
    """Names a row before it exists, so that a second click finds the row that the first one made."""
    return str(uuid.uuid4())
