"""Means inside their range, and standard deviations that a range of values admits.

Values between ``a`` and ``b`` with mean ``m`` have a sample standard deviation of at most
``√[(m − a)(b − m) · n/(n − 1)]`` (Bhatia and Davis 2000; with ``m`` in the middle this is Popoviciu's bound). Where
both ends are values of the group itself, the standard deviation has a least value too: two values at the ends and all
others at the one place that the mean leaves for them.
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
LEAST = "√{[(min − m)² + (max − m)² + (2m − min − max)²/(n − 2)] / (n − 1)}"

# -- arithmetic -------------------------------------------------------------------------------------------------------


def mean_in_range(center: Number, low: Number, high: Number, n: int | None = None) -> Outcome:
    """Whether a mean lies where values that reach from ``low`` to ``high`` allow it; a median with ``n`` = ``None``."""
    bottom, top = low.low, high.high
    if bottom is None or top is None:
        return Outcome.untestable(_("The range has an open end."))
    if n is not None and n > 1:
        least, most = (bottom * (n - 1) + low_end(high)) / n, (high_end(low) + top * (n - 1)) / n
        formula = "[(n − 1)·min + max] / n ≤ mean ≤ [min + (n − 1)·max] / n"
    else:
        least, most = bottom, top
        formula = _("min ≤ value ≤ max")
    agrees = center.may_be(least, most)
    return Outcome.of(
        agrees,
        formula=formula,
        arithmetic=f"{shown(least)} ≤ {center.shown} ≤ {shown(most)}"
        if agrees
        else f"{center.shown} ∉ {shown(least)}–{shown(most)}",
        computed=f"{shown(least)}–{shown(most)}",
    )


def low_end(number: Number) -> Fraction:
    return number.low if number.low is not None else number.value


def high_end(number: Number) -> Fraction:
    return number.high if number.high is not None else number.value


def most_sd(mean: Number, low: Number, high: Number, n: int | None) -> float:
    """The largest sample standard deviation; without ``n`` that of the least favourable n, two."""
    bottom, top = float(low_end(low)), float(high_end(high))
    middle = (bottom + top) / 2
    at = min(max(middle, float(low_end(mean))), float(high_end(mean)))
    factor = n / (n - 1) if n is not None and n > 1 else 2.0
    return math.sqrt(max((at - bottom) * (top - at), 0.0) * factor)


def least_sd(mean: Number, low: Number, high: Number, n: int | None) -> float:
    """The smallest sample standard deviation of ``n`` values that reach both ends; zero without ``n``."""
    bottom, top = float(high_end(low)), float(low_end(high))
    if n is None or n < 3 or top <= bottom:
        return 0.0
    middle = (bottom + top) / 2
    at = min(max(middle, float(low_end(mean))), float(high_end(mean)))
    squares = (bottom - at) ** 2 + (top - at) ** 2 + (2 * at - bottom - top) ** 2 / (n - 2)
    return math.sqrt(squares / (n - 1))


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
    m, a, b = (shown(number.value) for number in (mean, low, high))
    exact = float(mean.value - low.value) * float(high.value - mean.value)
    factor = n / (n - 1) if n is not None and n > 1 else 2.0
    over = f"{n}/{n - 1}" if n is not None else "2"
    text = f"√[({m} − {a})({b} − {m}) · {over}] = {shown(math.sqrt(max(exact, 0.0) * factor), 4)}"
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
        arithmetic=text,
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
