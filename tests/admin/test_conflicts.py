"""Two people at one record: the second sees both values and loses nothing."""

from cases.models import Case, Lesion
from registry.core import records
from tests import factories
from tests.admin.pages import as_sent, change, problems


def elsewhere(record, **values):
    """Somebody else saves the record."""
    current = type(record).objects.get(pk=record.pk)
    for name, value in values.items():
        setattr(current, name, value)
    return records.save(current, by=factories.TESTS, reason="meanwhile")


def test_a_stale_page_shows_both_values_and_writes_nothing(as_curator, case):
    opened = as_curator.get(change(case))
    elsewhere(case, weight_kg=80)
    response = as_curator.post(change(case), as_sent(opened, weight_kg="70", notes="long text"))
    assert response.status_code == 200
    page = response.content.decode()
    assert "system: tests saved this record while you were editing it" in page
    assert "long text" in page
    row = next(row for row in response.context["adminform"].form.conflict_rows() if row["label"] == "Weight")
    assert (row["before"], row["yours"], row["theirs"]) == ("–", "70 kg", "80 kg")
    assert Case.objects.get().weight_kg == 80


def test_the_conflict_says_who_changed_which_field(as_curator, case):
    opened = as_curator.get(change(case))
    elsewhere(case, weight_kg=80)
    response = as_curator.post(change(case), as_sent(opened, height_cm="170"))
    rows = {row["label"]: row for row in response.context["adminform"].form.conflict_rows()}
    assert (rows["Weight"]["you"], rows["Weight"]["they"]) == (False, True)
    assert (rows["Height"]["you"], rows["Height"]["they"]) == (True, False)


def test_having_seen_both_the_user_goes_on(as_curator, case):
    opened = as_curator.get(change(case))
    elsewhere(case, weight_kg=80)
    sent = as_sent(opened, weight_kg="70")
    response = as_curator.post(change(case), sent)
    seen = response.context["adminform"].form.conflict.stored.version
    elsewhere(case, weight_kg=81)
    assert as_curator.post(change(case), {**sent, "seen_version": seen}).status_code == 200, (
        "a third was faster"
    )
    response = as_curator.post(change(case), {**sent, "seen_version": seen + 1})
    assert response.status_code == 302, problems(response)
    assert Case.objects.get().weight_kg == 70


def test_a_row_that_was_changed_elsewhere_conflicts_in_the_row(as_curator, case):
    lesion = factories.LesionFactory(case=case)
    opened = as_curator.get(change(case))
    elsewhere(lesion, volume_ml=7)
    response = as_curator.post(change(case), as_sent(opened, **{"lesions-0-volume_ml": "9"}, notes="kept"))
    assert response.status_code == 200
    form = response.context["inline_admin_formsets"][0].formset.forms[0]
    row = next(row for row in form.conflict_rows() if row["label"] == "Lesion volume")
    assert (row["yours"], row["theirs"]) == ("9 mL", "7 mL")
    assert Lesion.objects.get().volume_ml == 7
    assert Case.objects.get().notes == ""
    sent = as_sent(opened, **{"lesions-0-volume_ml": "9", "lesions-0-seen_version": "2"})
    assert as_curator.post(change(case), sent).status_code == 302
    assert Lesion.objects.get().volume_ml == 9


def test_a_row_that_only_somebody_else_changed_is_no_conflict_and_is_kept(as_curator, case):
    lesion = factories.LesionFactory(case=case)
    opened = as_curator.get(change(case))
    elsewhere(lesion, volume_ml=7, missing={"side": "unknown"})
    response = as_curator.post(change(case), as_sent(opened, notes="kept"))
    assert response.status_code == 302, problems(response)
    lesion.refresh_from_db()
    assert (lesion.volume_ml, lesion.version, lesion.missing) == (7, 2, {"side": "unknown"})


def test_a_row_that_was_deleted_elsewhere_does_not_break_the_page(as_curator, case):
    lesion = factories.LesionFactory(case=case)
    opened = as_curator.get(change(case))
    records.delete(lesion, by=factories.TESTS)
    response = as_curator.post(change(case), as_sent(opened, **{"lesions-0-volume_ml": "9"}))
    assert response.status_code == 200
    assert not Lesion.objects.exists()


def test_a_stale_row_is_not_deleted(as_curator, case):
    lesion = factories.LesionFactory(case=case)
    opened = as_curator.get(change(case))
    elsewhere(lesion, volume_ml=7)
    response = as_curator.post(change(case), as_sent(opened, **{"lesions-0-DELETE": "on"}))
    assert response.status_code == 200
    assert "saved this record while you were looking at it" in response.content.decode()
    assert Lesion.objects.exists()
