"""P values from printed means and standard deviations: Student's and Welch's t test, and what a paired test allows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.literature.consistency.numbers import Number, p_is, shown, shown_p, shown_p_span
from registry.literature.consistency.result import Outcome, Verdict, joined
from registry.literature.consistency.tails import t_tail

STUDENT, WELCH = "Student", "Welch"
FORMULA = gettext_lazy(
    "two-sided P of t = (mean₁ − mean₂) / SE; Student: pooled variance, Welch: separate variances"
)


@dataclass(frozen=True)
class Sample:
    """What is printed of one of two groups."""

    n: int
    mean: Number
    sd: Number


@dataclass(frozen=True)
class Pair:
    """Two groups, and what their sizes count."""

    first: Sample
    second: Sample
    #: What the sizes count.
    unit: str

    @property
    def words(self) -> str:
        return f"n {self.first.n} / {self.second.n} ({self.unit})"

    def spans(self) -> dict[str, tuple[float, float]]:
        """Least and largest P value of each test over everything that the printed numbers may stand for."""
        return {STUDENT: _student(self), WELCH: _welch(self)}


def _distances(pair: Pair) -> tuple[float, float]:
    """Least and largest distance between the means."""
    first, second = pair.first.mean.ends, pair.second.mean.ends
    ends = float(first[0] - second[1]), float(first[1] - second[0])
    least = 0.0 if ends[0] <= 0 <= ends[1] else min(abs(ends[0]), abs(ends[1]))
    return least, max(abs(ends[0]), abs(ends[1]))


def _variances(sample: Sample) -> tuple[float, float]:
    low, high = sample.sd.ends
    return float(max(low, Fraction(0))) ** 2, float(high) ** 2


def _tail(distance: float, error: float, freedom: float) -> float:
    """Two-sided tail of Student's distribution."""
    if error == 0:
        return 1.0 if distance == 0 else 0.0
    return t_tail(distance / error, freedom)


def _student_error(n: int, m: int, one: float, other: float) -> tuple[float, float]:
    """Standard error of the difference and degrees of freedom, from two sizes and two variances."""
    freedom = n + m - 2
    return math.sqrt(((n - 1) * one + (m - 1) * other) / freedom * (1 / n + 1 / m)), freedom


def _welch_error(n: int, m: int, one: float, other: float) -> tuple[float, float]:
    first, second = one / n, other / m
    if first + second == 0:
        return 0.0, 1.0
    freedom = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (m - 1))
    return math.sqrt(first + second), freedom


_ERRORS = {STUDENT: _student_error, WELCH: _welch_error}


def _student(pair: Pair) -> tuple[float, float]:
    n, m = pair.first.n, pair.second.n
    least, most = _distances(pair)
    ends = zip(_variances(pair.first), _variances(pair.second), strict=True)
    narrow, wide = (_student_error(n, m, *variances) for variances in ends)
    return _tail(most, *narrow), _tail(least, *wide)


def _welch(pair: Pair) -> tuple[float, float]:
    """The degrees of freedom are at most n + m − 2, and least where the variances are at their ends."""
    n, m = pair.first.n, pair.second.n
    least, most = _distances(pair)
    corners = [
        _welch_error(n, m, one, other) for one in _variances(pair.first) for other in _variances(pair.second)
    ]
    errors, freedoms = zip(*corners, strict=True)
    return _tail(most, min(errors), n + m - 2), _tail(least, max(errors), min(freedoms))


def from_means(p: Number, pairs: Sequence[Pair]) -> Outcome:
    """Whether a t test on the printed means and standard deviations gives the printed P value.

    Several pairs are the same means with other group sizes: those of the stated unit of analysis first.
    """
    pairs = [pair for pair in pairs if pair.first.n > 1 and pair.second.n > 1]
    if not pairs:
        return Outcome.untestable(_("No group sizes are printed for these means."), formula=str(FORMULA))
    lines: list[str] = []
    agreeing: list[tuple[Pair, list[str]]] = []
    disagreeing: list[tuple[Pair, list[str]]] = []
    for pair in pairs:
        spans = pair.spans()
        fits = [name for name, span in spans.items() if p.may_be(*span)]
        (agreeing if fits else disagreeing).append((pair, fits))
        lines.append(
            f"{pair.words}: "
            + "; ".join(
                f"{name} {_t_text(pair, name)}{p_is(shown_p_span(*span))}" for name, span in spans.items()
            )
        )
    remarks = []
    if agreeing:
        pair, fits = agreeing[0]
        if len(fits) == 1 and p.closed:
            remarks.append(_("Agrees with %(tests)s.") % {"tests": fits[0]})
        if disagreeing:
            remarks.append(
                _("Agrees for %(one)s, not for %(other)s.")
                % {"one": pair.words, "other": ", ".join(other.words for other, _fits in disagreeing)}
            )
    else:
        remarks.append(_("Another test, or other group sizes than the printed ones, can explain it."))
        if all(
            span[1] < float(p.low or 0) for pair in pairs for span in pair.spans().values()
        ) and _is_last_place(p):
            remarks.append(
                _("The computed P is smaller; “%(p)s” is sometimes printed for “below %(p)s”.")
                % {"p": p.shown}
            )
    return Outcome.of(
        bool(agreeing),
        formula=str(FORMULA),
        arithmetic=_("; or ").join(lines),
        computed=", ".join(
            dict.fromkeys(shown_p_span(*span) for pair in pairs for span in pair.spans().values())
        ),
        remark=joined(remarks),
    )


def _is_last_place(p: Number) -> bool:
    return p.decimals > 0 and p.value == Fraction(1, 10**p.decimals)


def _t_text(pair: Pair, test: str) -> str:
    """``t = (57.22 − 62.11) / 2.29 = -2.136, df 124, `` for the numbers as they are printed."""
    one, other = pair.first, pair.second
    variances = float(one.sd.value) ** 2, float(other.sd.value) ** 2
    error, freedom = _ERRORS[test](one.n, other.n, *variances)
    if error == 0:
        return ""
    means = f"{shown(one.mean.value)} − {shown(other.mean.value)}"
    t = shown(float(one.mean.value - other.mean.value) / error, 4)
    return f"t = ({means}) / {shown(error, 4)} = {t}, {_('df')} {shown(freedom, 4)}, "


# -- paired -----------------------------------------------------------------------------------------------------------

PAIRED = gettext_lazy(
    "t = (mean₁ − mean₂) / (SD of the differences / √n), with that SD between |SD₁ − SD₂| and SD₁ + SD₂"
)


def paired_span(before: Sample, after: Sample) -> tuple[float, float]:
    """Least and largest P value of a paired t test over every correlation and all that the numbers may stand for."""
    root = math.sqrt(min(before.n, after.n))
    freedom = min(before.n, after.n) - 1
    least, most = _distances(Pair(before, after, ""))
    sds = before.sd.ends, after.sd.ends
    widest = float(sds[0][1] + sds[1][1])
    narrowest = max(float(sds[0][0] - sds[1][1]), float(sds[1][0] - sds[0][1]), 0.0)
    return _tail(most, narrowest / root, freedom), _tail(least, widest / root, freedom)


def paired(p: Number, before: Sample, after: Sample, fewer: Sequence[int] = ()) -> Outcome:
    """Measurements of the same patients: without the correlation between them no single P value follows.

    The span over every correlation decides where all of it, or none of it, lies within the printed P value. ``fewer``
    are other numbers of patients who may lie behind it, as some had died.
    """
    n = min(before.n, after.n)
    if n < 2:
        return Outcome.untestable(_("No group sizes are printed for these means."), formula=str(PAIRED))
    spans = [paired_span(replace(before, n=size), replace(after, n=size)) for size in (n, *fewer) if size > 1]
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    verdict = Verdict.NOT_TESTABLE
    remark = _("A paired test needs the correlation between the two measurements, which is not printed.")
    if float(p.low or 0) <= low and high <= float(1 if p.high is None else p.high):
        verdict = Verdict.CONSISTENT
        remark = joined([remark, _("Whatever it is, a paired t test gives a P within the printed one.")])
    elif not p.may_be(low, high):
        verdict = Verdict.INCONSISTENT
        remark = joined([remark, _("Whatever it is, a paired t test gives a P outside the printed one.")])
    return Outcome(
        verdict,
        formula=str(PAIRED),
        arithmetic=_paired_text(before, after, n),
        remark=remark,
        computed=_("paired t test: P from %(low)s to %(high)s")
        % {"low": shown_p(low), "high": shown_p(high)},
    )


def _paired_text(before: Sample, after: Sample, n: int) -> str:
    """``t`` at the widest and, where it is not endless, the narrowest spread of the differences, as printed."""
    means = f"{shown(before.mean.value)} − {shown(after.mean.value)}"
    distance = float(before.mean.value - after.mean.value)
    lines = [f"n = {n}, {_('df')} {n - 1}, {means} = {shown(distance)}"]
    for sign, sd in (("+", before.sd.value + after.sd.value), ("−", before.sd.value - after.sd.value)):
        if sd:
            spread = f"|{shown(before.sd.value)} {sign} {shown(after.sd.value)}|"
            t = shown(distance / (abs(float(sd)) / math.sqrt(n)), 4)
            lines.append(f"t = {shown(distance)} / ({spread} / √{n}) = {t}")
    return "; ".join(lines)
