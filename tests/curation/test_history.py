"""The history of the study: who may read which part of it, what is found, and the same as a file."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Case, Diagnosis, Patient
from registry.access.models import AccessEvent
from registry.core import records
from tests import factories
from tests.access.addresses import one_of_each
from tests.factories import TESTS

URL = reverse("history")
FILE = reverse("history-file")


@pytest.fixture
def as_curator(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def changed(center, clinician, curator):
    """A case, changed by two people, and a lesion that is gone."""
    patient = factories.PatientFactory(center=center, sex="female")
    case = factories.CaseFactory(patient=patient, weight_kg=70, by=clinician)
    case.weight_kg, case.missing = 71, {"inr": "not_done"}
    records.save(case, by=curator, reason="weighed again")
    lesion = factories.LesionFactory(case=case, volume_ml=5)
    procedure = factories.ProcedureFactory(case=case, kind="rfa")
    treated = factories.TreatedLesionFactory(procedure=procedure, lesion=lesion)
    factories.AblationFactory(treated_lesion=treated, power_w=40)
    records.delete(procedure, by=clinician, reason="wrong patient")
    return case


def shown(client, **query):
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content.decode()
    return [(row.instance_type.__name__, entry.kind, entry.who) for row, entry, _ in answer.context["lines"]]


def test_the_newest_change_stands_first_and_leads_to_its_case(as_curator, changed):
    answer = as_curator.get(URL)
    lines = answer.context["lines"]
    assert [row.change_sequence for row, *_ in lines] == sorted(
        (row.change_sequence for row, *_ in lines), reverse=True
    )
    assert {(place.name, place.center) for _row, _entry, place in lines} == {
        (str(changed), "HEI"),
        (changed.patient.registry_id, "HEI"),
    }
    assert {place.url for *_, place in lines} == {
        reverse("case-detail", args=[changed.uuid]),
        reverse("patient-edit", args=[changed.patient.uuid]),
    }
    event = AccessEvent.objects.get(kind="identity_read")
    assert (event.subject, event.detail) == ("history", URL)


def test_filters_find_by_person_kind_field_and_reason(as_curator, changed, curator):
    assert shown(as_curator, user="curator") == [("Case", "changed", "curator")]
    assert shown(as_curator, user=curator.pk) == [("Case", "changed", "curator")]
    assert {kind for kind, *_ in shown(as_curator, change="deleted")} == {
        "Procedure",
        "TreatedLesion",
        "Ablation",
    }
    assert shown(as_curator, kind="cases.patient") == [("Patient", "added", "system: tests")]
    assert shown(as_curator, kind="cases.case", field="weight_kg") == [
        ("Case", "changed", "curator"),
        ("Case", "added", "clinician"),
    ]
    # The reason for an absence is a change of its field, too.
    assert shown(as_curator, kind="cases.case", field="inr") == [("Case", "changed", "curator")]
    assert shown(as_curator, kind="cases.case", field="asa_class") == []
    assert shown(as_curator, kind="procedures.ablation", field="power_w", change="deleted")
    assert shown(as_curator, q="WEIGHED") == [("Case", "changed", "curator")]
    # The words may name a patient, and nothing is ever taken out of the log.
    assert AccessEvent.objects.latest("pk").detail == f"{URL}?q=…"
    assert shown(as_curator, reason="no") == []
    assert shown(as_curator, since="2000-01-01", until="2000-01-02") == []
    assert shown(as_curator, center="HEI", since="2000-01-01")


@pytest.mark.parametrize(
    "query",
    [
        {"center": "BER"},
        {"kind": "auth.user"},
        {"kind": "cases.patient", "field": "hospital_number"},
        {"kind": "cases.patient", "field": "hospital_number_hash"},
        {"since": "yesterday"},
        {"change": "%"},
        {"since": "0001-01-01"},
    ],
)
def test_what_cannot_be_asked_is_named_at_its_field(as_curator, other_center, query):
    for url in (URL, FILE):
        answer = as_curator.get(url, query)
        assert answer.status_code == 422
        assert answer.context["form"].errors
        assert not answer.context["lines"]


@pytest.mark.parametrize("after", ["x", "1~", "1~cases.case~x", "9" * 30, "~~"])
def test_a_place_that_cannot_be_read_is_the_beginning(as_curator, changed, after):
    assert len(shown(as_curator, after=after)) == len(shown(as_curator))


def test_pages_follow_each_other_without_gap_or_repetition(as_curator, center, monkeypatch):
    one_of_each(center)
    one_of_each(center)
    every = [(row.instance_type, row.history_id) for row, *_ in as_curator.get(URL).context["lines"]]
    assert len(every) > 30
    monkeypatch.setattr("registry.curation.views.history.PAGE_SIZE", 7)
    found, url = [], URL
    while url:
        answer = as_curator.get(url)
        found += [(row.instance_type, row.history_id) for row, *_ in answer.context["lines"]]
        url = answer.context["older"]
    assert found == every


def test_a_page_costs_the_same_however_much_it_shows(as_curator, center):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert as_curator.get(URL).status_code == 200
        return len(asked)

    one_of_each(center)
    once = cost()
    one_of_each(center)
    assert cost() == once


def test_each_reads_the_centres_whose_patients_they_may_know(client, center, other_center, changed):
    other = factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    factories.DiagnosisFactory()
    for role in ("clinician", "curator"):
        client.force_login(factories.member(center, role))
        assert {place.center for *_, place in client.get(URL).context["lines"]} == {"HEI"}
    client.force_login(factories.member(other_center, "curator"))
    assert {place.name for *_, place in client.get(URL).context["lines"]} == {
        str(other),
        other.patient.registry_id,
    }
    client.force_login(factories.member(center, "researcher"))
    assert client.get(URL).status_code == client.get(FILE).status_code == 403
    client.force_login(factories.UserFactory(is_superuser=True))
    kinds = {row.instance_type for row, *_ in client.get(URL).context["lines"]}
    assert {Diagnosis, Case, Patient} <= kinds


def rows_of(answer):
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_has_a_line_for_each_changed_field(as_curator, changed, curator):
    answer = as_curator.get(FILE, {"user": "curator"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = rows_of(answer)
    assert [(row["field"], row["before"], row["after"]) for row in rows] == [
        ("weight_kg", "70.0", "71.0"),
        ("inr__missing", "", "not_done"),
    ]
    assert {
        name: rows[0][name]
        for name in (
            "user_id",
            "user_name",
            "center",
            "belongs_to",
            "record",
            "record_id",
            "action",
            "reason",
        )
    } == {
        "user_id": str(curator.pk),
        "user_name": "curator",
        "center": "HEI",
        "belongs_to": str(changed),
        "record": "cases.case",
        "record_id": str(changed.uuid),
        "action": "changed",
        "reason": "weighed again",
    }
    assert AccessEvent.objects.filter(kind="export", subject="history").count() == 1


def test_the_file_defuses_formulas_and_keeps_secrets(as_curator, center, curator):
    patient = factories.PatientFactory(center=center, hospital_number="4711")
    factories.CaseFactory(patient=patient, notes="=HYPERLINK(1)")
    patient.hospital_number = "4712"
    records.save(patient, by=curator, reason="=1+1")
    rows = rows_of(as_curator.get(FILE))
    cells = {cell for row in rows for cell in row.values()}
    assert {"'=HYPERLINK(1)", "'=1+1"} <= cells
    secret = [row for row in rows if row["field"] == "hospital_number_hash"]
    assert {(row["before"], row["after"]) for row in secret} == {("(not kept)", "(not kept)")}
    assert not any("4711" in cell or patient.hospital_number_hash in cell for cell in cells)
    page = as_curator.get(URL).content.decode()
    assert "4711" not in page and patient.hospital_number_hash not in page


def test_clinicians_take_no_file_away(client, clinician, changed):
    client.force_login(clinician)
    page = client.get(URL)
    assert page.context["file"] == ""
    assert client.get(FILE).status_code == 403


def test_a_curator_takes_away_what_they_curate_and_no_more(client, curator, other_center, changed):
    """Curator of one centre, clinician of another: the page shows both, the file has the first."""
    from registry.access.models import Membership

    Membership.objects.create(user=curator, center=other_center, role="clinician")
    factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    client.force_login(curator)
    assert {place.center for *_, place in client.get(URL).context["lines"]} == {"HEI", "BER"}
    assert {row["center"] for row in rows_of(client.get(FILE))} == {"HEI"}
    assert client.get(FILE, {"center": "BER"}).status_code == 403


def test_records_that_are_gone_are_still_named(as_curator, changed, curator):
    name, patient = str(changed), changed.patient
    records.delete(Case.objects.get(pk=changed.pk), by=curator, reason="test")
    records.delete(patient, by=TESTS, reason="test")
    lines = as_curator.get(URL).context["lines"]
    assert {place.name for *_, place in lines} == {name, patient.registry_id}
    assert {place.url for *_, place in lines} == {""}
