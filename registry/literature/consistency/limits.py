"""Scores inside their scale, standard deviations that the scale admits, and series inside their own criteria."""

from collections.abc import Iterator
from functools import cache

from django.apps import apps
from django.utils.translation import gettext as _

from registry.core.models import Record
from registry.core.rules import range_of
from registry.literature.consistency.numbers import Number, printed
from registry.literature.consistency.quantities import Bundle, Cell, Series, statistic_words
from registry.literature.consistency.relations import ELIGIBLE, UNDEFINED_SCALES
from registry.literature.consistency.result import Check, Family, Outcome, make
from registry.literature.consistency.spread import sd_in_range
from registry.literature.models import Qualifier, Statistic

#: Statistics that are values of the scale themselves.
VALUES = (Statistic.MEAN, Statistic.MEDIAN, Statistic.MIN, Statistic.MAX)
#: The unit in which the papers print scores.
POINTS = "points"

# -- arithmetic -------------------------------------------------------------------------------------------------------


def inside(value: Number, low: Number, high: Number) -> Outcome:
    """Whether a printed value may lie between the ends of a scale."""
    agrees = value.may_be(low.value, high.value)
    return Outcome.of(
        agrees,
        formula=_("lowest score ≤ value ≤ highest score"),
        arithmetic=f"{low.shown} ≤ {value.shown} ≤ {high.shown}"
        if agrees
        else f"{value.shown} ∉ {low.shown}–{high.shown}",
        computed=f"{low.shown}–{high.shown}",
    )


def meets_criterion(value: Number, criterion: Number) -> Outcome:
    """Whether the end of a range may fulfil a criterion of inclusion such as “older than 18 years”."""
    agrees = value.meets(criterion) or value.may_be(*_ends(criterion))
    return Outcome.of(
        agrees,
        formula=_("the range fulfils the criterion"),
        arithmetic=f"{value.shown}: {value.shown_range}; {criterion.shown}",
        computed=criterion.shown,
        remark=_("A whole number of years stands for the whole year of life.") if agrees else "",
    )


def _ends(number: Number) -> tuple[float, float]:
    return (
        float("-inf") if number.low is None else float(number.low),
        float("inf") if number.high is None else float(number.high),
    )


# -- which cells ------------------------------------------------------------------------------------------------------


@cache
def scale_of(variable: str) -> tuple[Number, Number] | None:
    """The ends of a score's scale, as the registry's own rule has them."""
    for model in apps.get_models():
        rule = range_of(model, variable) if issubclass(model, Record) else None
        if rule is not None:
            return printed(str(rule.low), whole=True), printed(str(rule.high), whole=True)
    return None


def checks(series: Series) -> Iterator[Check]:
    for bundle in series.bundles:
        if _is_score(bundle):
            yield from _score(series, bundle)
    yield from _criteria(series)


def _is_score(bundle: Bundle) -> bool:
    return any(cell.rows[0].unit == POINTS for cell in bundle.cells.values())


def _score(series: Series, bundle: Bundle) -> Iterator[Check]:
    about = bundle.about
    undefined = UNDEFINED_SCALES.get(about.variable)
    scale = scale_of(about.variable) if undefined is None else None
    key = (about.variable, about.category, about.time_point, about.arm, bundle.locations)
    for statistic in VALUES:
        cell = bundle.get(statistic)
        if cell is None or (scale is None and undefined is None):
            continue
        outcome = inside(cell.number, *scale) if scale is not None else Outcome.untestable(str(undefined))
        yield make(
            Family.LIMITS,
            series.label(about, f"{statistic_words(cell.statistic)} {_('inside the scale')}"),
            (*key, statistic),
            about.variable,
            [cell.input()],
            cell.number.shown,
            outcome,
        )
    mean, sd = bundle.get(Statistic.MEAN), bundle.get(Statistic.SD)
    if scale is None or mean is None or sd is None:
        return
    sizes = series.sizes(bundle)
    yield make(
        Family.LIMITS,
        series.label(about, _("standard deviation inside the scale")),
        (*key, Statistic.SD),
        about.variable,
        [mean.input(), *(sizes[0].inputs if sizes else ()), sd.input()],
        sd.number.shown,
        sd_in_range(mean.number, sd.number, *scale, [size.n for size in sizes], reached=False),
    )


def _criteria(series: Series) -> Iterator[Check]:
    for criterion, variable in ELIGIBLE.items():
        for bundle in series.find(criterion):
            for statistic, limit in bundle.cells.items():
                for about, end in _range_ends(series, variable, statistic):
                    yield make(
                        Family.LIMITS,
                        series.label(about, _("range fulfils the criterion of inclusion")),
                        (criterion, statistic, about.arm),
                        variable,
                        [limit.input(), end.input()],
                        end.number.shown,
                        meets_criterion(_lived(end), limit.number),
                    )


def _range_ends(series: Series, variable: str, statistic: str) -> Iterator[tuple]:
    for bundle in series.find(variable, category=""):
        cell = bundle.get(statistic)
        if cell is not None:
            yield bundle.about, cell


def _lived(cell: Cell) -> Number:
    """A whole number of years stands for everything up to the next birthday."""
    number = cell.number
    if not number.is_exact or cell.about.variable != "age_years":
        return number
    return Number(number.text, number.value, number.value + 1, Qualifier.EXACT)
