"""The curator's start page, saved filters, and setting a field in several records at once."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Patient
from registry.core.models import SavedFilter
from tests import factories
from tests.admin.conftest import complete_case
from tests.admin.pages import url

CASES = url(Case, "changelist")


def start_page(client):
    return client.get(reverse("admin:index"))


def test_the_start_page_counts_what_waits_in_the_own_centre(as_curator, center, other_center):
    with time_machine.travel(timezone.now() - datetime.timedelta(days=40)):
        for where in (center, center, other_center):
            factories.CaseFactory(patient=factories.PatientFactory(center=where))
    factories.CaseFactory(patient=factories.PatientFactory(center=center))
    waiting = {line.queue.code: line.count for line in start_page(as_curator).context["waiting"]}
    assert waiting["forgotten-drafts"] == 2


def test_the_start_page_asks_as_often_for_many_as_for_few(as_curator, center):
    def asked():
        with CaptureQueriesContext(connection) as captured:
            assert start_page(as_curator).status_code == 200
        return len(captured)

    start_page(as_curator)
    few = asked()
    for _ in range(4):
        factories.CaseFactory(patient=factories.PatientFactory(center=center))
    assert asked() == few


# -- saved filters -----------------------------------------------------------------------------------------------------


def save_filter(client, name, query="?status__exact=draft&p=2"):
    return client.post(f"{CASES}{query}", {"save_filter": name}, follow=True)


def test_a_filter_is_kept_under_a_name_and_forgotten(as_curator, curator):
    assert "Save this filter" in as_curator.get(f"{CASES}?status__exact=draft").content.decode()
    page = save_filter(as_curator, "Drafts").content.decode()
    assert '<a href="?status__exact=draft" aria-current="true">Drafts</a>' in page
    assert "Save this filter" not in page, "these filters are kept already"
    kept = SavedFilter.objects.get(user=curator)
    as_curator.post(CASES, {"forget_filter": kept.pk})
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(("name", "query"), [("", "?q=x"), ("n" * 61, "?q=x"), ("Nothing", "?p=3")])
def test_a_filter_without_name_or_filters_is_refused_in_words(as_curator, name, query):
    page = save_filter(as_curator, name, query)
    assert page.status_code == 200
    assert not SavedFilter.objects.exists()
    assert list(page.context["messages"])


def test_nobody_sees_or_forgets_the_filters_of_another(as_curator, client, center):
    save_filter(as_curator, "Mine <b>")
    kept = SavedFilter.objects.get()
    client.force_login(factories.member(center, "curator", username="second"))
    assert "Mine" not in client.get(CASES).content.decode()
    client.post(CASES, {"forget_filter": kept.pk})
    assert SavedFilter.objects.filter(pk=kept.pk).exists()


# -- setting a field in several records --------------------------------------------------------------------------------


def send(client, step, cases, value, reason="", **more):
    return client.post(
        CASES,
        {
            "action": "set_disease_status",
            "_selected_action": [case.pk for case in cases],
            "step": step,
            "value": value,
            "reason": reason,
            **more,
        },
    )


def versions(*cases):
    return {f"version-{case.pk}": case.version for case in cases}


def test_a_bulk_change_says_first_what_it_will_do_and_to_which(as_curator, center):
    draft = factories.CaseFactory(
        patient=factories.PatientFactory(center=center), disease_status="metastasis"
    )
    complete = complete_case(center)
    same = factories.CaseFactory(patient=factories.PatientFactory(center=center), disease_status="systemic")
    shown = send(as_curator, "show", [draft, complete, same], "metastasis")
    assert [line.record for line in shown.context["same"]] == [draft]
    assert [line.record for line in shown.context["changing"]] == [same]
    (refused,) = shown.context["refused"]
    assert refused.record == complete
    assert refused.refusals == ("This case is complete. Say why you change it.",)
    same.refresh_from_db()
    assert same.disease_status == "systemic", "nothing is changed before it is confirmed"


def test_a_bulk_change_leaves_history_with_who_why_before_and_after(as_curator, center):
    cases = [complete_case(center), complete_case(center)]
    sent = send(as_curator, "change", cases, "metastasis", "staged again", **versions(*cases))
    assert sent.status_code == 302
    for case in cases:
        after, before = case.history.all()[:2]
        assert (before.disease_status, after.disease_status) == ("systemic", "metastasis")
        assert (after.history_user_name, after.history_change_reason) == ("curator", "staged again")
    assert len({case.history.first().change_sequence for case in cases}) == 1, "it is one change"


def test_a_record_changed_since_it_was_shown_takes_everything_back(as_curator, center):
    cases = [complete_case(center), complete_case(center)]
    stale = {**versions(*cases), f"version-{cases[1].pk}": cases[1].version - 1}
    page = send(as_curator, "change", cases, "metastasis", "staged again", **stale)
    assert "Nothing has been changed." in page.content.decode()
    assert set(Case.objects.values_list("disease_status", flat=True)) == {"systemic"}


def test_records_of_another_centre_and_published_ones_are_not_changed(
    as_curator, other_center, published_case
):
    foreign = factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    for case in (foreign, published_case):
        send(as_curator, "change", [case], "benign", "x", **versions(case))
        case.refresh_from_db()
        assert case.disease_status != "benign"


def test_too_many_records_at_once_are_refused_in_words(as_curator, center, monkeypatch):
    monkeypatch.setattr("registry.core.admin.changing.MOST", 1)
    cases = [factories.CaseFactory(patient=factories.PatientFactory(center=center)) for _ in range(2)]
    page = as_curator.post(
        CASES,
        {"action": "set_status", "_selected_action": [case.pk for case in cases]},
        follow=True,
    )
    assert "Select at most 1 records" in page.content.decode()


def test_a_value_that_is_no_code_is_refused_with_the_codes_there_are(as_curator, case):
    (line,) = send(as_curator, "show", [case], "no such thing").context["refused"]
    assert "is not one of: primary, metastasis" in line.refusals[0]


def test_consent_can_be_set_for_patients(as_curator, patient):
    page = as_curator.post(
        url(Patient, "changelist"),
        {
            "action": "set_consent_status",
            "_selected_action": [patient.pk],
            "step": "change",
            "value": "given",
            "reason": "",
            f"version-{patient.pk}": patient.version,
        },
    )
    assert page.status_code == 302
    patient.refresh_from_db()
    assert patient.consent_status == "given"
