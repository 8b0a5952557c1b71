"""The door for many records: what it writes is what the door for one would have written, and as strict."""

import copy
import datetime
import random
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.models import Case, Diagnosis, Lesion, Patient
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    ReboaDetails,
    RfaDetails,
    TreatedLesion,
)
from registry.core import many, policies, records
from registry.core.sequence import ChangeCounter
from registry.curation import freezing
from tests import factories as make

MODELS = (
    Patient,
    Case,
    Lesion,
    Procedure,
    ReboaDetails,
    RfaDetails,
    BalloonInflation,
    TreatedLesion,
    Ablation,
    Assessment,
    Complication,
    FollowUpStatus,
)


@pytest.fixture
def diagnosis(db):
    return make.DiagnosisFactory()


def whole_case(center, diagnosis, **case):
    """A patient with everything a complete case needs; nothing of it is stored."""
    patient = Patient(center=center, sex="female", birth_year=1960)
    case = Case(
        patient=patient,
        diagnosis=diagnosis,
        disease_status="metastasis",
        age_years=60,
        index_date=datetime.date(2021, 3, 1),
        **case,
    )
    lesion = Lesion(case=case, levels="S1")
    reboa = Procedure(
        case=case,
        kind="reboa",
        date=datetime.date(2021, 3, 1),
        anesthesia="general",
        guidance="ct",
        technical_success=True,
        duration_min=200,
        complications_answered="none",
    )
    return [
        patient,
        case,
        lesion,
        Lesion(case=case, levels="L3;L4", volume_ml="6,8"),
        reboa,
        ReboaDetails(
            procedure=reboa,
            aortic_diameter_mm=18,
            balloon_diameter_mm=20,
            surgical_approach="posterior",
            resection="piecemeal",
            blood_loss_ml=0,
        ),
        BalloonInflation(procedure=reboa, inflated_min=0, deflated_min=20, aortic_zone="zone_iii"),
        BalloonInflation(procedure=reboa, inflated_min=40, deflated_min=60, aortic_zone="zone_iii"),
        TreatedLesion(procedure=reboa, lesion=lesion),
        Assessment(case=case, time_point="baseline", vas_pain=7, kps=60),
        FollowUpStatus(case=case, vital_status="alive"),
    ]


def refused(proposals, **how):
    with pytest.raises(many.Refused) as caught:
        records.save_many(proposals, **how)
    return caught.value.refusals


def words(refusal):
    return getattr(refusal.error, "message_dict", None) or str(refusal.error)


def test_new_records_that_name_each_other_are_one_change(center, curator, diagnosis):
    before = ChangeCounter.latest()
    rows = whole_case(center, diagnosis, status="complete") + whole_case(center, diagnosis)
    written = records.save_many(reversed(rows), by=curator, reason="from the archive")
    assert len(written.created) == len(rows) and not written.changed
    assert ChangeCounter.latest() == before + 1
    assert sorted(Patient.objects.values_list("registry_id", flat=True)) == ["HEI-00001", "HEI-00002"]
    for case in Case.objects.all():
        assert case.center == center and case.number == 1 and case.created_by == curator
        assert sorted(case.lesions.values_list("number", flat=True)) == [1, 2]
        assert sorted(case.procedures.get().balloon_inflations.values_list("number", flat=True)) == [1, 2]
    for model in {type(row) for row in rows}:
        for record in model.objects.all():
            row = record.history.get()
            assert (row.history_user_name, row.history_type) == ("curator", "+")
            assert (row.history_change_reason, row.change_sequence) == ("from the archive", before + 1)
            assert row.version == record.version == 1
    # The keys that were given out are not given out again.
    assert make.LesionFactory(case=Case.objects.first()).number == 3


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_written(
    center, other_center, curator, diagnosis
):
    rows = whole_case(center, diagnosis)
    foreign = Patient(center=other_center)
    wrong = [
        *rows,
        foreign,
        Lesion(case=rows[1], volume_ml="7000", side="up"),
        Lesion(case=rows[1], number=1),
        BalloonInflation(procedure=rows[4], inflated_min=50, deflated_min=55),
        Assessment(case=rows[1], time_point="baseline"),
        Ablation(treated_lesion=rows[8]),
        Lesion(),
        Case(patient=rows[0], diagnosis_id=999_999),
    ]
    found = refused(wrong, by=curator)
    at = {refusal.index - len(rows): words(refusal) for refusal in found}
    # The first of two inflations that overlap is named too: either may be the wrong one.
    assert sorted(at) == [7 - len(rows), *range(8)] and "inflated_min" in at[7 - len(rows)]
    assert isinstance(found[1].error, PermissionDenied)
    assert set(at[1]) == {"volume_ml", "side"} and "6000 mL" in at[1]["volume_ml"][0]
    assert "number" in at[2] and "inflated_min" in at[3] and "time_point" in at[4]
    assert "treated_lesion" in at[5] and "case" in at[6] and "diagnosis" in at[7]
    assert not Patient.objects.exists() and not Patient.history.exists()


def test_a_complete_case_asks_for_what_it_lacks_once(center, curator, diagnosis):
    rows = whole_case(center, diagnosis, status="complete")
    (only,) = refused([row for row in rows if not isinstance(row, Assessment)], by=curator)
    assert only.record is rows[1] and "baseline" in only.error.message_dict["status"][0]


def test_a_change_of_a_complete_case_needs_a_reason_and_leaves_before_and_after(center, curator, diagnosis):
    records.save_many(whole_case(center, diagnosis, status="complete"), by=curator)
    lesion = Lesion.objects.first()
    lesion.levels = "S2"
    (only,) = refused([lesion], by=curator)
    assert only.error.messages == ["This case is complete. Say why you change it."]
    lesion = Lesion.objects.get(pk=lesion.pk)
    lesion.levels = "S2"
    assert many.check_many([copy.copy(lesion)], by=curator, reason_later=True).reason_needed
    written = records.save_many([many.Proposed(lesion, 1)], by=curator, reason="read again")
    assert [row.pk for row in written.changed] == [lesion.pk]
    now, before = lesion.history.all()
    assert (before.levels, now.levels, now.history_change_reason) == ("S1", "S2", "read again")
    assert now.history_type == "~" and Lesion.objects.get(pk=lesion.pk).version == 2


def test_follow_up_of_a_complete_case_needs_no_reason(center, curator, diagnosis):
    records.save_many(whole_case(center, diagnosis, status="complete"), by=curator)
    records.save_many([Assessment(case=Case.objects.get(), time_point="month_1", vas_pain=3)], by=curator)
    assert Assessment.objects.count() == 2


def test_a_record_that_was_changed_meanwhile_is_a_conflict(case, curator):
    stale = Case.objects.get(pk=case.pk)
    case.age_years = 61
    records.save(case, by=curator)
    stale.age_years = 62
    (only,) = refused([many.Proposed(stale, stale.version)], by=curator)
    assert isinstance(only.error, records.Conflict)
    assert [difference.field for difference in only.error.differences] == ["age_years"]


def test_a_signed_case_refuses(case, curator):
    lesion = make.LesionFactory(case=case)
    Case._base_manager.filter(pk=case.pk).update(status="signed")
    lesion.levels, case.age_years = "S2", 99
    patient = Patient.objects.get(pk=case.patient_id)
    patient.sex = "male"
    case = Case.objects.get(pk=case.pk)
    case.age_years = 61
    for record in (lesion, case, patient):
        (only,) = refused([record], by=curator, reason="why")
        assert "signed" in str(only.error)


def test_what_is_frozen_refuses(center, other_center, curator, diagnosis):
    records.save_many(whole_case(center, diagnosis), by=curator)
    lesion = Lesion.objects.first()
    lesion.levels = "S2"
    freezing.freeze_cases([lesion.case], by=curator, title="a list", reason="a paper")
    (only,) = refused([lesion], by=curator)
    assert "frozen" in str(only.error)
    records.save_many(whole_case(center, diagnosis), by=curator)
    freezing.freeze_center(center, by=curator, reason="the year is over")
    assert "frozen" in str(refused(whole_case(center, diagnosis), by=curator)[0].error)


def test_what_is_fixed_at_creation_stays(case, curator):
    procedure = make.ProcedureFactory(case=case)
    procedure.kind = "rfa"
    (only,) = refused([procedure], by=curator)
    assert only.error.message_dict == {"kind": ["Kind never changes."]}


def test_unchanged_records_are_left_alone(case, curator):
    lesion = make.LesionFactory(case=case, volume_ml="6.8")
    again = Lesion.objects.get(pk=lesion.pk)
    again.volume_ml = "6,80"
    before = ChangeCounter.latest()
    written = records.save_many([again], by=curator)
    assert written.unchanged == [again] and ChangeCounter.latest() == before


def test_listeners_hear_of_each_case_once(center, curator, diagnosis, monkeypatch):
    heard = []
    monkeypatch.setattr(policies, "_listeners", [lambda record, _by, reason: heard.append((record, reason))])
    rows = whole_case(center, diagnosis)
    records.save_many([*rows, *whole_case(center, diagnosis)], by=curator, reason="why")
    assert len(heard) == 2 and heard[0] == (rows[1], "why")


def counted(action):
    """Queries; on SQLite without the INSERTs, whose parameters are limited."""
    with CaptureQueriesContext(connection) as queries:
        action()
    asked = [query["sql"] for query in queries]
    return len([sql for sql in asked if connection.vendor != "sqlite" or not sql.startswith("INSERT")])


def test_as_many_queries_for_few_as_for_many(center, curator, diagnosis):
    def add(count):
        rows = [row for _ in range(count) for row in whole_case(center, diagnosis, status="complete")]
        return lambda: records.save_many(rows, by=curator)

    def change(count):
        rows = []
        for patient in Patient.objects.order_by("-pk")[:count]:
            case = patient.cases.get()
            lesion, assessment = case.lesions.first(), case.assessments.get()
            patient.birth_year, case.age_years, lesion.side, assessment.vas_pain = 1961, 59, "left", 2
            rows += [
                patient,
                case,
                lesion,
                assessment,
                Complication(procedure=case.procedures.get(), kind="bleeding"),
            ]
            rows[-1].procedure.complications_answered = None
            rows.append(rows[-1].procedure)
            rows[-1].missing = {"complications_answered": "unknown"}
        return lambda: records.save_many(rows, by=curator, reason="why")

    counted(add(1))
    # Rows of history that are many are copied, for which their keys are asked first: once for each model.
    for some in (add, change):
        few, many_ = counted(some(2)), counted(some(40))
        assert few <= many_ <= few + len(MODELS) and many_ < 70


# -- many is the same as one after the other ---------------------------------------------------------------------------


def random_changes(seed, center, diagnosis):
    """New and changed records, the same for the same seed; each valid by itself in this order."""
    draw = random.Random(seed)
    rows = []
    for patient in Patient.objects.order_by("pk"):
        if draw.random() < 0.5:
            patient.sex = draw.choice(["male", "female", "other"])
            rows.append(patient)
        for case in patient.cases.order_by("pk"):
            if draw.random() < 0.5:
                case.height_cm = draw.choice(["170", "171,5", "90"])
                case.missing = {**case.missing, "inr": "not_done"}
                rows.append(case)
            for lesion in case.lesions.order_by("pk"):
                if draw.random() < 0.4:
                    lesion.volume_ml = str(draw.randint(1, 40))
                    rows.append(lesion)
            if draw.random() < 0.7:
                rows.append(Lesion(case=case, levels=draw.choice(["S1;L5", "L3", ""]), uuid=unique(draw)))
            if draw.random() < 0.7:
                rows.append(Assessment(case=case, time_point="day_1", vas_pain="2,5", uuid=unique(draw)))
    for _ in range(draw.randint(0, 3)):
        fresh = [row for row in whole_case(center, diagnosis) if draw.random() < 0.95 or row.pk]
        kept = []
        for row in fresh:
            owners = [f.name for f in row._meta.concrete_fields if f.is_relation and f.is_cached(row)]
            if all(getattr(row, n) in kept or n in ("center", "diagnosis") for n in owners):
                row.uuid = unique(draw)
                kept.append(row)
        rows += kept
    return rows


def unique(draw):
    return uuid.UUID(int=draw.getrandbits(128), version=4)


def state():
    """Every row and its history, without when it was and without keys that a database gives out."""
    names = {(m, row.pk): str(row.uuid) for m in MODELS for row in m._base_manager.all()}
    found = {}
    for model in MODELS:
        for rows in (model._base_manager.order_by("uuid"), model.history.order_by("uuid", "history_id")):
            kept = []
            for row in rows:
                values = {}
                for field in row._meta.concrete_fields:
                    value = getattr(row, field.attname)
                    if field.name in ("id", "history_id", "history_date", "created_at", "modified_at"):
                        continue
                    if field.name in ("change_sequence", "registry_id", "salt", "digest"):
                        continue
                    if field.name == "confirmed":
                        value = {name: {**said, "when": ""} for name, said in value.items()}
                    if field.is_relation and field.related_model in MODELS:
                        value = names[(field.related_model, value)]
                    values[field.name] = value
                kept.append(values)
            found[rows.model.__name__] = kept
    return found


@pytest.mark.parametrize("seed", range(6))
def test_many_at_once_is_the_same_as_one_after_the_other(center, curator, diagnosis, seed):
    for _ in range(2):
        records.save_many(whole_case(center, diagnosis), by=curator)
    case = Case.objects.first()
    confirm = {"height_cm": "measured twice"}

    def proposals():
        return [
            many.Proposed(row, None if row._state.adding else row.version, confirm)
            for row in random_changes(seed, center, diagnosis)
        ]

    with transaction.atomic():
        for each in proposals():
            for field in each.record._meta.concrete_fields:
                if field.is_relation and field.is_cached(each.record):
                    setattr(each.record, field.name, getattr(each.record, field.name))
            records.save(
                each.record,
                by=curator,
                reason="why",
                expected_version=each.expected_version,
                confirm=each.confirm,
            )
        one_by_one = state()
        transaction.set_rollback(True)
    with transaction.atomic():
        records.save_many(proposals(), by=curator, reason="why")
        at_once = state()
    assert at_once == one_by_one
    assert case.pk and Diagnosis.objects.exists()


# -- deleting ----------------------------------------------------------------------------------------------------------


def test_many_are_deleted_with_history_and_nothing_else(center, curator, diagnosis):
    kept = whole_case(center, diagnosis)
    records.save_many(kept, by=curator)
    rows = whole_case(center, diagnosis, status="complete")
    records.save_many(rows, by=curator)
    before = ChangeCounter.latest()
    records.delete_many(rows, by=curator, reason="loaded twice")
    assert ChangeCounter.latest() == before + 1
    for row in rows:
        assert not type(row).objects.filter(uuid=row.uuid).exists()
        last = type(row).history.filter(uuid=row.uuid).latest("history_id")
        assert (last.history_type, last.history_change_reason) == ("-", "loaded twice")
    assert all(type(row).objects.filter(uuid=row.uuid).exists() for row in kept)


def test_what_others_depend_on_is_not_deleted(center, curator, diagnosis):
    rows = whole_case(center, diagnosis)
    records.save_many(rows, by=curator)
    make.AssessmentFactory(case=Case.objects.get(), time_point="month_1")
    with pytest.raises(many.Refused) as caught:
        records.delete_many(rows, by=curator, reason="why")
    assert "assessments refer to it" in str(caught.value.refusals[0].error.messages)
    assert Patient.objects.exists()


def test_a_complete_case_keeps_what_it_needs(center, curator, diagnosis):
    rows = whole_case(center, diagnosis, status="complete")
    records.save_many(rows, by=curator)
    with pytest.raises(ValidationError):
        records.delete_many([Assessment.objects.get()], by=curator, reason="why")
    assert Assessment.objects.exists()
