"""The timeline of a case: what stands on it, in which order, and what a reader without identity does not learn."""

import datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from outcomes.timeline import Event, Sort
from outcomes.timeline_drawing import draw
from registry.access.models import Center
from tests.factories import (
    AssessmentFactory,
    CaseFactory,
    CenterFactory,
    ComplicationFactory,
    FollowUpStatusFactory,
    PatientFactory,
    ProcedureFactory,
    PublicationFactory,
    TransarterialSessionFactory,
    VertebroplastyDetailsFactory,
)

DAY = datetime.date(2024, 3, 11)
TODAY = datetime.datetime(2024, 6, 20, 12, tzinfo=datetime.UTC)  # day 101


@pytest.fixture
def case(center):
    case = CaseFactory(
        patient=PatientFactory(center=center), index_date=DAY, index_date_precision="day", age_years=60
    )
    procedure = ProcedureFactory(case=case, kind="vertebroplasty", date=DAY)
    VertebroplastyDetailsFactory(procedure=procedure, transarterial_therapy="sessions")
    TransarterialSessionFactory(procedure=procedure, kind="tace", date=DAY + datetime.timedelta(7))
    ComplicationFactory(procedure=procedure, kind="radicular_pain", sir_grade="b", onset_day=2)
    AssessmentFactory(case=case, time_point="baseline", date=DAY, vas_pain=8)
    AssessmentFactory(case=case, time_point="day_1", date=DAY + datetime.timedelta(1), vas_pain=4)
    AssessmentFactory(case=case, time_point="month_1", date=DAY + datetime.timedelta(50), vas_pain=3)
    return case


def seen(user, case):
    client = Client()
    client.force_login(user)
    with time_machine.travel(TODAY, tick=False):
        return client.get(reverse("case-timeline", args=[case.uuid])).context


def told(user, case):
    return [(str(event.sort), event.label, event.when, event.note) for event in seen(user, case)["events"]]


def test_everything_stands_in_the_order_of_days(clinician, case):
    assert told(clinician, case) == [
        ("procedure", "Vertebroplasty", "2024-03-11", ""),
        ("assessment", "Before the procedure", "2024-03-11", ""),
        ("assessment", "Day 1", "2024-03-12", ""),
        ("complication", "Radicular pain", "2024-03-13", "SIR B"),
        ("session", "TACE", "2024-03-18", ""),
        ("assessment", "1 month", "2024-04-30", "outside its window"),
        ("planned", "3 months", "2024-06-10", "due until 2024-07-09"),
        ("planned", "6 months", "2024-09-09", "from 2024-08-08 to 2024-11-06"),
        ("planned", "12 months", "2025-03-11", "from 2025-01-05 to 2025-06-04"),
        ("planned", "24 months", "2026-03-11", "from 2025-12-11 to 2026-06-09"),
    ]


def test_a_window_that_closed_is_overdue(clinician, case):
    assert ("planned", "1 month") not in [row[:2] for row in told(clinician, case)]
    other = CaseFactory(patient=case.patient, index_date=DAY, index_date_precision="day", age_years=60)
    states = {event.label: event.state for event in seen(clinician, other)["events"]}
    assert states["Day 1"] == states["1 month"] == "overdue"
    assert states["3 months"] == "due" and states["6 months"] == "upcoming"


def test_nothing_is_planned_after_the_end_of_follow_up(clinician, case):
    FollowUpStatusFactory(
        case=case, vital_status="dead", followup_state="died", death_date=DAY + datetime.timedelta(80)
    )
    rows = told(clinician, case)
    assert rows[-1] == ("death", "Death", "2024-05-30", "")
    assert not [row for row in rows if row[0] == "planned"]


def test_without_identity_only_days_are_told_and_nothing_that_depends_on_today(researcher, case):
    context = seen(researcher, case)
    rows = {event.label: event for event in context["events"]}
    assert rows["1 month"].when == "day 50" and rows["Radicular pain"].when == "day 2"
    assert rows["3 months"].when == "day 91" and rows["3 months"].note == "not entered"
    assert not any(event.until or event.state in ("due", "overdue", "upcoming") for event in rows.values())
    assert context["drawing"].today is None
    client = Client()
    client.force_login(researcher)
    assert "2024" not in client.get(reverse("case-timeline", args=[case.uuid])).content.decode()


def test_a_published_case_stands_at_nominal_days_and_keeps_printed_intervals(outsider):
    center = CenterFactory(code="PAPER", kind=Center.Kind.PUBLISHED)
    patient = PatientFactory(center=center, publication=PublicationFactory(), source_label="pat. 8")
    case = CaseFactory(patient=patient, index_date=None)
    ProcedureFactory(case=case, kind="sacroplasty")
    AssessmentFactory(case=case, time_point="month_6", missing={"vas_pain": "died"})
    AssessmentFactory(case=case, time_point="day_2", vas_pain=2)
    AssessmentFactory(case=case, time_point="last_followup", satisfaction="very_satisfied")
    FollowUpStatusFactory(
        case=case, vital_status="dead", death_interval_value=3, death_interval_unit="months"
    )
    context = seen(outsider, case)
    assert [(event.label, event.when, event.note) for event in context["events"]] == [
        ("Sacroplasty", "", ""),
        ("Day 2", "", ""),
        ("Death", "3 months", ""),
        ("6 months", "", "no score"),
        ("Last follow-up", "", ""),
    ]
    assert [event.label for event in context["drawing"].undated] == ["Last follow-up"]


def test_without_a_date_of_the_procedure_the_page_asks_for_it(clinician, center):
    case = CaseFactory(patient=PatientFactory(center=center))
    client = Client()
    client.force_login(clinician)
    assert "Nothing has a day yet" in client.get(reverse("case-timeline", args=[case.uuid])).content.decode()
    AssessmentFactory(case=case, vas_pain=8)
    html = client.get(reverse("case-timeline", args=[case.uuid])).content.decode()
    assert "Enter the day of the first procedure" in html


def test_no_two_labels_run_into_each_other():
    points = [
        Event(Sort.ASSESSMENT, f"Point {day}", float(day), "2024-03-11")
        for day in (0, 1, 2, 7, 30, 91, 182, 365, 730)
    ]
    events = [
        Event(Sort.COMPLICATION, "A complication of some length", float(day), "day 3") for day in (0, 2, 3)
    ]
    drawing = draw([*points, *events], today=40)
    assert drawing is not None and drawing.today is not None
    boxes = []
    for mark in drawing.marks:
        for y, words in mark.lines:
            width = len(words) * 7.6 / 8.8
            left = {"middle": mark.x - width / 2, "start": mark.x, "end": mark.x - width}[mark.anchor]
            boxes.append((left, left + width, y))
    for number, (left, right, y) in enumerate(boxes):
        for other_left, other_right, other_y in boxes[:number]:
            assert abs(y - other_y) > 15 or right <= other_left or other_right <= left
    assert all(mark.x >= 0 and mark.x <= 100 for mark in drawing.marks)
