"""The published course of a score: what each group of a paper reports by time point, and which groups match a case.

A group is an arm, or the whole series where a paper reports no arms apart. It matches a case when it had the same kinds
of procedure; where no such group reports the scores, groups that share a kind stand in, and the page says so.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from outcomes.codes import WINDOWS, TimePoint
from registry.core.units import shown_number
from registry.literature.consistency.quantities import DAYS
from registry.literature.models import Origin, Publication, ReportedValue, Statistic, StudyArm, UnitOfAnalysis

STATISTICS = (Statistic.MEAN, Statistic.SD, Statistic.MEDIAN, Statistic.MIN, Statistic.MAX, Statistic.N)


@dataclass(frozen=True)
class Printed:
    """One printed number: its value for drawing, its text for reading."""

    value: float
    text: str
    location: str
    denominator: int | None


@dataclass
class Reported:
    """What a group reports of one score at one time point."""

    time_point: str
    statistics: dict[str, Printed] = field(default_factory=dict)
    #: The same statistic printed with another number elsewhere in the paper, in words.
    differing: list[str] = field(default_factory=list)

    @property
    def has_center(self) -> bool:
        return Statistic.MEAN in self.statistics or Statistic.MEDIAN in self.statistics

    @property
    def is_median(self) -> bool:
        return Statistic.MEAN not in self.statistics

    @property
    def center(self) -> Printed:
        """The mean, or the median of a paper that gives no mean."""
        return self.statistics[Statistic.MEDIAN if self.is_median else Statistic.MEAN]

    @property
    def sd(self) -> Printed | None:
        return self.statistics.get(Statistic.SD) if not self.is_median else None

    @property
    def text(self) -> str:
        """``7.43 (1.56)``, or the number alone where no standard deviation is printed."""
        if self.is_median:
            return _("median %(value)s") % {"value": self.center.text}
        return f"{self.center.text} ({self.sd.text})" if self.sd else self.center.text

    @property
    def location(self) -> str:
        return self.center.location


@dataclass(frozen=True)
class Deaths:
    """How many patients of a group died, and between which days, as the paper prints it."""

    n: int
    first_day: float
    last_day: float

    def certain_by(self, day: float) -> int:
        """Who had died for certain by a day."""
        if day > self.last_day:
            return self.n
        return 1 if day > self.first_day else 0


@dataclass
class Group:
    """An arm, or a whole series, and what it reports of each score in the order of time."""

    publication: Publication
    arm: StudyArm | None
    #: Kinds of procedure that every patient of the group had.
    kinds: frozenset[str]
    label: str
    patients: int | None
    scores: dict[str, list[Reported]] = field(default_factory=dict)
    deaths: Deaths | None = None

    @property
    def name(self) -> str:
        """``Tian 2022``: first author and year, as papers are called."""
        authors = self.publication.authors or [self.publication.slug]
        return f"{str(authors[0]).split()[-1]} {self.publication.year}"

    @property
    def url(self) -> str:
        return reverse("publication-detail", args=[self.publication.slug])

    def n_at(self, reported: Reported) -> int | None:
        """Patients behind a number: its own denominator, else the size of the group; ``None`` where some had died by
        then and the paper prints no n."""
        printed = reported.statistics.get(Statistic.N)
        if printed is not None:
            return int(printed.value)
        if reported.center.denominator is not None:
            return reported.center.denominator
        return None if self._died_by(reported) else self.patients

    def n_words(self, reported: Reported) -> str:
        """``10``, or ``≤ 8`` where two of ten had died and no n is printed; empty where nothing is known."""
        n = self.n_at(reported)
        if n is None and self.patients is not None:
            return f"≤ {self.patients - self._died_by(reported)}"
        return "" if n is None else str(n)

    def _died_by(self, reported: Reported) -> int:
        if self.deaths is None or reported.time_point not in WINDOWS:
            return 0
        return self.deaths.certain_by(day_of(reported.time_point))


def groups_reporting(user: Any, scores: Collection[str]) -> list[Group]:
    """Every published group with what it reports of the scores, oldest publication first; a fixed number of queries.

    Groups that report none of them are listed too: their silence is worth saying.
    """
    arms: dict[int, list[StudyArm]] = {}
    for arm in StudyArm.objects.for_user(user).select_related("publication").order_by("publication", "code"):
        arms.setdefault(arm.publication_id, []).append(arm)
    values: dict[tuple[int, int | None], list[ReportedValue]] = {}
    died: dict[tuple[int, int | None], list[ReportedValue]] = {}
    for value in ReportedValue.objects.for_user(user).filter(
        Q(variable__in=scores, statistic__in=STATISTICS, category="", comparison="") | _DEATHS,
        unit_of_analysis=UnitOfAnalysis.PATIENT,
    ):
        kept = values if value.variable in scores else died
        kept.setdefault((value.publication_id, value.arm_id), []).append(value)
    found = [
        _group(arm, own, values.get((publication_id, arm.pk), []))
        for publication_id, own in arms.items()
        for arm in own
    ]
    for publication_id, own in arms.items():
        whole = values.get((publication_id, None), [])
        single = [group for group in found if group.publication.pk == publication_id]
        if whole and len(own) == 1:
            # The only arm is the series: what the paper says of the whole is said of it.
            single[0].scores = _by_score([*whole, *values.get((publication_id, own[0].pk), [])])
        elif whole:
            found.append(_group(None, own, whole))
    for group in found:
        apart = group.arm is not None and len(arms[group.publication.pk]) > 1
        key = group.arm.pk if apart and group.arm is not None else None
        group.deaths = _deaths(died.get((group.publication.pk, key), []))
    return sorted(found, key=lambda group: (group.publication.year, group.publication.slug))


def _group(arm: StudyArm | None, arms: list[StudyArm], values: list[ReportedValue]) -> Group:
    kinds = [frozenset(one.kinds.split(";")) for one in ([arm] if arm else arms)]
    sizes = [one.patients for one in ([arm] if arm else arms)]
    return Group(
        publication=arms[0].publication,
        arm=arm,
        kinds=frozenset.intersection(*kinds),
        label=arm.label if arm else _("whole series"),
        patients=sum(size for size in sizes if size is not None) if None not in sizes else None,
        scores=_by_score(values),
    )


#: The number of deaths of a group, and the range of the intervals after which they came.
_DEATHS = Q(variable="vital_status", category="dead", statistic=Statistic.N) | Q(
    variable="death_interval_value", statistic__in=[Statistic.MIN, Statistic.MAX]
)


def _deaths(values: Iterable[ReportedValue]) -> Deaths | None:
    found: dict[str, ReportedValue] = {}
    for value in values:
        found.setdefault(value.statistic, value)
    if not {Statistic.N, Statistic.MIN, Statistic.MAX} <= set(found):
        return None
    days = [
        float(found[name].value) * DAYS.get(found[name].unit.removesuffix("s"), 1.0)
        for name in (Statistic.MIN, Statistic.MAX)
    ]
    return Deaths(int(found[Statistic.N].value), *days)


def _by_score(values: Iterable[ReportedValue]) -> dict[str, list[Reported]]:
    """The document before its abstract, then in printed order."""
    found: dict[str, dict[str, Reported]] = {}
    for value in sorted(values, key=lambda row: (row.origin == Origin.ABSTRACT, row.order)):
        at = found.setdefault(value.variable, {}).setdefault(value.time_point, Reported(value.time_point))
        first = at.statistics.get(value.statistic)
        if first is None:
            at.statistics[value.statistic] = Printed(
                float(value.value), printed_text(value), value.location, value.denominator
            )
        elif first.value != float(value.value):
            at.differing.append(f"{value.location}: {printed_text(value)}")
    return {
        score: sorted(
            (row for row in points.values() if row.has_center), key=lambda row: day_of(row.time_point)
        )
        for score, points in found.items()
    }


def printed_text(value: ReportedValue) -> str:
    """The number with the decimals that were printed, in the reader's notation."""
    if not value.value_text:
        return shown_number(value.value)
    return value.value_text.replace(".", get_format("DECIMAL_SEPARATOR"))


def day_of(time_point: str) -> float:
    """The nominal day of a time point; those without one come last."""
    return float(WINDOWS[TimePoint(time_point)].day) if time_point in WINDOWS else float("inf")


# -- which groups match a case -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """A group beside a case, and why."""

    group: Group
    #: The same kinds of procedure, or only some of them.
    same: bool
    shared: frozenset[str]
    #: Kinds that only the published patients, or only this case had.
    theirs: frozenset[str]
    ours: frozenset[str]


def matches(kinds: Collection[str], groups: Iterable[Group]) -> list[Match]:
    """Groups with the same kinds of procedure; where none of them reports a score, those that share a kind."""
    wanted = frozenset(kinds)
    found = [
        Match(
            group,
            same=group.kinds == wanted,
            shared=wanted & group.kinds,
            theirs=group.kinds - wanted,
            ours=wanted - group.kinds,
        )
        for group in groups
        if wanted & group.kinds
    ]
    same = [match for match in found if match.same]
    reporting = [match for match in same if match.group.scores]
    return reporting or [match for match in found if not match.same and match.group.scores]


def silent(kinds: Collection[str], groups: Iterable[Group]) -> list[Group]:
    """Groups with the same kinds of procedure that report none of the scores."""
    return [group for group in groups if group.kinds == frozenset(kinds) and not group.scores]
