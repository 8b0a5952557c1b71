"""A score over time in own cases beside the published groups: mean and spread with n per time point.

Own values are aggregates of the cases that the user may read anyway, and n stands at each of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _

from outcomes.axis import DayAxis
from outcomes.codes import WINDOWS
from procedures.models import Procedure
from registry.access.models import Center
from registry.research.course import SCALES, Scale, long_label, short_label
from registry.research.moments import Moments, interval_of_mean, interval_text, moments, summed
from registry.research.published import Group, Reported, day_of, groups_reporting
from registry.research.statistics.result import Interval
from registry.research.tables import tables

SCORE = "vas_pain"
#: Least distance between two time points, as a share of the drawing's width: their names stand beneath it.
LEAST = 0.13
#: A mean of fewer cases says little; the page says so.
FEW = 10


@dataclass
class Row:
    """One time point: own cases, and what each published group reports (by its number)."""

    time_point: str
    own: Moments | None = None
    published: dict[int, Reported] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return long_label(self.time_point)

    @property
    def short(self) -> str:
        return short_label(self.time_point, self.day)

    @property
    def day(self) -> float:
        return day_of(self.time_point)


@dataclass(frozen=True)
class PublishedCell:
    """What a group reports at one time point: of how many, and the interval of a mean whose n is known."""

    reported: Reported | None
    n: str = ""
    interval: str = ""


@dataclass(frozen=True)
class OwnCourse:
    """The table of one score, and what is drawn of it: one standard deviation to either side, or the interval."""

    scale: Scale
    rows: tuple[Row, ...]
    groups: tuple[Group, ...]
    #: Draw the 95 % confidence interval of each mean instead of its standard deviation.
    intervals: bool = False

    @property
    def has_own(self) -> bool:
        return any(row.own for row in self.rows)

    @property
    def has_few(self) -> bool:
        return any(row.own and row.own.n < FEW for row in self.rows)

    def table(self) -> list[tuple[Row, list[PublishedCell]]]:
        """Each row with the cells of the published groups: what is reported, and of how many."""
        return [
            (row, [self._cell(group, row.published.get(number)) for number, group in enumerate(self.groups)])
            for row in self.rows
        ]

    def _cell(self, group: Group, reported: Reported | None) -> PublishedCell:
        if reported is None:
            return PublishedCell(None)
        return PublishedCell(
            reported, group.n_words(reported), interval_text(self._interval(group, reported))
        )

    @staticmethod
    def _interval(group: Group, reported: Reported) -> Interval | None:
        if reported.sd is None:
            return None
        return interval_of_mean(group.n_at(reported), reported.center.value, reported.sd.value)

    def own_ends(self, own: Moments) -> tuple[float, float] | None:
        """The ends of an own whisker."""
        if self.intervals:
            return (own.interval.low, own.interval.high) if own.interval else None
        if own.sd is None or own.mean is None:
            return None
        return own.mean - own.sd, own.mean + own.sd

    def published_ends(self, number: int, reported: Reported) -> tuple[float, float] | None:
        """The ends of a published whisker, or of the band at this time point."""
        if self.intervals:
            found = self._interval(self.groups[number], reported)
            return (found.low, found.high) if found else None
        if reported.sd is None:
            return None
        return reported.center.value - reported.sd.value, reported.center.value + reported.sd.value

    def short_name(self, number: int) -> str:
        """A group's name at the end of its line; with its own label where a paper has several."""
        group = self.groups[number]
        alone = sum(other.publication == group.publication for other in self.groups) == 1
        return group.name if alone else f"{group.name}, {group.label}"

    def axis(self) -> DayAxis:
        return DayAxis([row.day for row in self.rows], LEAST)

    def in_words(self) -> str:
        """The chart for those who do not see it; every number stands in the table."""
        own = ", ".join(
            _("%(point)s %(value)s, n %(n)d") % {"point": row.label, "value": row.own.text, "n": row.own.n}
            for row in self.rows
            if row.own
        )
        names = ", ".join(f"{group.name} {group.label}" for group in self.groups)
        parts = [
            _("%(score)s over time, mean and 95 %% confidence interval.") % {"score": self.scale.label}
            if self.intervals
            else _("%(score)s over time, mean and standard deviation.") % {"score": self.scale.label}
        ]
        if own:
            parts.append(_("Own cases: %(values)s.") % {"values": own})
        if names:
            parts.append(_("Published: %(names)s.") % {"names": names})
        return " ".join([*parts, _("The numbers stand in the table.")])


def own_values(user: Any, kind: str = "") -> dict[str, Moments]:
    """VAS of own cases by time point, of one kind of procedure or of all; one query."""
    rows = (
        tables()["assessments"]
        .in_research(user)
        .filter(
            case__center__kind=Center.Kind.CLINICAL,
            vas_pain__isnull=False,
            time_point__in=[point.value for point in WINDOWS],
        )
    )
    if kind:
        rows = rows.filter(Exists(Procedure.objects.filter(case=OuterRef("case"), kind=kind).order_by()))
    found = rows.order_by().values("time_point").annotate(**summed(SCORE, F(SCORE)))
    return {row["time_point"]: moments(SCORE, dict(row)) for row in found}


def own_course(user: Any, kind: str = "") -> OwnCourse:
    """Own cases and the published groups that had this kind of procedure; all groups without one."""
    groups = [
        group
        for group in groups_reporting(user, (SCORE,))
        if group.scores.get(SCORE) and (not kind or kind in group.kinds)
    ]
    return course_of(SCALES[0], own_values(user, kind), groups)


def course_of(
    scale: Scale, own: Mapping[str, Moments], groups: Sequence[Group], *, intervals: bool = False
) -> OwnCourse:
    """Own values and what the groups report of one score, in the order of time."""
    rows: dict[str, Row] = {point: Row(point, values) for point, values in own.items()}
    for number, group in enumerate(groups):
        for reported in _drawable(group.scores.get(scale.variable, ())):
            rows.setdefault(reported.time_point, Row(reported.time_point)).published[number] = reported
    ordered = sorted(rows.values(), key=lambda row: row.day)
    return OwnCourse(scale, tuple(ordered), tuple(groups), intervals)


def _drawable(reported: Sequence[Reported]) -> list[Reported]:
    """What has a day: discharge and last follow-up have none that could be compared."""
    return [row for row in reported if row.time_point in WINDOWS]
