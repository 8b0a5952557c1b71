"""Autosave: what can be stored is stored, field by field, and two people conflict only over the same field."""

from decimal import Decimal

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied

from cases.forms import CaseForm, LesionForm
from cases.models import Case, Lesion
from outcomes.forms import AssessmentForm, FollowUpStatusForm
from outcomes.models import Assessment, FollowUpStatus
from registry.core import drafts, records
from registry.core.drafts import Typed
from tests import factories
from tests.core.test_write_door import complete
from tests.factories import TESTS, AssessmentFactory, LesionFactory


@pytest.fixture
def lesion(case):
    return LesionFactory(case=case)


def save(form, record, fields, by, base=None, **more):
    typed = Typed({name: [value] if value else [] for name, value in fields.items()}, base or {}, **more)
    return drafts.autosave(form, type(record).objects.get(pk=record.pk), typed, by=by)


def test_only_what_was_sent_changes(lesion, clinician):
    lesion.bone_lesion = "lytic"
    records.save(lesion, by=TESTS)
    outcome = save(LesionForm, lesion, {"volume_ml": "6,8"}, clinician)
    assert outcome.written
    assert outcome.errors == {}
    stored = Lesion.objects.get(pk=lesion.pk)
    assert stored.volume_ml == Decimal("6.8")
    assert stored.bone_lesion == "lytic"
    assert stored.history.first().history_user_name == clinician.username


def test_a_refused_value_holds_no_other_back(case, clinician):
    outcome = save(
        CaseForm, case, {"height_cm": "1.7.2", "weight_kg": "900", "age_years": "61", "inr": "1.1"}, clinician
    )
    assert outcome.written
    assert set(outcome.errors) == {"height_cm", "weight_kg"}
    stored = Case.objects.get(pk=case.pk)
    assert (stored.age_years, stored.inr) == (61, Decimal("1.1"))
    assert (stored.height_cm, stored.weight_kg) == (case.height_cm, case.weight_kg)


def test_refused_values_alone_write_nothing(case, clinician):
    outcome = save(CaseForm, case, {"weight_kg": "900"}, clinician)
    assert not outcome.written
    assert "900" in str(outcome.errors["weight_kg"][0])
    assert Case.objects.get(pk=case.pk).version == case.version


def test_a_rule_of_two_fields_speaks_at_the_one_that_was_changed(case, clinician):
    row = AssessmentFactory(case=case, barthel_version="original", barthel=None)
    outcome = save(AssessmentForm, row, {"barthel": "47", "kps": "85", "vas_pain": "7"}, clinician)
    assert set(outcome.errors) == {"barthel", "kps"}
    assert Assessment.objects.get(pk=row.pk).vas_pain == 7


def test_half_of_a_pair_waits_for_the_other_half(case, clinician):
    status = factories.FollowUpStatusFactory(case=case, vital_status="dead")
    half = save(FollowUpStatusForm, status, {"death_interval_value": "3"}, clinician)
    assert not half.written
    assert half.errors
    whole = save(
        FollowUpStatusForm, status, {"death_interval_value": "3", "death_interval_unit": "months"}, clinician
    )
    assert whole.written
    assert FollowUpStatus.objects.get(pk=status.pk).death_interval_value == 3


def test_different_fields_of_two_people_do_not_conflict(case, clinician, curator):
    save(CaseForm, case, {"height_cm": "170"}, curator, base={"height_cm": []})
    outcome = save(CaseForm, case, {"weight_kg": "70"}, clinician, base={"weight_kg": []})
    assert outcome.conflicts == []
    stored = Case.objects.get(pk=case.pk)
    assert (stored.height_cm, stored.weight_kg) == (170, 70)


def test_the_same_field_of_two_people_is_a_conflict_and_the_rest_is_saved(case, clinician, curator):
    save(CaseForm, case, {"height_cm": "170"}, curator, base={"height_cm": []})
    outcome = save(
        CaseForm,
        case,
        {"height_cm": "171", "weight_kg": "70"},
        clinician,
        base={"height_cm": [], "weight_kg": []},
    )
    assert outcome.conflicts == ["height_cm"]
    assert outcome.written
    stored = Case.objects.get(pk=case.pk)
    assert (stored.height_cm, stored.weight_kg) == (170, 70)


def test_the_same_value_of_two_people_is_no_conflict(case, clinician, curator):
    save(CaseForm, case, {"height_cm": "170"}, curator)
    outcome = save(CaseForm, case, {"height_cm": "170,0"}, clinician, base={"height_cm": []})
    assert outcome.conflicts == []


def test_a_list_in_another_order_is_the_same_answer(case, clinician):
    """The page draws lumbar levels before thoracic ones; they are stored from the top down."""
    lesion = LesionFactory(case=case, levels="T12;L1")
    typed = Typed({"levels": ["L1", "L2", "T12"]}, {"levels": ["L1", "T12"]})
    outcome = drafts.autosave(LesionForm, lesion, typed, by=clinician)
    assert outcome.conflicts == []
    assert Lesion.objects.get(pk=lesion.pk).levels == "T12;L1;L2"


def test_a_value_and_the_reason_for_its_absence_are_one_answer(case, clinician, curator):
    save(CaseForm, case, {"inr__missing": "not_done"}, curator, base={"inr": [], "inr__missing": []})
    outcome = save(CaseForm, case, {"inr": "1.2"}, clinician, base={"inr": [], "inr__missing": []})
    assert outcome.conflicts == ["inr"]
    chosen = save(CaseForm, case, {"inr": "1.2"}, clinician, base={"inr": [], "inr__missing": ["not_done"]})
    assert chosen.conflicts == []
    stored = Case.objects.get(pk=case.pk)
    assert (stored.inr, stored.missing.get("inr")) == (Decimal("1.2"), None)


def test_a_complete_case_asks_why_and_nothing_is_written_until_then(case, clinician):
    case = complete(case)
    outcome = save(CaseForm, case, {"height_cm": "170"}, clinician)
    assert not outcome.written
    assert "reason" in outcome.codes
    assert save(CaseForm, case, {"height_cm": "170"}, clinician, reason="measured again").written


def test_an_unusual_value_is_saved_and_can_be_explained_later(case, clinician):
    assert save(CaseForm, case, {"age_years": "12"}, clinician).written
    outcome = save(CaseForm, case, {}, clinician, confirm={"age_years": "a child"})
    assert outcome.written
    assert Case.objects.get(pk=case.pk).confirmed["age_years"]["reason"] == "a child"


def test_unknown_fields_are_ignored(case, clinician):
    outcome = save(CaseForm, case, {"status": "complete", "patient": "1", "height_cm": "170"}, clinician)
    assert outcome.written
    assert Case.objects.get(pk=case.pk).status == "draft"


def test_what_two_values_do_together_is_said_and_the_rest_saved(case, clinician):
    """The diagnosis “other” needs a text; the rule looks at another row and names a field that was not sent."""
    other = factories.DiagnosisFactory(slug="some-other", label="other", needs_text=True)
    outcome = save(CaseForm, case, {"diagnosis": str(other.pk), "height_cm": "170"}, clinician)
    assert outcome.written
    assert "diagnosis" in outcome.errors
    stored = Case.objects.get(pk=case.pk)
    assert stored.height_cm == 170
    assert stored.diagnosis_id != other.pk


def test_who_may_not_write_is_refused_as_a_whole(lesion, researcher):
    with_error = None
    try:
        with_error = save(LesionForm, lesion, {"volume_ml": "5"}, researcher)
    except PermissionDenied:
        return
    assert NON_FIELD_ERRORS in with_error.errors
    assert Lesion.objects.get(pk=lesion.pk).version == 1


def test_a_record_deleted_meanwhile_does_not_come_back(lesion, clinician):
    read = Lesion.objects.get(pk=lesion.pk)
    records.delete(lesion, by=TESTS)
    outcome = drafts.autosave(LesionForm, read, Typed({"volume_ml": ["5"]}), by=clinician)
    assert not outcome.written
    assert NON_FIELD_ERRORS in outcome.errors
    assert not Lesion.objects.filter(pk=read.pk).exists()
