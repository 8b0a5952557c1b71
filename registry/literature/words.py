"""How reported values are called and written for people: variables, categories, time points, statistics of a group."""

from functools import cache
from typing import Any

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.core.models import Record
from registry.core.units import shown_text
from registry.literature.models import Qualifier, ReportedValue, Statistic
from registry.literature.names import NAMES, category_label, printed_words, spaced

#: How a qualified number is written.
QUALIFIED: dict[str, Any] = {
    Qualifier.EXACT: "%(value)s",
    Qualifier.NEARLY: gettext_lazy("nearly %(value)s"),
    Qualifier.APPROXIMATELY: gettext_lazy("about %(value)s"),
    Qualifier.UP_TO: gettext_lazy("up to %(value)s"),
    Qualifier.AT_LEAST: gettext_lazy("at least %(value)s"),
    Qualifier.LESS_THAN: "< %(value)s",
    Qualifier.GREATER_THAN: "> %(value)s",
}
TESTS = {"chi2": "χ²", "t": "t", "fisher": "Fisher", "friedman": "Friedman", "anova": "ANOVA"}


def qualified(value: ReportedValue, number: str) -> str:
    """The number with what the paper says of its exactness."""
    return str(QUALIFIED[value.qualifier]) % {"value": number}


def variable_label(name: str) -> str:
    """What a variable is called: the literature's own name, or the label of the registry's column."""
    return capfirst(str(_declared(name)[0]))


def category_words(variable: str, category: str) -> str:
    """A category as the registry calls it where it is a code, else in the words of the paper."""
    label = category_label(variable, category) or _declared(variable)[1].get(category)
    return str(label) if label else printed_words(category)


def time_point_words(time_point: str) -> str:
    label = _declared("time_point")[1].get(time_point)
    return str(label) if label else printed_words(time_point)


@cache
def _declared(name: str) -> tuple[Any, dict[str, Any]]:
    """The label of a variable and its codes with their labels, each in the language of whoever reads it."""
    if name in NAMES:
        return NAMES[name].label, {}
    for model in apps.get_models():
        if not issubclass(model, Record) or model._meta.app_label == "literature":
            continue
        derived = next((value for value in model.derived if value.name == name), None)
        if derived is not None:
            return derived.label, {}
        column: Any = next((found for found in model._meta.concrete_fields if found.name == name), None)
        if column is not None:
            return column.verbose_name, dict(column.flatchoices or getattr(column, "codes", ()))
    return spaced(name), {}


def in_words(values: list[ReportedValue]) -> str:
    """The statistics of one group together: ``7.4 (1.6), 3–9`` or ``10/58 (17.24 %)``."""
    by_statistic: dict[str, ReportedValue] = {}
    for value in values:
        by_statistic.setdefault(value.statistic, value)

    def text(name: str) -> str:
        value = by_statistic.get(name)
        return qualified(value, shown_text(value.value_text)) if value is not None else ""

    parts = []
    count = by_statistic.get(Statistic.N)
    if count is not None:
        shown = f"{text('n')}/{count.denominator}" if count.denominator is not None else text("n")
        parts.append(f"{shown} ({text('percent')} %)" if text("percent") else shown)
    elif text("percent"):
        parts.append(f"{text('percent')} %")
    if text("mean"):
        parts.append(f"{text('mean')} ({text('sd')})" if text("sd") else text("mean"))
    elif text("sd"):
        parts.append(_("SD %(sd)s") % {"sd": text("sd")})
    if text("median"):
        parts.append(_("median %(median)s") % {"median": text("median")})
    low, high = text("min"), text("max")
    if low and high:
        parts.append(low if low == high and not parts else f"{low}–{high}")
    elif low or high:
        end = by_statistic[Statistic.MIN if low else Statistic.MAX]
        if end.qualifier != Qualifier.EXACT:
            parts.append(low or high)  # “up to 6” says by itself which end it is
        else:
            parts.append(_("from %(low)s") % {"low": low} if low else _("max. %(high)s") % {"high": high})
    return ", ".join(parts)
