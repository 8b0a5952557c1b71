"""Pain over time in a user's own cases beside the published groups: mean and standard deviation with n per time point.

Own values are aggregates of the cases that the user may read anyway, and n stands at each of them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Sum
from django.utils.translation import gettext as _

from outcomes.axis import DayAxis
from outcomes.codes import WINDOWS
from outcomes.models import Assessment
from procedures.models import Procedure
from registry.access.models import Center
from registry.core.expressions import as_float
from registry.core.units import rounded, shown_text
from registry.research.course import long_label, short_label
from registry.research.published import Group, Reported, day_of, groups_reporting

SCORE = "vas_pain"
#: Least distance between two time points, as a share of the drawing's width: their names stand beneath it.
LEAST = 0.13
#: A mean of fewer cases says little; the page says so.
FEW = 10


@dataclass(frozen=True)
class OwnValue:
    """Mean, sample standard deviation and number of cases at one time point."""

    n: int
    mean: float
    sd: float | None

    @property
    def text(self) -> str:
        mean = shown_text(str(rounded(self.mean, 1)))
        return f"{mean} ({shown_text(str(rounded(self.sd, 1)))})" if self.sd is not None else mean

    @property
    def few(self) -> bool:
        return self.n < FEW


@dataclass
class Row:
    """One time point: own cases, and what each published group reports (by its number)."""

    time_point: str
    own: OwnValue | None = None
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
class OwnCourse:
    """The table, and what is drawn of it."""

    rows: tuple[Row, ...]
    groups: tuple[Group, ...]

    @property
    def has_own(self) -> bool:
        return any(row.own for row in self.rows)

    @property
    def has_few(self) -> bool:
        return any(row.own and row.own.few for row in self.rows)

    def table(self) -> list[tuple[Row, list[tuple[Reported | None, int | None]]]]:
        """Each row with the cells of the published groups: what is reported, and of how many."""
        found = []
        for row in self.rows:
            cells = []
            for number, group in enumerate(self.groups):
                reported = row.published.get(number)
                cells.append((reported, group.n_at(reported) if reported else None))
            found.append((row, cells))
        return found

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
        parts = [_("VAS pain over time, mean and standard deviation.")]
        if own:
            parts.append(_("Own cases: %(values)s.") % {"values": own})
        if names:
            parts.append(_("Published: %(names)s.") % {"names": names})
        return " ".join([*parts, _("The numbers stand in the table.")])


def own_values(user: Any, kind: str = "") -> dict[str, OwnValue]:
    """Own cases by time point, of one kind of procedure or of all; one query."""
    rows = Assessment.objects.for_user(user).filter(
        case__center__kind=Center.Kind.CLINICAL,
        vas_pain__isnull=False,
        time_point__in=[point.value for point in WINDOWS],
    )
    if kind:
        rows = rows.filter(Exists(Procedure.objects.filter(case=OuterRef("case"), kind=kind).order_by()))
    value = as_float(F(SCORE))
    found = (
        rows.order_by()
        .values("time_point")
        .annotate(n=Count("pk"), total=Sum(value), squares=Sum(value * value))
    )
    return {row["time_point"]: _own(row["n"], row["total"], row["squares"]) for row in found}


def _own(n: int, total: float, squares: float) -> OwnValue:
    """From sums, as the databases disagree about the deviation of a single value."""
    mean = total / n
    sd = math.sqrt(max(squares - n * mean * mean, 0.0) / (n - 1)) if n > 1 else None
    return OwnValue(n, mean, sd)


def own_course(user: Any, kind: str = "") -> OwnCourse:
    """Own cases and the published groups that had this kind of procedure; all groups without one."""
    groups = [
        group
        for group in groups_reporting(user, (SCORE,))
        if group.scores.get(SCORE) and (not kind or kind in group.kinds)
    ]
    rows: dict[str, Row] = {point: Row(point, own) for point, own in own_values(user, kind).items()}
    for number, group in enumerate(groups):
        for reported in _drawable(group.scores[SCORE]):
            rows.setdefault(reported.time_point, Row(reported.time_point)).published[number] = reported
    return OwnCourse(tuple(sorted(rows.values(), key=lambda row: row.day)), tuple(groups))


def _drawable(reported: Sequence[Reported]) -> list[Reported]:
    """What has a day: discharge and last follow-up have none that could be compared."""
    return [row for row in reported if row.time_point in WINDOWS]
