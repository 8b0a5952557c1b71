"""A line of the follow-up list: one case, and the time point that comes next."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import extensions
from cases.models import Case
from cases.views.case_list import date_as_known, person_age
from outcomes import plan
from outcomes.models import FollowUpStatus
from outcomes.plan import ORDER, Ending, OpenPoint, State
from registry.core.dates import shown_date
from registry.core.views.links import edit_url, new_url


@dataclass(frozen=True)
class Line:
    """One case of the list. Those who see it may identify the patient."""

    case: Case
    open: OpenPoint | None
    #: The other open time points that could be entered now.
    also: tuple[OpenPoint, ...] = ()
    ending: Ending | None = None
    age: str = ""
    strategy: str = ""
    index_date: str = ""
    last_contact: str = ""
    entered_by: str = ""
    today: datetime.date = field(default_factory=datetime.date.today)

    @property
    def window(self) -> str:
        """First and last day of the window."""
        if self.open is None:
            return ""
        first, last = shown_date(self.open.first), shown_date(self.open.last)
        return first if first == last else f"{first} – {last}"

    @property
    def distance(self) -> str:
        return distance_words(self.open, self.today) if self.open is not None else ""

    @property
    def undated(self) -> bool:
        return self.case.index_day() is None

    @property
    def index_date_url(self) -> str:
        """Where the index date is entered."""
        return edit_url(self.case, "index_date")

    @property
    def status_url(self) -> str:
        """Where it is said how follow-up stands."""
        status = getattr(self.case, "followup_status", None)
        return new_url(FollowUpStatus, self.case) if status is None else edit_url(status, "followup_state")


def distance_words(point: OpenPoint, today: datetime.date) -> str:
    """How far the window is: “closes in 3 days”, “closed 12 days ago”, “opens in 20 days”."""
    if point.state == State.UPCOMING:
        days = (point.first - today).days
        text = ngettext("opens tomorrow", "opens in %(days)d days", days)
    elif point.state == State.OVERDUE:
        days = -point.days_left
        text = ngettext("closed yesterday", "closed %(days)d days ago", days)
    elif point.days_left == 0:
        return _("last day today")
    else:
        days = point.days_left
        text = ngettext("closes tomorrow", "closes in %(days)d days", days)
    return text % {"days": days}


def lines_of(
    user: Any,
    keys: Iterable[int],
    today: datetime.date,
    states: Collection[str] = ORDER,
    wanted: str = "",
) -> list[Line]:
    """The lines of the cases with these primary keys, in their order; a fixed number of queries."""
    keys = list(keys)
    by_key = {case.pk: case for case in shown_cases(user).filter(pk__in=keys)}
    return [line_of(by_key[key], today, states, wanted) for key in keys if key in by_key]


def shown_cases(user: Any) -> Any:
    """Cases with everything that a line looks at."""
    rows = Case.objects.for_user(user).select_related(
        "patient", "center", "diagnosis", "created_by", "followup_status"
    )
    return extensions.annotate(rows).prefetch_related("assessments")


def line_of(
    case: Any, today: datetime.date, states: Collection[str] = ORDER, wanted: str = "", shown: str = ""
) -> Line:
    """The line of one case of ``shown_cases``. ``shown`` names the time point that is being entered."""
    status = getattr(case, "followup_status", None)
    ending = plan.ending_of(status, case.assessments.all())
    points = plan.open_of(case, today)
    if shown:
        chosen = next((point for point in points if point.point == shown), None)
    else:
        chosen = plan.first_of(points, states, wanted) or plan.first_of(points)
    return Line(
        case=case,
        open=chosen,
        also=tuple(point for point in points if point != chosen and point.state != State.UPCOMING),
        ending=ending,
        age=person_age(case, identify=True),
        strategy=" · ".join(extensions.words(case)),
        index_date=date_as_known(case.index_date, case.index_date_precision),
        last_contact=shown_date(status.last_contact_date) if status is not None else "",
        entered_by=case.created_by.get_full_name() or case.created_by.username if case.created_by else "",
        today=today,
    )
