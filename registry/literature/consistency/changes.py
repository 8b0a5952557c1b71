"""Changes that a paper reports as values of their own, against the means from which they must follow."""

import math
from collections.abc import Iterator

from django.utils.translation import gettext as _

from registry.literature.consistency.numbers import Number, shown, shown_span
from registry.literature.consistency.quantities import Bundle, Cell, Series, statistic_words
from registry.literature.consistency.relations import CHANGES
from registry.literature.consistency.result import Check, Family, Outcome, joined, make
from registry.literature.models import Statistic
from registry.literature.words import time_point_words

BASELINE = "baseline"

# -- arithmetic -------------------------------------------------------------------------------------------------------


def difference_fits(before: Number, after: Number, change: Number) -> bool:
    (low, high), (least, most) = before.ends, after.ends
    return change.may_be(low - most, high - least)


def difference(before: Number, after: Number, change: Number) -> Outcome:
    """Whether a printed mean change is the difference of the printed means.

    With the same patients at both times it must be, whatever the correlation.
    """
    (low, high), (least, most) = before.ends, after.ends
    agrees = change.may_be(low - most, high - least)
    exact = before.value - after.value
    return Outcome.of(
        agrees,
        formula=_("change = mean before − mean after"),
        arithmetic=f"{shown(before.value)} − {shown(after.value)} = {shown(exact)}",
        computed=shown_span(low - most, high - least),
        remark=""
        if agrees
        else _("Another point of reference, or patients missing at one time, can explain it."),
    )


def sd_of_difference(before: Number, after: Number, change: Number) -> Outcome:
    """Whether the standard deviation of a change is possible: it lies between ``|SD₁ − SD₂|`` and ``SD₁ + SD₂``."""
    (low, high), (least, most) = before.ends, after.ends
    narrow = max(float(low - most), float(least - high), 0.0)
    wide = float(high + most)
    agrees = change.may_be(narrow, wide)
    covariance = float(before.value) ** 2 + float(after.value) ** 2 - float(change.value) ** 2
    product = 2 * float(before.value) * float(after.value)
    remark = ""
    if agrees and product and math.isfinite(covariance / product):
        remark = _("It corresponds to a correlation of about %(r)s.") % {
            "r": shown(round(covariance / product, 2))
        }
    return Outcome.of(
        agrees,
        formula="|SD₁ − SD₂| ≤ SD(change) ≤ SD₁ + SD₂",
        arithmetic=f"|{shown(before.value)} − {shown(after.value)}| = {shown(abs(before.value - after.value))}; "
        f"{shown(before.value)} + {shown(after.value)} = {shown(before.value + after.value)}",
        computed=shown_span(narrow, wide),
        remark=remark,
    )


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    for variable, score in CHANGES.items():
        for bundle in series.find(variable):
            if bundle.about.time_point:
                yield from _of(series, bundle, score)


def _of(series: Series, bundle: Bundle, score: str) -> Iterator[Check]:
    about = bundle.about
    for statistic, judge in ((Statistic.MEAN, difference), (Statistic.SD, sd_of_difference)):
        change = bundle.get(statistic)
        before = _at(series, score, about.arm, BASELINE, statistic)
        after = _at(series, score, about.arm, about.time_point, statistic)
        if change is None or before is None or after is None:
            continue
        outcome = judge(before.number, after.number, change.number)
        if statistic == Statistic.MEAN and outcome.verdict == "inconsistent":
            outcome = _with_other_references(series, score, change, after, outcome)
        yield make(
            Family.CHANGE,
            series.label(about, str(statistic_words(change.statistic))),
            (about.variable, about.time_point, about.arm, statistic, bundle.locations),
            about.variable,
            [before.input(), after.input(), change.input()],
            change.number.shown,
            outcome,
        )


def _at(series: Series, score: str, arm: str, time_point: str, statistic: str) -> Cell | None:
    for bundle in series.find(score, arm=arm, category="", time_point=time_point):
        cell = bundle.get(statistic)
        if cell is not None:
            return cell
    return None


def _with_other_references(
    series: Series, score: str, change: Cell, after: Cell, outcome: Outcome
) -> Outcome:
    """Names the time points since which the printed change would be right."""
    earlier = [
        cell
        for bundle in series.find(score, arm=change.about.arm, category="")
        if bundle.about.time_point not in (BASELINE, after.about.time_point)
        and (cell := bundle.get(Statistic.MEAN)) is not None
        and cell.rows[0].order < after.rows[0].order
        and difference_fits(cell.number, after.number, change.number)
    ]
    if not earlier:
        return outcome
    words = ", ".join(
        f"{time_point_words(cell.about.time_point)} ({shown(cell.number.value)} − {shown(after.number.value)} = "
        f"{shown(cell.number.value - after.number.value)})"
        for cell in earlier
    )
    remark = joined([outcome.remark, _("It agrees with the change since %(points)s.") % {"points": words}])
    return Outcome(outcome.verdict, outcome.formula, outcome.arithmetic, outcome.computed, remark)
