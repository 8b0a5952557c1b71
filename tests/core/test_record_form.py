"""The form of every record."""

import pytest
from django import forms

from cases.forms import CaseForm, PatientForm
from cases.models import Lesion
from registry.core.forms.record import RecordForm
from registry.core.rules import range_of
from registry.core.views.layout import lay_out
from tests.factories import LesionFactory


class LesionForm(RecordForm):
    class Meta:
        model = Lesion
        fields = ["levels", "side", "volume_ml", "zone_ala"]


def data(lesion, **changes):
    bound = {"levels": ["S1"], "side": "", "volume_ml": "", "zone_ala": "", "version": lesion.version}
    return {**bound, **changes}


def test_decimal_comma_is_read_and_saved(case, clinician):
    lesion = LesionFactory(case=case)
    form = LesionForm(data(lesion, volume_ml="6,8"), instance=lesion, by=clinician)
    assert form.is_valid(), form.errors
    form.save()
    assert str(Lesion.objects.get().volume_ml) in ("6.8", "6.80")
    assert Lesion.objects.get().history.first().history_user_name == "clinician"


def test_out_of_range_is_refused_at_the_field_with_the_range(case, clinician):
    lesion = LesionFactory(case=case)
    form = LesionForm(data(lesion, volume_ml="68000"), instance=lesion, by=clinician)
    assert not form.is_valid()
    assert form.errors["volume_ml"] == [
        "Lesion volume: 68000 mL is above 6000 mL. Accepted: above 0 to 6000 mL."
    ]
    assert range_of(Lesion, "volume_ml")


def test_missing_code_is_kept_and_goes_when_a_value_is_found(case, clinician):
    lesion = LesionFactory(case=case)
    form = LesionForm(data(lesion, volume_ml__missing="not_done"), instance=lesion, by=clinician)
    assert form.is_valid(), form.errors
    lesion = form.save()
    assert lesion.missing == {"volume_ml": "not_done"}
    again = data(lesion, volume_ml="7", volume_ml__missing="not_done")
    form = LesionForm(again, instance=Lesion.objects.get(), by=clinician)
    assert form.is_valid(), form.errors
    assert form.save().missing == {}


def offered(form, name):
    lay_out(form)
    return dict(form.fields[name].choices)


def test_unknown_is_offered_once(case, clinician):
    """Where it is an answer of the field itself, the menu beside it has another name and does not list it."""
    sex = offered(PatientForm(None, instance=case.patient, by=clinician), "sex__missing")
    assert sex[""] == "Not stated…" and "unknown" not in sex
    assert "refused" in sex
    age = offered(CaseForm(None, instance=case, by=clinician), "age_years__missing")
    assert (age[""], age["unknown"]) == ("Unknown…", "unknown")
    # What another door has stored is shown.
    case.patient.sex, case.patient.missing = None, {"sex": "unknown"}
    sex = offered(PatientForm(None, instance=case.patient, by=clinician), "sex__missing")
    assert sex["unknown"] == "unknown"


def test_value_and_missing_code_together_are_refused(case, clinician):
    lesion = LesionFactory(case=case)
    form = LesionForm(
        data(lesion, volume_ml="7", volume_ml__missing="unknown"), instance=lesion, by=clinician
    )
    assert not form.is_valid()
    assert "has a value and a missing code" in form.errors["volume_ml"][0]


def test_stale_version_is_a_conflict_with_both_values(case, clinician):
    lesion = LesionFactory(case=case)
    stale = Lesion.objects.get(pk=lesion.pk)
    first = LesionForm(data(lesion, volume_ml="7"), instance=lesion, by=clinician)
    assert first.is_valid()
    first.save()
    second = LesionForm(data(stale, volume_ml="9", version=1), instance=stale, by=clinician)
    assert not second.is_valid()
    difference = next(d for d in second.conflict.differences if d.field == "volume_ml")
    assert (difference.yours, difference.theirs) == (9, 7)
    assert Lesion.objects.get().volume_ml == 7


@pytest.mark.django_db
def test_a_hospital_outsider_is_refused_on_the_form(case, outsider):
    lesion = LesionFactory(case=case)
    form = LesionForm(data(lesion), instance=lesion, by=outsider)
    assert not form.is_valid()
    assert form.non_field_errors()


def test_every_missable_field_has_its_select(db):
    assert isinstance(LesionForm.base_fields["volume_ml__missing"], forms.ChoiceField)


@pytest.mark.parametrize(
    ("typed", "meant"), [("900", "90 kg"), ("755", "75.5 kg"), ("900.5", None), ("90000", None), ("-5", None)]
)
def test_a_decimal_separator_left_out_is_guessed_at(case, clinician, typed, meant):
    form = CaseForm({"weight_kg": typed, "version": case.version}, instance=case, by=clinician)
    [said] = form.errors["weight_kg"]
    assert (f"Did you mean {meant}?" in said) if meant else ("Did you mean" not in said)
