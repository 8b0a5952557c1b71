"""Means and standard deviations of whole numbers: which printed ones can come from n whole values.

GRIM (Brown and Heathers 2017): the sum of n whole values is whole, so a mean of them is a multiple of 1/n. GRIMMER
(Anaya 2016): their sum of squares is whole too, and odd exactly when their sum is odd.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.literature.consistency.numbers import Number, shown
from registry.literature.consistency.quantities import Bundle, Series, Size
from registry.literature.consistency.relations import CONTINUOUS, NOT_WHOLE, STEPS
from registry.literature.consistency.result import Check, Family, Outcome, joined, make
from registry.literature.models import Statistic

GRIM = gettext_lazy("n · mean / step contains a whole number")
GRIMMER = gettext_lazy("(n − 1)·SD² + (sum)²/n contains a whole number as even or odd as the sum")

# -- arithmetic -------------------------------------------------------------------------------------------------------


def sums(mean: Number, n: int, step: int = 1) -> list[int]:
    """Sums of n whole values (in steps) whose mean is printed so."""
    low, high = mean.ends
    return list(range(math.ceil(low * n / step), math.floor(high * n / step) + 1))


def tells(mean: Number, n: int, step: int = 1) -> bool:
    """Whether some printed means are impossible at all: with many values every mean is possible."""
    return Fraction(step, n) > Fraction(1, 10**mean.decimals)


def squares(sd: Number, total: int, n: int, step: int = 1) -> list[tuple[Fraction, Fraction]]:
    """The sum of squares that a standard deviation stands for: of a sample, and of a population."""
    low, high = (max(end, Fraction(0)) / step for end in sd.ends)
    return [
        (low**2 * over + Fraction(total**2, n), high**2 * over + Fraction(total**2, n)) for over in (n - 1, n)
    ]


def grimmer_fits(mean: Number, sd: Number, n: int, step: int = 1) -> bool:
    """Whether n whole values with this mean and standard deviation can exist, by their sum of squares."""
    return any(
        any((square - total) % 2 == 0 for square in range(math.ceil(low), math.floor(high) + 1))
        for total in sums(mean, n, step)
        for low, high in squares(sd, total, n, step)
    )


def grimmer_tells(mean: Number, sd: Number, n: int, step: int = 1) -> bool:
    """Whether the sum of squares of a sample is narrow enough to rule anything out."""
    spans = [squares(sd, total, n, step)[0] for total in sums(mean, n, step)]
    return bool(spans) and all(high - low < 2 for low, high in spans)


def grim(mean: Number, sizes: Sequence[Size], steps: Sequence[int]) -> Outcome:
    """Whether whole values can have this mean. The first size is that of the stated unit of analysis."""
    stated = sizes[0]
    tried = [step for step in steps if tells(mean, stated.n, step)]
    if not tried:
        return Outcome.untestable(
            _("From %(least)s values on every mean printed so exactly is possible; here there are %(n)s.")
            % {"least": steps[0] * 10**mean.decimals, "n": stated.n},
            formula=str(GRIM),
        )
    lines = [_sums_line(mean, size, tried[0]) for size in sizes]
    if any(sums(mean, stated.n, step) for step in tried):
        step = next(step for step in tried if sums(mean, stated.n, step))
        return Outcome.of(
            True,
            formula=str(GRIM),
            arithmetic=_sums_line(mean, stated, step),
            computed=_sums_words(mean, stated, step),
        )
    other = [size for size in sizes[1:] if sums(mean, size.n, tried[-1])]
    if other:
        return Outcome.untestable(
            _("The paper prints no n beside this mean. It is possible for %(possible)s, not for %(stated)s.")
            % {"possible": " / ".join(size.words for size in other), "stated": stated.words},
            formula=str(GRIM),
            arithmetic="; ".join(lines),
        )
    return Outcome.of(
        False,
        formula=str(GRIM),
        arithmetic="; ".join(lines),
        computed=_("no whole sum"),
        remark=_("Values missing for some, or values that were not whole, can explain it."),
    )


def _sums_line(mean: Number, size: Size, step: int) -> str:
    low, high = (end * size.n / step for end in mean.ends)
    over = f" / {step}" if step != 1 else ""
    return f"{size.n} · ({mean.shown_range}){over} = {shown(low, 7)}–{shown(high, 7)}: {_sums_words(mean, size, step)}"


def _sums_words(mean: Number, size: Size, step: int) -> str:
    found = sums(mean, size.n, step)
    if not found:
        return _("no whole number")
    return ", ".join(str(total) for total in found[:3])


def grimmer(mean: Number, sd: Number, sizes: Sequence[Size], steps: Sequence[int]) -> Outcome:
    """Whether whole values can have this mean and standard deviation."""
    stated, step = sizes[0], steps[-1]
    possible = [size for size in sizes if sums(mean, size.n, step)]
    if not possible:
        return Outcome.untestable(
            _("No whole values have this mean, so their standard deviation cannot be judged."),
            formula=str(GRIMMER),
        )
    if possible[0] is not stated:
        return Outcome.untestable(
            _("The paper prints no n beside this mean, and whole values are possible only for %(possible)s.")
            % {"possible": " / ".join(size.words for size in possible)},
            formula=str(GRIMMER),
        )
    if not grimmer_tells(mean, sd, stated.n, step):
        return Outcome.untestable(
            _("The rounding leaves room for every sum of squares."),
            formula=str(GRIMMER),
            arithmetic=_squares_line(mean, sd, stated.n, step),
        )
    fits = grimmer_fits(mean, sd, stated.n, step)
    return Outcome.of(
        fits,
        formula=str(GRIMMER),
        arithmetic=_squares_line(mean, sd, stated.n, step),
        computed=_("a sum of squares exists") if fits else _("no such sum of squares"),
        remark="" if fits else _("Values missing for some, or values that were not whole, can explain it."),
    )


def _squares_line(mean: Number, sd: Number, n: int, step: int) -> str:
    total = sums(mean, n, step)[0]
    low, high = squares(sd, total, n, step)[0]
    return f"{n - 1} · ({sd.shown_range})² + {total}²/{n} = {shown(low, 8)}–{shown(high, 8)}"


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    for bundle in series.bundles:
        mean, sd = bundle.get(Statistic.MEAN), bundle.get(Statistic.SD)
        if mean is None or not mean.number.closed:
            continue
        sizes = series.sizes(bundle)
        if sizes and sizes[0].unit != bundle.unit:
            sizes = []
        steps = STEPS.get(bundle.about.variable)
        inputs = [*(source for size in sizes[:1] for source in size.inputs), mean.input()]
        about = bundle.about
        key = (about.variable, about.category, about.time_point, about.arm, bundle.locations)
        yield make(
            Family.GRIM,
            series.label(about, _("mean of whole numbers")),
            key,
            about.variable,
            inputs,
            mean.number.shown,
            grim(mean.number, sizes, steps) if steps and sizes else _untestable(bundle, mean.number, sizes),
        )
        if sd is None or not sizes or not sd.number.closed:
            continue
        if steps:
            outcome = grimmer(mean.number, sd.number, sizes, steps)
        elif about.variable in _MIGHT_BE_WHOLE and grimmer_tells(mean.number, sd.number, sizes[0].n):
            outcome = _supposing_whole(about.variable, mean.number, sd.number, sizes)
        else:
            continue
        yield make(
            Family.GRIMMER,
            series.label(about, _("standard deviation of whole numbers")),
            key,
            about.variable,
            [*inputs, sd.input()],
            sd.number.shown,
            outcome,
        )


def _untestable(bundle: Bundle, mean: Number, sizes: Sequence[Size]) -> Outcome:
    variable = bundle.about.variable
    if variable in STEPS:
        return Outcome.untestable(_("No number of values is printed for this mean."), formula=str(GRIM))
    remarks = [str(NOT_WHOLE.get(variable, CONTINUOUS))]
    if sizes and tells(mean, sizes[0].n) and variable in _MIGHT_BE_WHOLE:
        found = sums(mean, sizes[0].n)
        line = _sums_line(mean, sizes[0], 1)
        remarks.append(
            (
                _("Whole numbers would be possible: %(line)s.")
                if found
                else _("Whole numbers would not be possible: %(line)s.")
            )
            % {"line": line}
        )
    return Outcome.untestable(joined(remarks), formula=str(GRIM))


def _supposing_whole(variable: str, mean: Number, sd: Number, sizes: Sequence[Size]) -> Outcome:
    """What whole numbers would mean for a mean and standard deviation that need not come from them."""
    fits = [size.words for size in sizes if grimmer_fits(mean, sd, size.n)]
    fails = [size.words for size in sizes if not grimmer_fits(mean, sd, size.n)]
    remarks = [str(NOT_WHOLE.get(variable, CONTINUOUS))]
    if fits:
        remarks.append(_("Whole numbers would be possible for n = %(sizes)s.") % {"sizes": " / ".join(fits)})
    if fails:
        remarks.append(
            _("Whole numbers would not be possible for n = %(sizes)s.") % {"sizes": " / ".join(fails)}
        )
    return Outcome.untestable(
        joined(remarks), formula=str(GRIMMER), arithmetic=_squares_line(mean, sd, sizes[0].n, 1)
    )


#: Measured on a continuum, yet often written down in whole numbers: what that would mean is said beside the verdict.
_MIGHT_BE_WHOLE = frozenset(
    {
        "vas_pain",
        "vas_pain_improvement",
        "analgesic_scale",
        "odi",
        "duration_min",
        "followup_months",
        "ablation_time_min",
    }
)
