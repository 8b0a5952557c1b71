"""Two patients who are one person become one: every case and every row of history is found under the survivor."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import reverse

from cases.models import Case, MergedPatient, Patient
from cases.views.history import history_rows
from registry.access.models import AccessEvent
from registry.core import records
from registry.core.models import Record
from registry.curation import queries, signing
from tests import factories
from tests.admin.conftest import complete_case
from tests.curation.conftest import sign
from tests.factories import TESTS

URL = reverse("patient-merge")


def address(a, b):
    return f"{URL}?a={a.uuid}&b={b.uuid}"


@pytest.fixture
def two(center):
    """The same person twice: one with a complete case, one with a draft that has follow-up."""
    first = complete_case(center).patient
    first.hospital_number, first.birth_year = "4711", 1960
    records.save(first, by=TESTS, reason="from the chart")
    second = factories.PatientFactory(
        center=center, sex="female", consent_status="given", hospital_number="0815", by=TESTS
    )
    for vas in (8, 7):
        case = factories.CaseFactory(patient=second, age_years=61)
        factories.AssessmentFactory(case=case, time_point="month_3", vas_pain=vas)
        factories.FollowUpStatusFactory(case=case)
    return first, second


@pytest.fixture
def as_curator(client, curator):
    client.force_login(curator)
    return client


CHOSEN = {"survivor": "a", "take_hospital_number": "a", "take_birth_year": "a", "take_consent_status": "b"}


def previewed(client, a, b, **given):
    return client.post(address(a, b), {**CHOSEN, **given})


def confirm(client, a, b, shown, reason="same person, says the chart", **given):
    sent = dict(shown.context["kept"]) | {
        "mark": shown.context["mark"],
        "reason": reason,
        "confirm": "1",
        **given,
    }
    return client.post(address(a, b), sent)


def merged(client, a, b, **given):
    answer = confirm(client, a, b, previewed(client, a, b, **given))
    assert answer.status_code == 302, answer.content.decode()
    return answer


def tables():
    """Every row of every table of records, by table and key."""
    found = {}
    for model in apps.get_models():
        if issubclass(model, Record):
            rows = {row["id"]: row for row in model._base_manager.values()}
            found[model._meta.db_table] = rows
            found[model.history.model._meta.db_table] = {
                row["history_id"]: row for row in model.history.model._base_manager.values()
            }
    return found


def test_every_case_and_row_of_history_is_found_under_the_survivor_and_nothing_else_changes(as_curator, two):
    a, b = two
    moved = list(b.cases.order_by("number"))
    before, rows_of_b = tables(), [row.history_id for row in Patient.history.filter(id=b.pk)]
    merged(as_curator, a, b)
    after = tables()

    kept = {"version", "modified_at", "modified_by_id"}
    differing = {}
    for table, rows in before.items():
        for key, row in rows.items():
            now = after[table].get(key)
            if now != row:
                changed = "gone" if now is None else {n for n in row if row[n] != now[n]} - kept
                differing[table, key] = changed
    assert differing == {
        ("cases_patient", b.pk): "gone",
        ("cases_patient", a.pk): {"consent_status"},
        ("cases_case", moved[0].pk): {"patient_id", "number"},
        # 1 and 2 become 3 and 2: a number that is free stays.
        ("cases_case", moved[1].pk): {"patient_id"},
    }
    assert list(a.cases.order_by("number").values_list("number", flat=True)) == [1, 2, 3]

    # History has grown by one row for each, all of one change, with who, why, before and after.
    new = [
        row
        for table, rows in after.items()
        for key, row in rows.items()
        if "history_id" in row and key not in before[table]
    ]
    assert len(new) == 4
    assert len({row["change_sequence"] for row in new}) == 1
    assert {row["history_user_name"] for row in new} == {"curator"}
    assert {row["history_change_reason"] for row in new} == {"same person, says the chart"}

    # The history of both patients is read with each case of the survivor.
    for case in a.cases.select_related("patient"):
        told = history_rows(case)
        assert {row.history_id for row, _ in told if row.instance_type is Patient} >= set(rows_of_b)
    page = as_curator.get(reverse("case-history", args=[moved[0].uuid])).content.decode()
    assert f"<del>{b.registry_id}</del> → <ins>{a.registry_id}</ins>" in page
    assert f"deleted patient {b.registry_id}" in " ".join(page.split())
    admin = as_curator.get(reverse("admin:cases_patient_history", args=[a.pk])).content.decode()
    assert b.registry_id in admin


def test_the_preview_is_exact_and_writes_nothing(as_curator, two):
    a, b = two
    before = tables()
    shown = previewed(as_curator, a, b)
    assert shown.status_code == 200
    assert tables() == before
    result = shown.context["result"]
    told = (
        [(row.before, row.after) for row in result.moved],
        [(c.label, c.before, c.after) for c in result.fields],
    )
    numbers = [case.number for case in b.cases.order_by("number")]
    merged(as_curator, a, b)
    assert told[1] == [("Consent", "", "given")]
    assert [name for name, _ in told[0]] == [f"{b.registry_id} · case {n}" for n in numbers]
    assert {name for _, name in told[0]} == {str(case) for case in a.cases.exclude(number=1)}


def test_the_comparison_proposes_what_is_not_empty_and_leaves_what_differs_open(as_curator, two):
    a, b = two
    page = as_curator.get(address(a, b))
    proposed = {row.name: chosen for row, chosen, _ in page.context["rows"]}
    assert proposed == {
        "sex": "a",
        "birth_year": "a",
        "hospital_number": "",
        "consent_status": "b",
        "consent_date": "a",
    }
    assert AccessEvent.objects.filter(kind="identity_read", subject__contains=b.registry_id).exists()
    undecided = as_curator.post(
        address(a, b), {"survivor": "a", "take_birth_year": "a", "take_consent_status": "b"}
    )
    assert undecided.status_code == 422
    assert list(undecided.context["errors"]) == ["take_hospital_number"]


def test_a_stale_preview_is_refused_with_what_changed(as_curator, two, clinician):
    a, b = two
    shown = previewed(as_curator, a, b)
    b.sex = "male"
    records.save(b, by=clinician)
    answer = confirm(as_curator, a, b, shown)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert f"clinician changed {b.registry_id}: sex female → male" in text
    assert Patient.objects.filter(pk=b.pk).exists()
    factories.CaseFactory(patient=b)
    assert confirm(as_curator, a, b, previewed(as_curator, a, b, take_sex="a")).status_code == 302


def test_a_case_that_came_meanwhile_makes_the_preview_stale(as_curator, two):
    a, b = two
    shown = previewed(as_curator, a, b)
    new = factories.CaseFactory(patient=b)
    answer = confirm(as_curator, a, b, shown)
    assert answer.status_code == 409
    assert f"{new} is new." in answer.content.decode()


def test_a_merge_needs_a_reason(as_curator, two):
    a, b = two
    assert confirm(as_curator, a, b, previewed(as_curator, a, b), reason=" ").status_code == 422
    assert Patient.objects.filter(pk=b.pk).exists()


@pytest.mark.parametrize("role", ["clinician", "researcher"])
def test_only_curators_merge(client, center, two, role):
    client.force_login(factories.member(center, role))
    assert client.get(address(*two)).status_code == 403
    assert previewed(client, *two).status_code == 403


def test_patients_of_another_centre_are_not_there(client, other_center, two):
    client.force_login(factories.member(other_center, "curator"))
    own = factories.PatientFactory(center=other_center)
    for a, b in ((two[0], two[1]), (own, two[1]), (two[0], own)):
        assert client.get(address(a, b)).status_code == 404
        assert previewed(client, a, b).status_code == 404


def test_what_is_never_merged_is_refused_in_words(client, center, other_center, two):
    client.force_login(factories.UserFactory(is_superuser=True))
    a = two[0]
    foreign = factories.PatientFactory(center=other_center)
    printed = factories.PatientFactory(center=factories.CenterFactory(kind="published"))
    for one, other, words in (
        (a, foreign, "two centres"),
        (a, printed, "published series"),
        (a, a, "the same patient"),
    ):
        for answer in (client.get(address(one, other)), previewed(client, one, other)):
            assert answer.status_code == 422
            assert words in answer.content.decode()
    for query in ("a=x", f"a={a.uuid}&b=nobody", f"a={a.uuid}&b={'0' * 32}"):
        assert client.get(f"{URL}?{query}").status_code == 404


def test_ids_and_numbers_of_the_merged_patient_lead_to_the_survivor(as_curator, two, center):
    a, b = two
    merged(as_curator, a, b)
    answer = as_curator.get(reverse("patient-edit", args=[b.uuid]))
    assert (answer.status_code, answer.url) == (302, reverse("patient-edit", args=[a.uuid]))
    api = as_curator.get(reverse("api-patients-detail", args=[b.uuid]))
    assert api.json()["patient_id"] == str(a.uuid)
    assert as_curator.patch(reverse("api-patients-detail", args=[b.uuid])).status_code == 404
    for text in (b.registry_id, "0815", "4711"):
        found = as_curator.get(reverse("case-list"), {"q": text}).content.decode()
        assert f"{a.registry_id} · case 3" in " ".join(found.split()) or a.registry_id in found
        listed = as_curator.get(reverse("admin:cases_patient_changelist"), {"q": text})
        assert [patient.pk for patient in listed.context["cl"].result_list] == [a.pk]
    again = factories.PatientFactory(center=center, hospital_number="08-15")
    assert list(again.same_hospital_number()) == [a]
    assert as_curator.get(address(b, again)).context["a"] == a
    outsider = factories.member(factories.CenterFactory(), "curator")
    as_curator.force_login(outsider)
    assert as_curator.get(reverse("patient-edit", args=[b.uuid])).status_code == 404
    assert as_curator.get(reverse("api-patients-detail", args=[b.uuid])).status_code == 404


def test_who_took_in_another_can_be_taken_in(as_curator, two, center):
    a, b = two
    merged(as_curator, a, b)
    third = factories.PatientFactory(center=center, sex="female")
    factories.CaseFactory(patient=third)
    sent = {"survivor": "b", "take_birth_year": "a", "take_hospital_number": "a", "take_consent_status": "a"}
    assert confirm(as_curator, a, third, as_curator.post(address(a, third), sent)).status_code == 302
    assert set(MergedPatient.objects.values_list("survivor", "key")) == {(third.pk, a.pk), (third.pk, b.pk)}
    assert set(third.history_keys()) == {third.pk, a.pk, b.pk}
    assert third.cases.count() == 4


def test_a_signed_case_moves_with_its_signature_when_the_survivor_says_what_was_signed(
    as_curator, curator, two
):
    a, b = two
    (case,) = a.cases.all()
    signature = sign(case, curator)
    # The survivor would not say what was signed.
    sent = {**CHOSEN, "survivor": "b", "take_birth_year": "b"}
    refused = as_curator.post(address(a, b), sent)
    assert refused.status_code == 422
    assert "signed case that says “1960”" in " ".join(refused.content.decode().split())
    before = Case.objects.filter(pk=case.pk).values().get()
    shown = as_curator.post(address(a, b), {**CHOSEN, "survivor": "b", "take_birth_year": "a"})
    assert confirm(as_curator, a, b, shown).status_code == 302
    after = Case.objects.filter(pk=case.pk).values().get()
    assert {name for name in before if before[name] != after[name]} <= {
        *("patient_id", "number", "version", "modified_at", "modified_by_id")
    }
    case.refresh_from_db()
    found = signing.verified(case)
    assert found is not None and found.signature == signature and found.unchanged


def test_queries_of_both_are_found_under_the_survivor_and_the_chain_verifies(as_curator, curator, two):
    a, b = two
    case, b_cases = b.cases.first(), list(b.cases.values_list("pk", flat=True))
    asked = [
        queries.ask(case, "age_years", "Sure?", by=curator),
        queries.ask(b, "sex", "Sure?", by=curator),
        queries.ask(a, "sex", "Really?", by=curator),
    ]
    merged(as_curator, a, b)
    for query in asked:
        query.refresh_from_db()
        assert query.is_waiting
    pages = [
        as_curator.get(reverse("case-queries", args=[of.uuid])).content.decode()
        for of in (case, a.cases.exclude(pk__in=b_cases).get())
    ]
    assert pages[0].count("Sure?") == 2 and "Really?" in pages[1]
    call_command("verify_history")


def test_fields_of_a_survivor_with_a_signed_case_stay(as_curator, curator, two):
    a, b = two
    sign(a.cases.get(), curator)
    refused = previewed(as_curator, a, b)
    assert refused.status_code == 422
    assert f"{a.registry_id} has a signed case, so its value stays" in refused.content.decode()
    assert previewed(as_curator, a, b, take_consent_status="a").status_code == 200


def test_what_the_cases_contradict_is_refused_by_name(as_curator, two):
    a, b = two
    case = b.cases.order_by("number").first()
    case.index_date, case.age_years = "2024-03-11", 30
    records.save(case, by=TESTS)
    refused = previewed(as_curator, a, b)
    assert refused.status_code == 422
    assert "Age at the index procedure: 30 y does not fit" in refused.content.decode()


def test_a_withdrawn_consent_is_not_lost_unseen(as_curator, two):
    a, b = two
    b.consent_status = "withdrawn"
    records.save(b, by=TESTS)
    a.consent_status = "given"
    records.save(a, by=TESTS, reason="asked")
    shown = previewed(as_curator, a, b, take_consent_status="a")
    assert "One of the two says that consent is withdrawn" in shown.content.decode()


def test_a_case_goes_to_another_patient_by_merging_alone(as_curator, two, curator):
    a, b = two
    case = b.cases.get(number=2)
    case.patient = a
    with pytest.raises(Exception, match="never changes"):
        records.save(case, by=curator, reason="wrong patient")
    case = b.cases.get(number=2)
    case.patient, case.age_years = a, 5
    with pytest.raises(ValueError, match="changes in nothing else"):
        records.move(case, by=curator, reason="wrong patient")


def test_the_list_of_the_admin_leads_to_the_comparison(as_curator, two):
    a, b = two
    list_url = reverse("admin:cases_patient_changelist")

    def tick(*patients):
        return as_curator.post(
            list_url, {"action": "merge_selected", "_selected_action": [patient.pk for patient in patients]}
        )

    assert tick(b, a).url == address(a, b)
    third = factories.PatientFactory(center=a.center)
    for ticked in ((a,), (a, b, third)):
        answer = tick(*ticked)
        assert answer.status_code == 302 and URL not in answer.url


def test_the_search_finds_the_two(as_curator, two, other_center):
    a, b = two
    factories.PatientFactory(center=other_center, hospital_number="4711")
    page = as_curator.get(URL, {"q": "47-11"})
    assert [patient for patient, _ in page.context["found"]] == [a]
    page = as_curator.get(URL, {"a": a.uuid, "q": "HEI"})
    assert page.context["found"] == [(b, address(a, b))]
    assert b.registry_id in as_curator.get(reverse("patient-merge"), {"q": b.registry_id}).content.decode()
    assert "Nobody of your centres" in as_curator.get(URL, {"q": "<b>"}).content.decode()


def test_what_others_register_follows_and_may_refuse(as_curator, two, monkeypatch):
    from django.core.exceptions import ValidationError

    from registry.curation.merging import hooks

    a, b = two

    def follower(merger):
        assert not merger.merged.cases.exists()
        if merger.reason == "refuse":
            raise ValidationError("A query is open.")
        return [f"{len(merger.moved)} queries follow."]

    monkeypatch.setattr(hooks, "_followers", [follower])
    monkeypatch.setattr(hooks, "_finders", [lambda user: [hooks.Pair(a, b, "same hospital number")]])
    assert "same hospital number" in as_curator.get(URL).content.decode()
    shown = previewed(as_curator, a, b)
    assert "2 queries follow." in shown.content.decode()
    refused = confirm(as_curator, a, b, shown, reason="refuse")
    assert refused.status_code == 422 and "A query is open." in refused.content.decode()
    assert b.cases.count() == 2
