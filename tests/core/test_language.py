"""Values follow the language of the reader; what is kept, compared and exported does not."""

import datetime
from decimal import Decimal

import pytest
import yaml
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise

from cases.diagnosis_names import LABELS, labels_with
from cases.forms import LesionForm
from cases.models import Case, Lesion
from registry.access.models import AccessEvent
from registry.core import limits, reading, records
from registry.core.dates import shown_date, shown_datetime
from registry.core.history import field_changes
from registry.core.models import Record
from registry.core.rules import inside_sentence, label_of, name_of, range_of
from registry.core.units import plain, shown_number, with_unit
from registry.core.views.display import Reader
from registry.research.tables import _tables
from tests.factories import DiagnosisFactory, LesionFactory

OWN_APPS = ("access", "literature", "cases", "procedures", "outcomes", "research")


# -- numbers and dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "shown"), [("en", "6.8"), ("de", "6,8"), (None, "6.8")])
def test_a_number_has_the_decimal_sign_of_the_language(language, shown):
    with translation.override(language, deactivate=language is None):
        assert shown_number(Decimal("6.80")) == shown
        assert shown_number(6.8) == shown
        assert with_unit(Decimal("6.80"), "mL") == f"{shown} mL"
        assert shown_number(12) == "12"


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_number_for_machines_is_the_same_in_every_language(language):
    with translation.override(language):
        assert plain(Decimal("6.80")) == "6.8"
        assert limits.as_json(Decimal("6.80")) == "6.8"


@pytest.mark.parametrize(
    ("language", "shown"), [("en", "2024-03-11"), ("de", "11.03.2024"), (None, "2024-03-11")]
)
def test_a_date_is_written_as_the_language_does(language, shown):
    moment = timezone.make_aware(datetime.datetime(2024, 3, 11, 10, 42))
    with translation.override(language, deactivate=language is None):
        assert shown_date(datetime.date(2024, 3, 11)) == shown
        assert shown_datetime(moment) == f"{shown} 10:42"
        assert shown_date(None) == ""


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("typed", ["6.8", "6,8", " 6,80 "])
def test_comma_and_point_are_read_in_every_language(language, typed):
    with translation.override(language):
        assert reading.read_decimal(typed, 2) == Decimal("6.8")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("typed", ["2024-03-11", "11.03.2024"])
def test_both_forms_of_a_date_are_read_in_every_language(language, typed):
    with translation.override(language):
        assert reading.read_date(typed) == datetime.date(2024, 3, 11)


def test_what_is_shown_can_be_typed_back():
    for language in ("en", "de"):
        with translation.override(language):
            assert reading.read_decimal(shown_number(Decimal("1234.5")), 1) == Decimal("1234.5")
            assert reading.read_date(shown_date(datetime.date(2024, 3, 11))) == datetime.date(2024, 3, 11)


def test_limits_of_a_date_and_a_number_are_named_in_the_language():
    dates, inr = range_of(Case, "index_date"), range_of(Case, "inr")
    with translation.override("de"):
        assert "01.01.1900" in dates.range_text() and "0,5" in inr.range_text()
    with translation.override("en"):
        assert "1900-01-01" in dates.range_text() and "0.5" in inr.range_text()


def test_a_page_shows_the_number_of_a_record_in_the_language(case):
    lesion = LesionFactory(case=case, volume_ml=Decimal("6.80"))
    with translation.override("de"):
        assert Reader().show(lesion, "volume_ml")[0].text == "6,8"
    with translation.override("en"):
        assert Reader().show(lesion, "volume_ml")[0].text == "6.8"


# -- forms -------------------------------------------------------------------------------------------------------------


def sent(form):
    """What a browser sends when nothing was touched."""
    data = {}
    for name in form.fields:
        value = form[name].value()
        data[form[name].html_name] = "" if value is None else value
    return data


@pytest.mark.parametrize(("language", "shown"), [("en", "6.8"), ("de", "6,8")])
def test_saving_an_unchanged_form_changes_nothing(case, clinician, language, shown):
    lesion = LesionFactory(case=case, volume_ml=Decimal("6.80"), levels="S1", zone_ala=True)
    with translation.override(language):
        unbound = LesionForm(instance=lesion, by=clinician)
        assert unbound["volume_ml"].value() == shown
        form = LesionForm(sent(unbound), instance=Lesion.objects.get(), by=clinician)
        assert not form.has_changed()
        assert form.is_valid(), form.errors
        form.save()
    assert Lesion.objects.get().version == lesion.version


def test_hints_and_labels_of_a_form_are_not_those_of_its_first_reader():
    form = LesionForm()
    with translation.override("de"):
        assert str(form.fields["volume_ml"].help_text) == range_of(Lesion, "volume_ml").range_text()
        assert str(form.fields["volume_ml"].label) == label_of(Lesion, "volume_ml")
    assert isinstance(form.fields["volume_ml"].help_text, Promise)
    assert isinstance(form.fields["volume_ml__missing"].label, Promise)


# -- confirmations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given_in", "read_in"), [("en", "de"), ("de", "en")])
def test_a_confirmation_holds_in_the_other_language(case, clinician, given_in, read_in):
    case.weight_kg, case.height_cm = Decimal("170.5"), Decimal("150.5")
    with translation.override(given_in):
        records.save(case, by=clinician, confirm={"weight_kg": "weighed twice"})
    stored = Case.objects.get(pk=case.pk)
    with translation.override(read_in):
        assert limits.crossings(stored)
        assert limits.unconfirmed(stored) == []
    assert "170.5 kg" in stored.confirmed["weight_kg"]["judged"][0]


def test_a_confirmation_is_kept_in_the_same_words_whoever_gave_it(case, clinician):
    kept = []
    for language in ("en", "de"):
        with translation.override(language):
            lesion = LesionFactory.build(
                case=case,
                volume_ml=Decimal("9.5"),
                diameter_longest_mm=Decimal("20.5"),
                diameter_perpendicular_mm=Decimal("20.5"),
                diameter_craniocaudal_mm=Decimal("20.5"),
            )
            records.save(lesion, by=clinician, confirm={"volume_ml": "measured on CT"})
            kept.append(lesion.confirmed["volume_ml"]["judged"])
    assert kept[0] == kept[1] and "9.5 mL" in kept[0][0]


def test_an_unusual_value_is_told_in_the_language(case):
    case.weight_kg = Decimal("170.5")
    with translation.override("de"):
        german = limits.crossings(case)[0]
    with translation.override("en"):
        english = limits.crossings(case)[0]
    assert "170,5 kg" in german.message and "170.5 kg" in english.message
    assert german.judged == english.judged


# -- words inside sentences --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "inside"),
    [
        ("Lesion volume", "lesion volume"),
        ("VAS pain", "VAS pain"),
        ("INR", "INR"),
        ("A·B·C/2", "A·B·C/2"),
        ("ICD-10-CM", "ICD-10-CM"),
        ("X", "X"),
        ("Denis zone", "Denis zone"),
        ("Clavien–Dindo", "Clavien–Dindo"),
        ("", ""),
    ],
)
def test_a_label_loses_its_capital_inside_an_english_sentence(label, inside):
    with translation.override("en"):
        assert inside_sentence(label) == inside


def test_a_german_noun_keeps_its_capital_inside_a_sentence():
    with translation.override("de"):
        assert inside_sentence("Volumen der Läsion") == "Volumen der Läsion"


def test_a_label_stands_in_a_sentence_as_it_was_declared():
    with translation.override("en"):
        assert (name_of(Lesion, "volume_ml"), label_of(Lesion, "volume_ml")) == (
            "lesion volume",
            "Lesion volume",
        )
        assert name_of(Case, "inr") == "INR"


# -- what can be translated --------------------------------------------------------------------------------------------


def own_models():
    return [
        model
        for label in OWN_APPS
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical")
    ]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_names_of_models_fields_and_computed_values_wait_for_their_reader(model):
    """A name that is a plain text was fixed when the module was imported: no reader's language reaches it."""
    names = {"verbose_name": model._meta.verbose_name, "verbose_name_plural": model._meta.verbose_name_plural}
    for field in model._meta.concrete_fields:
        if not field.primary_key:
            names[field.name] = field.verbose_name
        if field.help_text:
            names[f"{field.name}: help"] = field.help_text
    for value in getattr(model, "derived", ()):
        names[value.name] = value.label
    assert [name for name, text in names.items() if not isinstance(text, Promise)] == []


def test_every_diagnosis_of_the_code_list_is_in_the_catalogue():
    listed = yaml.safe_load((settings.BASE_DIR / "fixtures" / "diagnoses.yaml").read_text("utf-8"))
    assert [entry["label"] for entry in listed] == list(LABELS)


def test_a_diagnosis_that_was_added_is_shown_as_entered(db):
    assert str(DiagnosisFactory(label="Adamantinoma of bone")) == "Adamantinoma of bone"
    with translation.override("en"):
        assert labels_with("MYELOMA") == ["Multiple myeloma"]


# -- what does not follow the language ---------------------------------------------------------------------------------


def test_labels_of_an_export_are_english_whoever_asks_first():
    described = []
    for language in ("de", "en"):
        with translation.override(language):
            described.append(
                {
                    table.name: [
                        (column.name, column.label, column.source, column.unit, column.codes)
                        for column in table.columns
                    ]
                    for table in _tables()
                }
            )
    assert described[0] == described[1]
    assert all(type(label) is str for columns in described[0].values() for _name, label, *_rest in columns)


def test_the_access_log_is_kept_in_one_language(case, clinician):
    client = Client()
    client.force_login(clinician)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    assert client.get(reverse("case-detail", args=[case.uuid])).headers["Content-Language"] == "de"
    assert AccessEvent.objects.get(kind="identity_read").subject == f"{case.patient.registry_id} · case 1"


def test_history_keeps_values_not_words(case, clinician):
    with translation.override("de"):
        case.recurrent, case.inr = True, Decimal("1.2")
        records.save(case, by=clinician)
    row, before = Case.history.filter(id=case.pk)[:2]
    assert (row.recurrent, row.inr) == (True, Decimal("1.2"))
    assert {change.field for change in field_changes(row, before)} == {"recurrent", "inr"}


@pytest.mark.parametrize(
    "model",
    [model for model in own_models() if issubclass(model, Record)],
    ids=lambda model: model._meta.label,
)
def test_names_of_soft_limits_are_codes(model):
    """They are kept in confirmations."""
    assert all(type(limit.name) is str for limit in model.soft_limits)
