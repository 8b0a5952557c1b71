"""Mean and standard deviation of the whole series against those of its arms."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from registry.literature.consistency.numbers import Number, shown, shown_span
from registry.literature.consistency.quantities import Bundle, Series, Size, statistic_words
from registry.literature.consistency.result import Check, Family, Input, Outcome, joined, make
from registry.literature.models import Statistic

# -- arithmetic -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """What an arm prints: its size, mean and, where the spread is checked, standard deviation."""

    n: int
    mean: Number
    sd: Number | None = None


MEAN = "Σ n·mean / Σ n"
SD = "√{[Σ (n − 1)·SD² + Σ n·(mean − pooled mean)²] / (Σ n − 1)}"


def pooled_mean(groups: Sequence[Group], whole: Number) -> Outcome:
    """Whether the mean of the whole is the mean of its arms weighted by their size."""
    total = sum(group.n for group in groups)
    low = sum(group.n * group.mean.ends[0] for group in groups) / total
    high = sum(group.n * group.mean.ends[1] for group in groups) / total
    agrees = whole.may_be(low, high)
    means = [group.mean.value for group in groups]
    remarks = []
    if not agrees:
        if min(means) <= whole.value <= max(means):
            remarks.append(
                _(
                    "The mean of the series lies between those of its arms; values missing in an arm can explain it."
                )
            )
        else:
            remarks.append(
                _(
                    "The mean of the series lies outside those of its arms, which missing values do not explain."
                )
            )
    return Outcome.of(
        agrees,
        formula=MEAN,
        arithmetic="({}) / {} = {}".format(
            " + ".join(f"{group.n} · {shown(group.mean.value)}" for group in groups),
            total,
            shown(sum(group.n * group.mean.value for group in groups) / total),
        ),
        computed=shown_span(low, high),
        remark=joined(remarks),
    )


def pooled_sd(groups: Sequence[Group], whole: Number) -> Outcome:
    """Whether the standard deviation of the whole follows from those of its arms.

    Both the sample standard deviation (divided by n − 1) and that of a population (divided by n) are accepted.
    """
    boxes = [group.mean.ends for group in groups]
    sds = [_sd(group).ends for group in groups]
    sizes = [group.n for group in groups]
    least, most = _between(sizes, boxes)
    spans = []
    for less in (1, 0):
        over = sum(sizes) - less
        low = math.sqrt(
            (sum((n - less) * float(sd[0]) ** 2 for n, sd in zip(sizes, sds, strict=True)) + least) / over
        )
        high = math.sqrt(
            (sum((n - less) * float(sd[1]) ** 2 for n, sd in zip(sizes, sds, strict=True)) + most) / over
        )
        spans.append((low, high))
    agrees = any(whole.may_be(*span) for span in spans)
    total = sum(sizes)
    mean = sum(float(group.n * group.mean.value) for group in groups) / total
    within = sum((group.n - 1) * float(_sd(group).value) ** 2 for group in groups)
    between = sum(group.n * (float(group.mean.value) - mean) ** 2 for group in groups)
    squares = within + between
    terms = [f"{group.n - 1} · {shown(_sd(group).value)}²" for group in groups] + [
        f"{group.n} · ({shown(group.mean.value)} − {shown(mean)})²" for group in groups
    ]
    widest = max(float(_sd(group).value) for group in groups)
    remark = ""
    if not agrees:
        remark = (
            _("Values missing in an arm can explain part of a difference.")
            if float(whole.value) <= max(spans[0][1], widest)
            else _("The series spreads wider than its arms and the distance between them account for.")
        )
    return Outcome.of(
        agrees,
        formula=SD,
        arithmetic=f"√[({' + '.join(terms)}) / {total - 1}] = {shown(math.sqrt(squares / (total - 1)))}",
        computed=shown_span(*spans[0]),
        remark=remark,
    )


def _sd(group: Group) -> Number:
    if group.sd is None:
        raise ValueError("A group without a standard deviation has none to pool.")
    return group.sd


def _between(sizes: Sequence[int], boxes: Sequence[tuple]) -> tuple[float, float]:
    """Least and largest sum of squares between arms whose means lie in the given intervals.

    The sum is convex in the means: its largest value is at a corner, its least where moving no mean alone lowers it.
    """
    total = sum(sizes)

    def squares(means: Sequence[float]) -> float:
        center = sum(n * mean for n, mean in zip(sizes, means, strict=True)) / total
        return sum(n * (mean - center) ** 2 for n, mean in zip(sizes, means, strict=True))

    corners = [[float(end) for end in corner] for corner in itertools.product(*boxes)]
    means = [float(low + high) / 2 for low, high in boxes]
    for _step in range(200):
        for number, (low, high) in enumerate(boxes):
            others = total - sizes[number]
            if others:
                rest = sum(
                    n * mean for i, (n, mean) in enumerate(zip(sizes, means, strict=True)) if i != number
                )
                means[number] = min(max(rest / others, float(low)), float(high))
    return squares(means), max(squares(corner) for corner in corners)


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    if len(series.arms) < 2:
        return
    for whole in series.bundles:
        about = whole.about
        if about.arm or Statistic.MEAN not in whole.cells:
            continue
        arms = [_arm(series, whole, arm) for arm in series.arms]
        found = [arm for arm in arms if arm is not None]
        if len(found) != len(series.arms):
            continue
        yield from _of(series, whole, found)


def _arm(series: Series, whole: Bundle, arm: str) -> Bundle | None:
    about = whole.about
    found = series.find(about.variable, arm=arm, category=about.category, time_point=about.time_point)
    return next((bundle for bundle in found if Statistic.MEAN in bundle.cells), None)


def _of(series: Series, whole: Bundle, arms: Sequence[Bundle]) -> Iterator[Check]:
    about = whole.about
    sizes: list[Size] = []
    for bundle in arms:
        size = next(iter(series.sizes(bundle)), None)
        if size is None:
            return
        sizes.append(size)
    for statistic, judge in ((Statistic.MEAN, pooled_mean), (Statistic.SD, pooled_sd)):
        cell = whole.get(statistic)
        needed = [Statistic.MEAN] if statistic == Statistic.MEAN else [Statistic.MEAN, Statistic.SD]
        if cell is None or not all(name in bundle.cells for bundle in arms for name in needed):
            continue
        groups = [
            Group(
                size.n,
                bundle.cells[Statistic.MEAN].number,
                sd.number if (sd := bundle.get(Statistic.SD)) else None,
            )
            for size, bundle in zip(sizes, arms, strict=True)
        ]
        inputs: list[Input] = []
        for size, bundle in zip(sizes, arms, strict=True):
            inputs += [*size.inputs, *(bundle.cells[name].input() for name in needed)]
        yield make(
            Family.POOLED,
            series.label(about, f"{statistic_words(cell.statistic)} {_('from the arms')}"),
            (about.variable, about.category, about.time_point, statistic),
            about.variable,
            [*inputs, cell.input()],
            cell.number.shown,
            judge(groups, cell.number),
        )
