"""The history page answers who, when, why, from what, to what."""

from registry.core import records
from tests import factories
from tests.admin.pages import as_sent, change, url


def history(client, record):
    return client.get(url(type(record), "history", record.pk))


def test_a_change_shows_field_from_and_to_with_the_reason(as_curator, settled):
    sent = as_sent(
        as_curator.get(change(settled)), weight_kg="70", body_habitus="obese", reason="found in the chart"
    )
    assert as_curator.post(change(settled), sent).status_code == 302
    newest = history(as_curator, settled).context["entries"][0]
    assert (newest.who, newest.why, newest.kind, newest.label) == (
        "curator",
        "found in the chart",
        "changed",
        "case 1",
    )
    assert {(c.label, c.before, c.after) for c in newest.changes} == {
        ("Weight", "–", "70 kg"),
        ("Body habitus", "–", "obese"),
    }


def test_a_case_shows_what_happened_to_what_belongs_to_it_even_when_it_is_gone(as_curator, case):
    procedure = factories.ProcedureFactory(case=case, kind="rfa")
    treated = factories.TreatedLesionFactory(procedure=procedure)
    factories.AblationFactory(treated_lesion=treated, power_w=40)
    records.delete(procedure, by=factories.TESTS, reason="wrong patient")
    entries = history(as_curator, case).context["entries"]
    gone = [entry for entry in entries if entry.kind == "deleted"]
    assert {entry.label for entry in gone} >= {
        "procedure 1 radiofrequency ablation",
        "treated lesion",
        "ablation cycle 1",
    }
    assert {entry.why for entry in gone} == {"wrong patient"}
    ablation = next(entry for entry in gone if entry.label == "ablation cycle 1")
    assert ("Power", "40 W", "–") in {(c.label, c.before, c.after) for c in ablation.changes}


def test_missing_codes_and_reasons_for_unusual_values_are_part_of_it(as_curator, case):
    sent = as_sent(
        as_curator.get(change(case)), inr__missing="not_done", height_cm="120", unusual_reason="dwarfism"
    )
    assert as_curator.post(change(case), sent).status_code == 302
    changes = {(c.label, c.before, c.after) for c in history(as_curator, case).context["entries"][0].changes}
    assert ("INR: why missing", "–", "not done") in changes
    assert ("Height: reason for the unusual value", "–", "dwarfism") in changes


def test_a_hospital_number_is_never_shown_in_history(as_curator, patient):
    sent = as_sent(as_curator.get(change(patient)), hospital_number="4711")
    assert as_curator.post(change(patient), sent).status_code == 302
    page = history(as_curator, patient).content.decode()
    assert "4711" not in page
    assert "(not kept)" in page


def test_long_histories_are_paged(as_curator, case):
    for number in range(60):
        case.notes = f"note {number}"
        records.save(case, by=factories.TESTS)
    first = history(as_curator, case)
    assert len(first.context["entries"]) == 50
    second = as_curator.get(url(type(case), "history", case.pk), {"p": 2})
    assert len(second.context["entries"]) == 11
    assert as_curator.get(url(type(case), "history", case.pk), {"p": "x"}).status_code == 200


def test_a_user_who_is_gone_is_still_named(as_curator, case, clinician):
    case.notes = "x"
    records.save(case, by=clinician)
    clinician.username = "renamed"
    clinician.save()
    assert history(as_curator, case).context["entries"][0].who == "clinician"
