"""Erasing a patient: identity and content go everywhere, a stub stays, and the chain still verifies."""

import json

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.urls import reverse
from django.utils.http import urlencode

from cases.models import Case, Lesion, MergedPatient, Patient
from procedures.models import Procedure
from registry.core import erasure as core_erasure
from registry.core import records
from registry.core.chain import checking, opening
from registry.core.records import _pass
from registry.core.saved_filter import SavedFilter
from registry.curation import erasure, queries
from registry.curation.models import Signature
from tests import factories as make
from tests.declared import record_models
from tests.factories import TESTS
from tests.lifted import triggers_down

#: Texts and numbers that must be nowhere afterwards.
SECRET = "Zinnober"
NUMBER = "KH 471147"


@pytest.fixture
def person(center):
    """A patient with everything, of whom a part has been deleted before."""
    patient = make.PatientFactory(center=center, birth_year=1947, hospital_number=NUMBER)
    case = make.CaseFactory(patient=patient, notes=f"{SECRET} one", age_years=77)
    lesion = make.LesionFactory(case=case)
    for kind in ("rfa", "reboa", "vertebroplasty"):
        make.ProcedureFactory(case=case, kind=kind)
    make.AblationFactory(
        treated_lesion=make.TreatedLesionFactory(procedure=Procedure.objects.get(kind="rfa"), lesion=lesion)
    )
    make.BalloonInflationFactory(procedure=Procedure.objects.get(kind="reboa"))
    make.TransarterialDrugFactory(
        session=make.TransarterialSessionFactory(procedure=Procedure.objects.get(kind="vertebroplasty"))
    )
    make.ComplicationFactory(procedure=Procedure.objects.get(kind="rfa"))
    make.AssessmentFactory(case=case, vas_pain=7)
    make.FollowUpStatusFactory(case=case)
    make.TreatmentFactory(case=case, detail=f"{SECRET} two")
    records.delete(make.LesionFactory(case=case, levels="L5"), by=TESTS, reason=f"of {SECRET}")
    return patient


def everything():
    """Every value of every row of every table, as one text."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            found.append((model._meta.label, json.dumps(row, default=str)))
    return found


def erased(patient, by=TESTS, reason="asked for by the patient"):
    erasure.erase(patient, by=by, reason=reason)
    return Patient.objects.get(pk=patient.pk)


def test_nothing_of_the_patient_is_left_but_the_stub(person, center):
    other = make.LesionFactory(case=make.CaseFactory(patient=make.PatientFactory(center=center)))
    kept = [row for row in everything() if row[0].startswith(("cases", "procedures", "outcomes"))]
    assert any(SECRET in text for _label, text in kept)
    stub = erased(person)
    assert stub.registry_id == person.registry_id and stub.center == center
    assert (stub.sex, stub.birth_year, stub.hospital_number, stub.hospital_number_hash) == (
        None,
        None,
        "",
        "",
    )
    assert not any(SECRET in text or NUMBER in text for _label, text in everything())
    assert list(Case.objects.all()) == [other.case]
    assert list(Lesion.objects.all()) == [other]
    assert not Lesion.history.filter(history_type="-").exclude(salt="").exists()


def test_history_keeps_who_and_when_and_says_who_erased_and_why(person, curator):
    before = list(Case.history.values_list("history_id", "history_date", "history_user_name", "digest"))
    erased(person, by=curator, reason="asked for in writing")
    after = list(
        Case.history.exclude(history_type="-").values_list(
            "history_id", "history_date", "history_user_name", "digest"
        )
    )
    assert after == before
    row = Case.history.earliest()
    assert (row.age_years, row.notes, row.salt, row.history_change_reason) == (None, "", "", "")
    assert row.patient_id == person.pk and row.history_user_name
    last = Patient.history.filter(id=person.pk).first()
    assert (last.history_user_name, last.history_change_reason) == ("curator", "asked for in writing")
    assert last.consent_status == "withdrawn" and last.salt


def test_the_chain_verifies_after_it(person):
    rows = sum(model._base_manager.count() for model in opening.chained_models())
    erased(person)
    found = checking.check(checking.CHAINS["history"])
    assert found.fault is None
    assert found.erased >= rows - 5, "all but those of the diagnosis"
    records.save(make.PatientFactory.build(center=person.center), by=TESTS)
    assert checking.check(checking.CHAINS["history"]).fault is None


def test_emptying_more_than_was_erased_is_found(person, center):
    other = make.CaseFactory(patient=make.PatientFactory(center=center))
    erased(person)
    row = Case.history.filter(id=other.pk).get()
    with triggers_down():
        Case.history.filter(pk=row.pk).update(salt="", age_years=None)
    fault = checking.check(checking.CHAINS["history"]).fault
    assert (fault.what, fault.row_id) == ("emptied", row.pk)


@pytest.mark.parametrize(
    "change", ["history_user_name = 'x'", "age_years = 99", "history_date = '2001-01-01'"]
)
def test_what_is_left_of_an_emptied_row_cannot_be_altered_either(person, change):
    erased(person)
    row = Case.history.earliest()
    with triggers_down(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE cases_historicalcase SET {change} WHERE history_id = %s", [row.pk])
    fault = checking.check(checking.CHAINS["history"]).fault
    assert (fault.what, fault.table) == ("altered", "cases_historicalcase")


def below_patients():
    """Patient, and every model from which keys lead to one."""
    found = {Patient}
    while more := {
        model
        for model in record_models()
        if model not in found
        and any(column.related_model in found for column in model._meta.concrete_fields if column.is_relation)
    }:
        found |= more
    return found


def test_every_kind_of_record_can_be_emptied():
    for model in below_patients():
        values = core_erasure.emptied(model, frozenset(record_models()))
        told = {name for name in values if values[name] not in (None, "", {}, False, 0)}
        assert not told
        kept = {column.attname for column in model.history.model._meta.concrete_fields} - set(values)
        for name in kept:
            column = model.history.model._meta.get_field(name)
            assert not isinstance(column, models.JSONField | models.TextField | models.DecimalField), name


def test_a_signed_case_does_not_hold_it_up(person):
    with _pass(TESTS, "signed"):
        Case.objects.filter(patient=person).update(status="signed")
    assert any("Signed" in line for line in erasure.what_goes(person))
    erased(person)
    assert not Case.objects.exists()


def test_who_may_erase(person, clinician, curator, researcher, outsider, other_center):
    stranger = make.member(other_center, "curator", username="stranger")
    for user in (clinician, researcher, outsider, stranger):
        with pytest.raises(PermissionDenied):
            erasure.erase(person, by=user, reason="no")
    erasure.erase(person, by=curator, reason="asked")
    with pytest.raises(ValidationError, match="already"):
        erasure.erase(person, by=curator, reason="again")


def test_a_published_patient_and_a_missing_reason_are_refused(person):
    with pytest.raises(ValidationError, match="why"):
        erasure.erase(person, by=TESTS, reason=" ")
    published = make.PatientFactory(
        center=make.CenterFactory(kind="published"), publication=make.PublicationFactory(), source_label="1"
    )
    with pytest.raises(ValidationError, match="publication"):
        erasure.erase(published, by=TESTS, reason="x")


def test_the_command_says_first_what_will_go(person, curator, capsys):
    call_command("erase_patient", person.registry_id, "--dry-run")
    said = capsys.readouterr().out
    assert "Lesions: 1 now, 3 in the history" in said and "Nothing has been removed" in said
    assert Case.objects.exists()
    with pytest.raises(CommandError, match="why"):
        call_command("erase_patient", person.registry_id)
    with pytest.raises(CommandError, match="no patient"):
        call_command("erase_patient", "HEI-99999", "--reason", "x")
    with pytest.raises(CommandError, match="no user"):
        call_command("erase_patient", person.registry_id, "--reason", "x", "--by", "nobody")
    call_command("erase_patient", person.registry_id, "--reason", "asked", "--by", "curator")
    assert not Case.objects.exists()
    assert Patient.history.first().history_user_name == "curator"


def test_the_page_says_what_goes_and_asks_for_the_registry_id(person, curator, client):
    client.force_login(curator)
    address = reverse("patient-erase", args=[person.uuid])
    admin = client.get(reverse("admin:cases_patient_change", args=[person.pk])).content.decode()
    assert address in admin
    page = client.get(address).content.decode()
    assert "Lesions: 1 now" in page and person.registry_id in page
    for typed in ({}, {"reason": "x"}, {"reason": "x", "registry_id": "HEI-99999"}):
        assert client.post(address, typed).status_code == 422
    assert Case.objects.exists()
    answer = client.post(address, {"reason": "asked for", "registry_id": person.registry_id})
    assert (answer.status_code, answer["Location"]) == (302, "/cases/")
    assert not Case.objects.exists()
    assert client.get(address).status_code == 404
    admin = client.get(reverse("admin:cases_patient_change", args=[person.pk])).content.decode()
    assert address not in admin, "the stub can be looked at, and no more"


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 302),
        ("clinician", 403),
        ("researcher", 403),
        ("outsider", 404),
        ("foreign curator", 404),
        ("superuser", 200),
    ],
)
def test_who_is_let_onto_the_page(person, client, center, other_center, who, status):
    users = {
        "clinician": lambda: make.member(center, "clinician"),
        "researcher": lambda: make.member(center, "researcher"),
        "outsider": lambda: make.member(other_center, "clinician"),
        "foreign curator": lambda: make.member(other_center, "curator"),
        "superuser": lambda: make.UserFactory(is_superuser=True),
    }
    if who:
        client.force_login(users[who]())
    address = reverse("patient-erase", args=[person.uuid])
    assert client.get(address).status_code == status
    if status != 200:
        assert client.post(address, {"reason": "x", "registry_id": person.registry_id}).status_code == status
        assert Case.objects.exists()


def test_whoever_was_merged_into_the_patient_goes_too(person, center):
    gone = make.PatientFactory(center=center, birth_year=1948, hospital_number=NUMBER)
    MergedPatient.objects.create(
        survivor=person,
        key=gone.pk,
        uuid=gone.uuid,
        registry_id=gone.registry_id,
        hospital_number=NUMBER,
        hospital_number_hash=gone.hospital_number_hash,
    )
    records.delete(gone, by=TESTS, reason="entered twice")
    erased(person)
    assert not Patient.history.filter(id=gone.pk).exclude(salt="").exists()
    assert MergedPatient.objects.get().hospital_number == ""
    assert checking.check(checking.CHAINS["history"]).fault is None


def test_what_was_asked_and_signed_and_noted_about_the_patient_is_emptied(person, center, clinician, curator):
    """Beside records: queries, signatures, the notes of the administration, saved filters."""
    case, twin = person.cases.get(), make.PatientFactory(center=center)
    lesion = case.lesions.get()
    asked = queries.ask(lesion, "levels", f"Is {SECRET} right?", by=curator)
    queries.answer(asked, f"Yes, {SECRET}.", by=clinician)
    by_rule = queries.raise_by_rule(case, "age_years", "unusual", {"en": SECRET, "de": SECRET}, by=TESTS)
    alike = {"en": f"May be the same person as {person.registry_id} (the same sex)."}
    about_another = queries.raise_by_rule(twin, "", "probable_duplicate", alike, by=TESTS)
    kept = queries.ask(twin, "sex", "Right?", by=curator)
    signed = Signature.objects.create(
        **Signature.actor(clinician),
        case=case,
        case_uuid=case.uuid,
        act="sign",
        role="clinician",
        meaning="complete",
        content_sha256="a" * 64,
        content_version=1,
        case_version=1,
    )
    Signature.objects.create(
        **Signature.actor(curator),
        case=case,
        case_uuid=case.uuid,
        act="withdraw",
        role="curator",
        reason=f"wrong: {SECRET}",
        withdraws=signed,
        content_sha256="a" * 64,
        content_version=1,
        case_version=2,
    )
    for record in (lesion, by_rule):
        LogEntry.objects.create(
            user=curator,
            content_type=ContentType.objects.get_for_model(record),
            object_id=record.pk,
            object_repr=f"Lesion {SECRET}",
            action_flag=2,
            change_message=SECRET,
        )
    SavedFilter.objects.create(
        user=curator, change_list="cases.patient", name="one", query=urlencode({"q": NUMBER})
    )
    assert any("Data queries: 3" in line for line in erasure.what_goes(person))
    erased(person)
    assert not [label for label, text in everything() if SECRET in text or "a" * 64 in text]
    assert not SavedFilter.objects.exists()
    for query in (asked, by_rule, about_another):
        query.refresh_from_db()
        assert (query.state, str(query)) == ("closed", "(erased)")
        assert query.events.exists() and not query.events.exclude(text="").exists()
    assert asked.raised_by == "curator" and (by_rule.rule, asked.field) == ("", "")
    kept.refresh_from_db()
    assert (kept.state, kept.text) == ("open", "Right?")
    acts = Signature.objects.order_by("pk").values_list("user_name", "act", "meaning", "content_sha256")
    assert list(acts) == [("clinician", "sign", "complete", ""), ("curator", "withdraw", "", "")]


def test_erasing_twice_at_once_keeps_who_did_it(person, curator, monkeypatch):
    """Both have asked whether it is done already; one of them comes second at the lock."""
    erased(person, by=curator)
    monkeypatch.setattr(erasure, "_refuse_before", lambda patient: None)
    with pytest.raises(ValidationError, match="already"):
        erased(person)
    assert Patient.history.filter(id=person.pk).first().history_user_name == "curator"
