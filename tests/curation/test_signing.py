"""Signing a case, what the signature covers, and withdrawing it."""

import json
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases import locking
from cases.models import Case, Lesion
from cases.views.history import records_of_cases
from registry.access.models import AccessEvent, Membership
from registry.core import records
from registry.core.history import Pass, current_pass
from registry.core.models import Record
from registry.curation import content, signing
from registry.curation.models import KeptRow, Signature
from registry.curation.models.kept import Unchangeable
from tests import factories
from tests.curation.conftest import completed, sign
from tests.factories import PASSWORD, TESTS


def url(case, name="case-sign"):
    return reverse(name, args=[case.uuid])


def sent(client, case, **more):
    """The page of signing as a browser sends it."""
    context = client.get(url(case)).context
    values = {name: context[name] for name in ("version", "content", "seen", "meaning")}
    return values | {"password": PASSWORD} | more


# -- the act ----------------------------------------------------------------------------------------------------------


def test_a_clinician_signs_with_the_password_and_sees_the_signature(as_user, clinician, complete_case):
    clinician.first_name, clinician.last_name = "Marie", "Curie"
    clinician.save()
    client = as_user(clinician)
    answer = client.post(url(complete_case), sent(client, complete_case, meaning="approved"))
    assert answer.status_code == 302
    signature = Signature.objects.get()
    assert signature.printed_name == "Marie Curie"
    assert (signature.user_name, signature.role, signature.meaning) == ("clinician", "clinician", "approved")
    assert signature.content_sha256 == content.digest(complete_case)
    assert Case.objects.get().status == "signed"
    row = Case.history.first()
    assert (row.history_user_name, row.status) == ("clinician", "signed")
    assert row.history_change_reason.startswith("Signed: I am responsible")
    page = client.get(url(complete_case, "case-signature")).content.decode()
    for text in ("Marie Curie (clinician)", "I approve it for analysis", "Content unchanged", "clinician"):
        assert text in page
    assert "Edit" not in client.get(url(complete_case, "case-detail")).content.decode()


def test_a_wrong_password_signs_nothing_and_counts_as_a_failed_sign_in(as_user, clinician, complete_case):
    client = as_user(clinician)
    answer = client.post(url(complete_case), sent(client, complete_case, password="wrong"))
    assert answer.status_code == 422
    assert "This is not your password" in answer.content.decode()
    assert not Signature.objects.exists()
    event = AccessEvent.objects.filter(kind="sign_in_failed").get()
    assert event.user_name == "clinician"


def test_guessing_the_password_of_a_signature_locks(as_user, clinician, complete_case, settings):
    settings.LOCK_USER_AFTER = 2
    client = as_user(clinician)
    for _time in range(2):
        client.post(url(complete_case), sent(client, complete_case, password="wrong"))
    answer = client.post(url(complete_case), sent(client, complete_case))
    assert answer.status_code == 422 and "locked for 15 minutes" in answer.content.decode()
    assert not Signature.objects.exists()


def test_what_was_changed_while_signing_is_shown_and_nothing_is_signed(
    as_user, clinician, curator, complete_case
):
    client = as_user(clinician)
    data = sent(client, complete_case)
    lesion = Lesion.objects.get()
    lesion.volume_ml = "7.4"
    records.save(lesion, by=curator, reason="measured again", expected_version=lesion.version)
    answer = client.post(url(complete_case), data)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "was changed while you were signing" in page
    assert "measured again" in page and "7.4" in page
    assert not Signature.objects.exists()
    again = {name: answer.context[name] for name in ("version", "content", "seen", "meaning")}
    assert client.post(url(complete_case), again | {"password": PASSWORD}).status_code == 302


def test_of_two_who_sign_at_once_one_wins_and_the_other_is_told(as_user, clinician, curator, complete_case):
    first, second = as_user(clinician), as_user(curator)
    data = sent(second, complete_case)
    first.post(url(complete_case), sent(first, complete_case))
    answer = second.post(url(complete_case), data)
    assert answer.status_code == 409
    assert "clinician has signed this case already" in answer.content.decode()
    assert Signature.objects.get().user_name == "clinician"


def test_a_draft_is_not_signed(as_user, clinician, case):
    with pytest.raises(ValidationError, match="Only a complete case"):
        sign(case, clinician)
    assert as_user(clinician).get(url(case)).url == reverse("case-complete", args=[case.uuid])


def test_who_may_sign_and_withdraw(
    as_user, clinician, curator, researcher, outsider, complete_case, other_center
):
    admin = factories.UserFactory(is_superuser=True)
    for user, status in ((clinician, 200), (curator, 200), (researcher, 403), (outsider, 404), (admin, 403)):
        assert as_user(user).get(url(complete_case)).status_code == status, user
    sign(complete_case, clinician)
    Membership.objects.create(user=outsider, center=other_center, role="curator")
    for user, status in ((clinician, 403), (curator, 200), (researcher, 403), (outsider, 404), (admin, 200)):
        assert as_user(user).get(url(complete_case, "case-unsign")).status_code == status, user
    with pytest.raises(PermissionDenied):
        signing.withdraw(complete_case, by=clinician, reason="slip")


def test_withdrawing_needs_a_reason_and_leaves_both_rows(as_user, clinician, curator, signed_case):
    client = as_user(curator)
    assert client.post(url(signed_case, "case-unsign"), {"reason": " "}).status_code == 422
    assert client.post(url(signed_case, "case-unsign"), {"reason": "month 3 came in"}).status_code == 302
    case = Case.objects.get()
    assert case.status == "complete"
    assert signing.current(case) is None
    page = client.get(url(case, "case-signature")).content.decode()
    assert "Withdrawn by curator" in page and "month 3 came in" in page
    assert client.post(url(case, "case-unsign"), {"reason": "again"}).status_code == 409
    # The way of a later assessment: add, sign again.
    factories.AssessmentFactory(case=case, time_point="month_3", vas_pain=2)
    sign(case, clinician)
    assert Signature.objects.count() == 3
    assert signing.verified(case).unchanged


def test_signatures_are_never_changed_or_removed(signed_case):
    signature = Signature.objects.get()
    signature.meaning = "reviewed"
    for act in (
        signature.save,
        signature.delete,
        Signature.objects.all().delete,
        lambda: Signature.objects.update(meaning="reviewed"),
    ):
        with pytest.raises(Unchangeable):
            act()


def test_a_signature_says_what_it_means_and_a_withdrawal_why(signed_case, curator):
    for values in ({"act": "sign", "meaning": ""}, {"act": "withdraw", "reason": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Signature.objects.create(
                **KeptRow.actor(curator),
                **values,
                case=signed_case,
                case_uuid=signed_case.uuid,
                content_version=1,
                case_version=1,
            )


# -- no other way -----------------------------------------------------------------------------------------------------


def test_the_announced_step_lets_nothing_else_pass(complete_case, clinician):
    case = Case.objects.get()
    case.status, case.age_years = "signed", 61
    with (
        locking.step(case, "complete", "signed"),
        pytest.raises(ValidationError, match="not signed by setting"),
    ):
        records.save(case, by=clinician, reason="x")
    lesion = Lesion.objects.get()
    sign(complete_case, clinician)
    lesion.volume_ml = "7.4"
    with locking.step(case, "signed", "complete"), pytest.raises(ValidationError, match="signed"):
        records.save(lesion, by=clinician, reason="x")
    assert Case.objects.get().status == "signed"


def test_only_the_act_of_signing_announces_a_step():
    root = Path(__file__).parents[2]
    for folder in ("registry", "cases", "procedures", "outcomes"):
        for path in (root / folder).rglob("*.py"):
            if re.search(r"locking\.step\(|import step\b", path.read_text("utf-8")):
                assert path.relative_to(root) == Path("registry/curation/signing.py")


def test_a_change_by_some_other_way_is_warned_of_loudly(as_user, clinician, signed_case):
    token = current_pass.set(Pass(TESTS, ""))
    Lesion.objects.update(volume_ml="68")
    current_pass.reset(token)
    page = as_user(clinician).get(url(signed_case, "case-signature")).content.decode()
    assert "The content is not what was signed" in page and 'role="alert"' in page


def test_a_status_without_a_signature_is_warned_of(as_user, clinician, complete_case):
    token = current_pass.set(Pass(TESTS, ""))
    Case.objects.update(status="signed")
    current_pass.reset(token)
    page = as_user(clinician).get(url(complete_case, "case-signature")).content.decode()
    assert "there is no signature" in page


# -- the content ------------------------------------------------------------------------------------------------------


def test_every_field_beneath_a_case_is_covered_or_left_out_by_name():
    """A new column asks for a decision: a new version of the form, or a word here."""
    left_out = {
        "cases.Case": {"patient", "center", "number", "status"},
        "cases.Patient": {
            *(
                "center",
                "registry_id",
                "hospital_number",
                "hospital_number_hash",
                "publication",
                "source_label",
            ),
            *("consent_status", "consent_date"),
        },
    }
    parts = {part.model: part for part in content.PARTS[content.VERSION]}
    housekeeping = {field.name for field in Record._meta.get_fields()}
    models = [Case, apps.get_model("cases.Patient"), *(model for model, _step in records_of_cases())]
    assert {model._meta.label for model in models} == set(parts)
    for model in models:
        named = {name.partition("__")[0] for name in parts[model._meta.label].names}
        known = named | left_out.get(model._meta.label, {"case"}) | housekeeping | {"id"}
        assert {field.name for field in model._meta.concrete_fields} <= known, model


def test_the_canonical_form_is_what_it_always_was(center):
    """Whoever changes this breaks every signature: make a new version of the form instead."""
    patient = factories.PatientFactory(
        center=center, uuid="00000000-0000-4000-8000-000000000001", birth_year=1964
    )
    diagnosis = factories.DiagnosisFactory(slug="myeloma")
    case = factories.CaseFactory(
        uuid="00000000-0000-4000-8000-000000000002",
        patient=patient,
        diagnosis=diagnosis,
        index_date="2024-03-11",
        missing={"inr": "unknown"},
    )
    for number, volume in ((3, "6.80"), (4, "10")):
        uuid = f"00000000-0000-4000-8000-00000000000{number}"
        factories.LesionFactory(case=case, uuid=uuid, volume_ml=volume, zone_ala=True)
    text = content.canonical([case.pk])[case.pk]
    assert json.loads(text) == {
        "form": 1,
        "tables": {
            "Patient": [{"birth_year": "1964", "sex": "female"}],
            "Case": [
                {
                    "uuid": "00000000-0000-4000-8000-000000000002",
                    "age_years": "60",
                    "diagnosis__slug": "myeloma",
                    "disease_status": "metastasis",
                    "index_date": "2024-03-11",
                    "missing": {"inr": "unknown"},
                }
            ],
            "Lesion": [
                {
                    "uuid": "00000000-0000-4000-8000-000000000003",
                    "levels": "S1",
                    "number": "1",
                    "volume_ml": "6.8",
                    "zone_ala": True,
                },
                {
                    "uuid": "00000000-0000-4000-8000-000000000004",
                    "levels": "S1",
                    "number": "2",
                    "volume_ml": "10",
                    "zone_ala": True,
                },
            ],
        },
    }
    assert content.digest(case) == ("d01bbfec62e1a5dfeee0c7a55d9aaab14f0a541b87f60b5218c9aa95f3aa652d")


def test_the_hash_of_many_cases_takes_as_many_queries_as_of_one(center, django_assert_num_queries):
    cases = [completed(factories.CaseFactory(patient__center=center)) for _ in range(3)]
    with django_assert_num_queries(len(content.PARTS[1])):
        found = content.digests([case.pk for case in cases])
    assert found == {case.pk: content.digest(case) for case in cases}


# -- several at once --------------------------------------------------------------------------------------------------


def test_several_cases_are_signed_with_one_password_and_those_changed_meanwhile_are_told(
    as_user, clinician, curator, center
):
    cases = [completed(factories.CaseFactory(patient__center=center)) for _ in range(3)]
    client = as_user(clinician)
    address = reverse("cases-unsigned")
    shown = client.get(address)
    data = {"meaning": "reviewed", "password": PASSWORD, "case": [str(case.uuid) for case in cases[:2]]}
    for case, digest, _chosen in shown.context["rows"]:
        data |= {f"version-{case.uuid}": case.version, f"content-{case.uuid}": digest}
    assert client.post(address, data | {"password": "wrong"}).status_code == 422
    assert client.post(address, data | {"case": []}).status_code == 422
    lesion = Lesion.objects.get(case=cases[1])
    lesion.volume_ml = "7.4"
    records.save(lesion, by=curator, reason="measured again", expected_version=lesion.version)
    page = client.post(address, data, follow=True).content.decode()
    assert "One case is signed." in page
    assert f"{cases[1]} was changed meanwhile" in page
    assert [row.case_id for row in Signature.objects.all()] == [cases[0].pk]
    assert Signature.objects.get().meaning == "reviewed"


def test_the_list_of_cases_to_sign_asks_the_same_number_of_queries_whatever_its_length(
    as_user, clinician, center, django_assert_max_num_queries
):
    client = as_user(clinician)
    for _ in range(3):
        completed(factories.CaseFactory(patient__center=center))
    with django_assert_max_num_queries(32):
        assert len(client.get(reverse("cases-unsigned")).context["rows"]) == 3


def test_nobody_signs_for_another_centre(as_user, outsider, curator, complete_case):
    client = as_user(outsider)
    data = {
        "meaning": "complete",
        "password": PASSWORD,
        "case": [str(complete_case.uuid)],
        f"version-{complete_case.uuid}": complete_case.version,
        f"content-{complete_case.uuid}": content.digest(complete_case),
    }
    assert client.post(reverse("cases-unsigned"), data).status_code == 302
    assert client.post(url(complete_case), data).status_code == 404
    assert not Signature.objects.exists()
