"""Deleting: through the door, with a reason once the case is complete, refused in words."""

from cases.models import Case, Lesion, Patient
from outcomes.models import Complication
from procedures.models import Procedure
from registry.core import records
from tests import factories
from tests.admin.pages import as_sent, change, url


def delete(record):
    return url(type(record), "delete", record.pk)


def test_deleting_a_draft_leaves_history_of_all_that_went(as_curator, case):
    lesion = factories.LesionFactory(case=case)
    page = as_curator.get(delete(case))
    assert "Lesions: <strong>1</strong>" in page.content.decode()
    assert as_curator.post(delete(case), {"post": "yes", "version": case.version}).status_code == 302
    assert not Case.objects.exists()
    for row in (Case.history.filter(id=case.pk).first(), Lesion.history.filter(id=lesion.pk).first()):
        assert (row.history_type, row.history_user_name) == ("-", "curator")


def test_deleting_a_complete_case_asks_for_the_reason(as_curator, settled):
    page = as_curator.get(delete(settled)).content.decode()
    assert 'name="reason"' in page
    response = as_curator.post(delete(settled), {"post": "yes", "version": settled.version})
    assert response.status_code == 200
    assert "This case is complete. Say why you change it." in response.content.decode()
    assert Case.objects.exists()
    sent = {"post": "yes", "version": settled.version, "reason": "entered twice"}
    assert as_curator.post(delete(settled), sent).status_code == 302
    assert Case.history.filter(id=settled.pk).first().history_change_reason == "entered twice"
    assert Procedure.history.filter(history_type="-").first().history_change_reason == "entered twice"


def test_a_draft_is_not_asked_for_a_reason(as_curator, case):
    assert 'name="reason"' not in as_curator.get(delete(case)).content.decode()


def test_taking_away_what_a_complete_case_needs_is_refused_and_the_reason_kept(as_curator, settled):
    baseline = settled.assessments.get()
    sent = {"post": "yes", "version": baseline.version, "reason": "not <needed>"}
    response = as_curator.post(delete(baseline), sent)
    assert response.status_code == 200
    page = response.content.decode()
    assert "enter the scores before the procedure" in page
    assert "not &lt;needed&gt;" in page
    assert settled.assessments.exists()


def test_what_others_refer_to_is_not_deleted(as_curator, case):
    page = as_curator.get(delete(case.patient)).content.decode()
    assert "cannot be deleted" in page
    response = as_curator.post(delete(case.patient), {"post": "yes", "version": 1})
    assert response.status_code == 200
    assert Patient.objects.exists()


def test_a_protected_row_says_what_protects_it(as_curator, case):
    lesion = factories.LesionFactory(case=case)
    factories.TreatedLesionFactory(procedure=factories.ProcedureFactory(case=case), lesion=lesion)
    sent = as_sent(as_curator.get(change(case)), **{"lesions-0-DELETE": "on"})
    response = as_curator.post(change(case), sent)
    assert response.status_code == 200
    assert "would require deleting" in response.content.decode()
    assert Lesion.objects.exists()


def test_a_record_that_changed_meanwhile_is_not_deleted(as_curator, case):
    factories.LesionFactory(case=case)
    case.notes = "new"
    records.save(case, by=factories.TESTS)
    response = as_curator.post(delete(case), {"post": "yes", "version": "1"})
    assert response.status_code == 200
    assert "while you were looking at it" in response.content.decode()
    assert Case.objects.exists()


def bulk(client, model, rows, **more):
    sent = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], **more}
    return client.post(url(model, "changelist"), sent)


def test_bulk_delete_goes_through_the_door(as_curator, case):
    rows = [factories.LesionFactory(case=case) for _ in range(3)]
    response = bulk(as_curator, Lesion, rows)
    assert response.status_code == 200
    assert "What goes" in response.content.decode()
    assert bulk(as_curator, Lesion, rows, post="yes").status_code == 302
    assert not Lesion.objects.exists()
    gone = Lesion.history.filter(history_type="-")
    assert {row.history_user_name for row in gone} == {"curator"}
    assert len(gone) == 3


def test_bulk_delete_of_a_complete_case_asks_for_the_reason_and_is_all_or_nothing(as_curator, settled, case):
    extra = factories.LesionFactory(case=settled, levels="S2")
    free = factories.LesionFactory(case=case)
    assert 'name="reason"' in bulk(as_curator, Lesion, [free, extra]).content.decode()
    response = bulk(as_curator, Lesion, [free, extra], post="yes")
    assert response.status_code == 200
    assert "This case is complete" in response.content.decode()
    assert Lesion.objects.filter(pk__in=[free.pk, extra.pk]).count() == 2
    assert bulk(as_curator, Lesion, [free, extra], post="yes", reason="artefacts").status_code == 302
    assert Lesion.history.filter(id=extra.pk).first().history_change_reason == "artefacts"


def test_bulk_delete_leaves_foreign_and_published_records_alone(as_curator, other_center, published_case):
    foreign = factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    bulk(as_curator, Case, [foreign], post="yes")
    response = bulk(as_curator, Case, [published_case], post="yes")
    assert response.status_code in (200, 403)
    assert Case.objects.filter(pk__in=[foreign.pk, published_case.pk]).count() == 2


def test_a_user_who_has_written_is_not_deleted(as_boss, curator, case):
    case.notes = "by the curator"
    records.save(case, by=curator)
    response = as_boss.get(delete(curator))
    assert response.status_code == 200
    assert "protected" in response.content.decode()
    as_boss.post(delete(curator), {"post": "yes"})
    curator.refresh_from_db()


def test_deleting_a_complication_row(as_curator, case):
    row = factories.ComplicationFactory(procedure=factories.ProcedureFactory(case=case))
    sent = as_sent(as_curator.get(change(row.procedure)), **{"complications-0-DELETE": "on"})
    assert as_curator.post(change(row.procedure), sent).status_code == 302
    assert not Complication.objects.exists()
