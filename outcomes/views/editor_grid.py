"""The outcomes grid of the section editor: a column per time point, stored value by value while it is typed."""

import datetime
import uuid as uuids
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html

from cases.codes import IntervalUnit
from cases.models import Case
from cases.views.editor import SectionView, editable_case, record_or_404
from cases.views.rows import AddRowView, RemoveRowView
from outcomes import grid
from outcomes.codes import TimePoint
from outcomes.models import Assessment
from outcomes.views.doubts import doubts_of
from outcomes.views.first_save import FirstSaveView
from outcomes.views.grid_column import GIVEN_AT_ONCE, Column, Point, column_of, point_of
from registry.core import drafts
from registry.core.models import Record
from registry.core.reading import read_date, read_decimal
from registry.core.views.links import edit_url


def _strip(case: Case, drawn: list[Assessment], today: datetime.date) -> list[Point]:
    there = {row.time_point for row in drawn}
    absent = [grid.blank(case, point) for point in grid.SINGLE if point not in there]
    rows = grid.in_order([*drawn, *absent])
    return [point_of(row, today, drawn=row not in absent) for row in rows]


# -- the page ----------------------------------------------------------------------------------------------------------


class OutcomesGrid(SectionView):
    """Scores by time point. Opening the page stores nothing; the first value typed into a column makes its record."""

    slug = "outcomes"
    template_name = "outcomes/editor/grid.html"

    def blocks(self) -> dict[str, Any]:
        today = timezone.localdate()
        case = self.case
        drawn = grid.columns(case, today)
        columns = {
            (row.uuid if row.time_point == TimePoint.UNSCHEDULED else row.time_point): column_of(
                row, self.request.user
            )
            for row in drawn
        }
        places = [*grid.SINGLE, *(key for key in columns if key not in set(grid.SINGLE))]
        all_columns = list(columns.values())
        return {
            "columns": [(str(getattr(key, "value", key)), columns.get(key)) for key in places],
            "first": all_columns[0],
            "sections_open": any(not row.odi_from_sections_is_empty() for row in drawn),
            "points": _strip(case, drawn, today),
            "index_day": case.index_day(),
            "index_url": edit_url(case, "index_date"),
            "units": IntervalUnit.choices,
            "token": uuids.uuid4(),
            "doubts": doubts_of(case)[self.slug],
            "given_at_once": " ".join(GIVEN_AT_ONCE),
        }


def _point_or_404(point: str) -> TimePoint:
    if point not in {each.value for each in grid.SINGLE}:
        raise Http404
    return TimePoint(point)


class ColumnView(OutcomesGrid):
    """One more column, ready to type."""

    def get(self, request: HttpRequest, uuid: Any, point: str) -> HttpResponse:  # type: ignore[override]
        wanted = _point_or_404(point)
        case = editable_case(request, uuid)
        row = grid.stored_at(case, wanted) or grid.blank(case, wanted)
        return render(request, "outcomes/editor/_new_column.html", new_column(request, row))


def new_column(request: HttpRequest, row: Assessment) -> dict[str, Any]:
    return {
        "column": column_of(row, request.user),
        "point": point_of(row, timezone.localdate(), drawn=True),
        "case": row.case,
    }


class PointSaveView(FirstSaveView):
    """Stores what is typed into the column of a time point."""

    def post(self, request: HttpRequest, uuid: Any, **where: Any) -> Any:  # type: ignore[override]
        self.point = _point_or_404(where["point"])
        return super().post(request, uuid)

    def stored(self, case: Case) -> Assessment | None:
        return grid.stored_at(case, self.point)

    def public_id(self, case: Case) -> uuids.UUID:
        return grid.public_id(case, self.point)

    def fresh(self, case: Case, typed: drafts.Typed) -> Assessment:
        return grid.first_entry(case, self.point, typed.fields, timezone.localdate())


class AddVisit(AddRowView):
    """An unscheduled visit; it needs its date, or the interval from the index procedure."""

    parent_model = Case
    slug = "outcomes"
    template_name = "outcomes/editor/_new_visit.html"

    def new_records(self, parent: Any) -> list[Record]:
        post = self.request.POST
        return [
            Assessment(
                case=parent,
                uuid=self.token,
                time_point=TimePoint.UNSCHEDULED,
                date=_readable(read_date, post.get("date")),
                interval_value=_readable(partial(read_decimal, decimal_places=1), post.get("interval_value")),
                interval_unit=post.get("interval_unit") if post.get("interval_value") else None,
            )
        ]

    def block(self, record: Record) -> Column:
        assert isinstance(record, Assessment)  # noqa: S101  (the section has no other records)
        return column_of(record, self.request.user)

    def more(self, case: Case, parent: Any) -> dict[str, Any]:
        today = timezone.localdate()
        return {
            "points": [
                point_of(row, today, drawn=True) for row in case.assessments.all() if row.uuid == self.token
            ],
        }


def _readable(read: Any, typed: Any) -> Any:
    """What was typed, or nothing where it cannot be read: the rule then asks for it."""
    try:
        return read(typed)
    except ValidationError:
        return None


class RemoveColumn(RemoveRowView):
    """Removes an assessment; where its column is always drawn, an empty one takes its place."""

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:  # type: ignore[override]
        record: Assessment = record_or_404(request, "assessment", uuid)
        point, case_uuid = record.time_point, record.case.uuid
        answer = super().post(request, "assessment", uuid)
        if answer.status_code != 200:
            return answer
        if point == TimePoint.UNSCHEDULED:
            gone = format_html('<li id="point-{}" hx-swap-oob="delete"></li>', uuid)
            return HttpResponse(gone + answer.content.decode())
        case = editable_case(request, case_uuid)
        today = timezone.localdate()
        row = next((row for row in grid.columns(case, today) if row.time_point == point), None)
        if row is not None:
            html = render_to_string("outcomes/editor/_new_column.html", new_column(request, row), request)
        else:
            absent = point_of(grid.blank(case, point), today, drawn=False)
            html = render_to_string("outcomes/editor/_removed_column.html", {"point": absent}, request)
        return HttpResponse(html + answer.content.decode())
