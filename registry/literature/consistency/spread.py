"""Means inside their range, and standard deviations that a range of values admits.

Values between ``a`` and ``b`` with mean ``m`` have a sample standard deviation of at most
``√[(m − a)(b − m) · n/(n − 1)]`` (Bhatia and Davis 2000; with ``m`` in the middle this is Popoviciu's bound). Where
both ends are values of the group itself, the standard deviation has a least value too: two values at the ends and all
others at the one place that the mean leaves for them, divided by ``n`` because some papers divide by it.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from registry.literature.consistency.numbers import Number, shown
from registry.literature.consistency.quantities import Bundle, Cell, Series, Size, statistic_words
from registry.literature.consistency.result import Check, Family, Outcome, joined, make
from registry.literature.models import Statistic

MOST = "√[(mean − min)(max − mean) · n/(n − 1)]"
LEAST = "√{[(min − mean)² + (max − mean)² + (2·mean − min − max)²/(n − 2)] / n}"

# -- arithmetic -------------------------------------------------------------------------------------------------------


def mean_in_range(center: Number, low: Number, high: Number, n: int | None = None) -> Outcome:
    """Whether a mean lies where values that reach from ``low`` to ``high`` allow it; a median with ``n`` = ``None``."""
    bottom, top = low.low, high.high
    if bottom is None or top is None:
        return Outcome.untestable(_("The range has an open end."))
    if n is not None and n > 1:
        least, most = (bottom * (n - 1) + low_end(high)) / n, (high_end(low) + top * (n - 1)) / n
        formula = "[(n − 1)·min + max] / n ≤ mean ≤ [min + (n − 1)·max] / n"
        ends = (
            f"({n - 1} · {shown(bottom)} + {shown(low_end(high))}) / {n} = {shown(least)}",
            f"({shown(high_end(low))} + {n - 1} · {shown(top)}) / {n} = {shown(most)}",
        )
    else:
        least, most = bottom, top
        formula = _("min ≤ value ≤ max")
        ends = shown(least), shown(most)
    agrees = center.may_be(least, most)
    return Outcome.of(
        agrees,
        formula=formula,
        arithmetic=f"{ends[0]} ≤ {center.shown} ≤ {ends[1]}"
        if agrees
        else f"{center.shown} ∉ {ends[0]} … {ends[1]}",
        computed=f"{shown(least)}–{shown(most)}",
    )


def low_end(number: Number) -> Fraction:
    return number.low if number.low is not None else number.value


def high_end(number: Number) -> Fraction:
    return number.high if number.high is not None else number.value


def _nearest_to_middle(mean: Number, bottom: Fraction, top: Fraction) -> Fraction:
    """The mean that both bounds take: of all that the printed one may stand for, the nearest to the middle."""
    return min(max((bottom + top) / 2, low_end(mean)), high_end(mean))


def most_sd(mean: Number, low: Number, high: Number, n: int | None) -> float:
    """The largest sample standard deviation; without ``n`` that of the least favourable n, two."""
    return _most(_nearest_to_middle(mean, low_end(low), high_end(high)), low_end(low), high_end(high), n)[0]


def _most(at: Fraction, bottom: Fraction, top: Fraction, n: int | None) -> tuple[float, str]:
    """The largest sample standard deviation for a mean and a range, and its arithmetic."""
    n = n if n is not None and n > 1 else 2
    found = math.sqrt(max(float((at - bottom) * (top - at)), 0.0) * n / (n - 1))
    m, a, b = shown(at), shown(bottom), shown(top)
    return found, f"√[({m} − {a})({b} − {m}) · {n}/{n - 1}] = {shown(found, 4)}"


def least_sd(mean: Number, low: Number, high: Number, n: int | None) -> float:
    """The smallest standard deviation of ``n`` values that reach both ends; zero without ``n``."""
    return _least(mean, low, high, n)[0]


def _least(mean: Number, low: Number, high: Number, n: int | None) -> tuple[float, str]:
    bottom, top = high_end(low), low_end(high)
    if n is None or n < 3 or top <= bottom:
        return 0.0, ""
    at = _nearest_to_middle(mean, bottom, top)
    squares = (bottom - at) ** 2 + (top - at) ** 2 + (2 * at - bottom - top) ** 2 / (n - 2)
    found = math.sqrt(squares / n)
    m, a, b = shown(at), shown(bottom), shown(top)
    text = f"√{{[({a} − {m})² + ({b} − {m})² + (2 · {m} − {a} − {b})²/{n - 2}] / {n}}} = {shown(found, 4)}"
    return found, text


def sd_in_range(
    mean: Number, sd: Number, low: Number, high: Number, sizes: Sequence[int | None], *, reached: bool
) -> Outcome:
    """Whether a standard deviation is possible for values between ``low`` and ``high`` with this mean.

    ``sizes`` are the numbers of values that may lie behind it; ``reached`` says that both ends are among the values.
    """
    tried = [
        (n, least_sd(mean, low, high, n) if reached else 0.0, most_sd(mean, low, high, n))
        for n in sizes or [None]
    ]
    n, least, most = next((one for one in tried if sd.may_be(one[1], one[2])), tried[0])
    agrees = sd.may_be(least, most)
    as_printed = _most(mean.value, low.value, high.value, n)[1]
    bottom, top = low_end(low), high_end(high)
    widest = _most(_nearest_to_middle(mean, bottom, top), bottom, top, n)[1]
    lines = [as_printed]
    if widest != as_printed:
        lines.append(_("at most %(arithmetic)s") % {"arithmetic": widest})
    if reached and least > 0:
        lines.append(_("at least %(arithmetic)s") % {"arithmetic": _least(mean, low, high, n)[1]})
    remark = ""
    if not agrees:
        remark = (
            _("A larger spread needs values outside the printed range, or a range of only part of the group.")
            if not sd.may_be(0, most)
            else _("Values that reach both ends of the range spread wider than this.")
        )
    return Outcome.of(
        agrees,
        formula=f"{LEAST} ≤ SD ≤ {MOST}" if reached and least > 0 else f"SD ≤ {MOST}",
        arithmetic="; ".join(lines),
        computed=_("%(least)s to %(most)s") % {"least": shown(least, 4), "most": shown(most, 4)},
        remark=remark,
    )


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    for bundle in series.bundles:
        ends = _ends(series, bundle)
        if ends is None:
            continue
        low, high, own = ends
        yield from _center(series, bundle, low, high, own)
        yield from _spread(series, bundle, low, high, own)


def _ends(series: Series, bundle: Bundle) -> tuple[Cell, Cell, bool] | None:
    """The range that a quantity must stay in: its own, else that of the whole series."""
    if not {Statistic.MEAN, Statistic.MEDIAN, Statistic.SD} & set(bundle.cells):
        return None
    own = bundle.get(Statistic.MIN), bundle.get(Statistic.MAX)
    if own[0] is not None and own[1] is not None:
        return own[0], own[1], True
    about = bundle.about
    for other in series.find(about.variable, arm="", category=about.category, time_point=about.time_point):
        low, high = other.get(Statistic.MIN), other.get(Statistic.MAX)
        if low is not None and high is not None:
            return low, high, False
    return None


def _center(series: Series, bundle: Bundle, low: Cell, high: Cell, own: bool) -> Iterator[Check]:
    for statistic in (Statistic.MEAN, Statistic.MEDIAN):
        cell = bundle.get(statistic)
        if cell is None:
            continue
        sizes = _own_sizes(series, bundle) if statistic == Statistic.MEAN and own else []
        size = sizes[0] if sizes else None
        yield make(
            Family.RANGE,
            series.label(bundle.about, f"{statistic_words(cell.statistic)} {_inside(own)}"),
            (*_key(bundle), statistic),
            bundle.about.variable,
            [low.input(), high.input(), *(size.inputs if size else ()), cell.input()],
            cell.number.shown,
            mean_in_range(
                cell.number, low.number, high.number, max(one.n for one in sizes) if sizes else None
            ),
        )


def _spread(series: Series, bundle: Bundle, low: Cell, high: Cell, own: bool) -> Iterator[Check]:
    mean, sd = bundle.get(Statistic.MEAN), bundle.get(Statistic.SD)
    if mean is None or sd is None:
        return
    # Where only the patients are counted, there are at least as many lesions: that bounds the spread from above alone.
    sizes = series.sizes(bundle)
    own_sizes = _own_sizes(series, bundle)
    outcome = sd_in_range(
        mean.number,
        sd.number,
        low.number,
        high.number,
        [size.n for size in sizes] or [None],
        reached=own and bool(own_sizes),
    )
    if not sizes:
        outcome = Outcome(
            outcome.verdict,
            outcome.formula,
            outcome.arithmetic,
            outcome.computed,
            joined([outcome.remark, _("No n is printed; the bound is that of the least favourable n, two.")]),
        )
    yield make(
        Family.SPREAD,
        series.label(bundle.about, f"{_('standard deviation')} {_inside(own)}"),
        _key(bundle),
        bundle.about.variable,
        [low.input(), high.input(), mean.input(), *(sizes[0].inputs if sizes else ()), sd.input()],
        sd.number.shown,
        outcome,
    )


def _own_sizes(series: Series, bundle: Bundle) -> list[Size]:
    """The sizes that count what the quantity is about, and not something else."""
    return [size for size in series.sizes(bundle) if size.unit == bundle.unit]


def _inside(own: bool) -> str:
    return _("and range") if own else _("and range of the whole series")


def _key(bundle: Bundle) -> tuple[str, ...]:
    about = bundle.about
    return about.variable, about.category, about.time_point, about.arm, bundle.locations
