"""Counts, denominators and percentages: whether they belong together, and whether a percentage is possible at all."""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from registry.literature.consistency.numbers import Number, shown
from registry.literature.consistency.quantities import Bundle, Series, Size, denominator
from registry.literature.consistency.relations import APART
from registry.literature.consistency.result import Check, Family, Input, Outcome, make
from registry.literature.models import Statistic

# -- arithmetic -------------------------------------------------------------------------------------------------------

SHARE = "100 · n / N"


def share(count: int, total: int, percent: Number) -> Outcome:
    """Whether ``100 · n / N`` rounds to the printed percentage."""
    if total == 0:
        return Outcome.untestable(_("The denominator is zero."), formula=SHARE)
    value = Fraction(100 * count, total)
    agrees = percent.may_be(value, value)
    remark = ""
    if not agrees:
        places = 10**percent.decimals
        if Fraction(math.floor(value * places), places) == percent.value:
            remark = _("Cutting the decimals off instead of rounding gives the printed number.")
        else:
            remark = _("Another denominator, for instance without patients lost, can explain it.")
    return Outcome.of(
        agrees,
        formula=SHARE,
        arithmetic=f"100 · {count} / {total} = {shown(value)}",
        computed=shown(value),
        remark=remark,
    )


def possible_counts(percent: Number, total: int) -> list[int]:
    """Counts out of ``total`` that round to the printed percentage."""
    low = Fraction(0) if percent.low is None else percent.low
    high = Fraction(100) if percent.high is None else percent.high
    first = max(0, math.ceil(low * total / 100))
    last = min(total, math.floor(high * total / 100))
    return list(range(first, last + 1))


def possible(percent: Number, total: int) -> Outcome:
    """Whether any count out of ``total`` rounds to the printed percentage."""
    found = possible_counts(percent, total)
    nearest = round(percent.value * total / 100)
    around = sorted({max(0, nearest - 1), nearest, min(total, nearest + 1)})
    return Outcome.of(
        bool(found),
        formula=_("some whole n with 100 · n / N rounding to the percentage"),
        arithmetic="; ".join(
            f"100 · {n} / {total} = {shown(Fraction(100 * n, total))}" for n in found[:3] or around
        ),
        computed=", ".join(f"{n}/{total}" for n in found[:3]) or _("no count"),
        remark="" if found else _("Another denominator, for instance without patients lost, can explain it."),
    )


def within(count: int, size: Size, others: Sequence[Size] = ()) -> Outcome:
    """Whether a count is no larger than the group it is about."""
    same = [other for other in others if other.n == size.n]
    return Outcome.of(
        count <= size.n,
        formula=_("n ≤ size of the group"),
        arithmetic=f"{count} {'≤' if count <= size.n else '>'} {size.words}"
        + "".join(f"; {size.n} = {other.words}" for other in same),
        computed=f"≤ {size.n}",
    )


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    for bundle in series.bundles:
        count, percent = bundle.get(Statistic.N), bundle.get(Statistic.PERCENT)
        if percent is not None:
            yield from _percent(series, bundle)
        elif count is not None and bundle.about.variable not in APART:
            yield from _count(series, bundle)


def _percent(series: Series, bundle: Bundle) -> Iterator[Check]:
    percent, count = bundle.cells[Statistic.PERCENT], bundle.get(Statistic.N)
    about = bundle.about
    title = series.label(about, _("percentage"))
    key = (about.variable, about.category, about.time_point, about.arm, percent.location)
    sizes = series.sizes(bundle)
    if not sizes:
        inputs = [percent.input()]
        outcome = Outcome.untestable(_("No denominator is printed for this percentage."))
    elif count is not None:
        inputs = [count.input(), *sizes[0].inputs, percent.input()]
        outcome = share(count.count, sizes[0].n, percent.number)
    else:
        inputs = [*sizes[0].inputs, percent.input()]
        outcome = possible(percent.number, sizes[0].n)
    yield make(Family.PERCENT, title, key, about.variable, inputs, f"{percent.number.shown} %", outcome)
    if count is None and not about.arm:
        yield from _percent_of_arms(series, bundle)


def _percent_of_arms(series: Series, bundle: Bundle) -> Iterator[Check]:
    """A percentage of the whole series against the counts of its arms."""
    about, percent = bundle.about, bundle.cells[Statistic.PERCENT]
    parts = [
        cell
        for arm in series.arms
        if (cell := series.count(about.variable, arm, about.category, about.time_point)) is not None
    ]
    if not parts or len(parts) != len(series.arms) or any(part.denominator is None for part in parts):
        return
    total = sum(part.denominator or 0 for part in parts)
    yield make(
        Family.PERCENT,
        series.label(about, _("percentage against the arms")),
        (about.variable, about.category, about.time_point, "arms"),
        about.variable,
        [*(part.input() for part in parts), percent.input()],
        f"{percent.number.shown} %",
        share(sum(part.count for part in parts), total, percent.number),
    )


def _count(series: Series, bundle: Bundle) -> Iterator[Check]:
    """A count against the size of its group; the counts that are sizes themselves are left to the sums."""
    cell, about = bundle.cells[Statistic.N], bundle.about
    printed = series.size(bundle.unit, about.arm)
    if bundle.denominator is not None:
        size = denominator(bundle.denominator, bundle.unit)
        others = [printed] if printed is not None else []
    elif printed is not None and not _is_size(cell.input(), printed):
        size, others = printed, []
    else:
        return
    yield make(
        Family.PERCENT,
        series.label(about, _("count within its group")),
        (about.variable, about.category, about.time_point, about.arm, cell.location, "n"),
        about.variable,
        [cell.input(), *(source for other in (size, *others) for source in other.inputs)],
        cell.number.shown,
        within(cell.count, size, others),
    )


def _is_size(cell: Input, size: Size) -> bool:
    return any(set(cell.values) & set(source.values) for source in size.inputs)
