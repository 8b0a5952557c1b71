"""``/cases/<uuid>/`` and its fragments."""

import datetime
import re

import pytest
import time_machine
from django.urls import reverse

from cases.models import Case
from registry.access.models import AccessEvent, Center
from registry.core import records
from registry.core.views.links import edit_url
from tests import factories
from tests.factories import (
    AblationFactory,
    AssessmentFactory,
    BalloonInflationFactory,
    CaseFactory,
    CenterFactory,
    ComplicationFactory,
    FollowUpStatusFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    PublicationFactory,
    RfaDetailsFactory,
    SourceValueFactory,
    TransarterialDrugFactory,
    TransarterialSessionFactory,
    TreatedLesionFactory,
    TreatmentFactory,
    VertebroplastyDetailsFactory,
)

PARTS = (
    "case-detail",
    "case-procedures",
    "case-outcomes",
    "case-timeline",
    "case-published-bands",
    "case-history",
)


def url(case, name="case-detail"):
    return reverse(name, args=[case.uuid])


def text(client, case, name="case-detail", **kwargs):
    response = client.get(url(case, name), **kwargs)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def full(center, clinician):
    """A case with a row of everything and a secret in every identifying field."""
    day = datetime.date(2024, 3, 11)
    patient = PatientFactory(center=center, hospital_number="SECRET-4711", birth_year=1961, by=clinician)
    case = CaseFactory(
        patient=patient,
        index_date=day,
        index_date_precision="day",
        age_years=62,
        notes="SECRET note",
        by=clinician,
    )
    lesion = LesionFactory(
        case=case, levels="S1;S2", zone_ala=True, zone_central=True, volume_ml="6.80", by=clinician
    )
    TreatmentFactory(case=case, detail="SECRET detail")
    procedure = ProcedureFactory(case=case, kind="rfa", date=day, notes="SECRET words", duration_min=44)
    RfaDetailsFactory(procedure=procedure)
    treated = TreatedLesionFactory(procedure=procedure, lesion=lesion, leak_sites="none")
    AblationFactory(treated_lesion=treated, temperature_mean_celsius=86, minutes_at_target_min=11)
    vertebroplasty = ProcedureFactory(case=case, kind="vertebroplasty", date=day)
    VertebroplastyDetailsFactory(procedure=vertebroplasty, transarterial_therapy="sessions")
    session = TransarterialSessionFactory(procedure=vertebroplasty, date=datetime.date(2024, 3, 18))
    TransarterialDrugFactory(session=session, name="epirubicin", dose_mg=40)
    reboa = ProcedureFactory(case=case, kind="reboa", date=day)
    BalloonInflationFactory(procedure=reboa, inflated_min=0, deflated_min=40)
    AssessmentFactory(case=case, time_point="baseline", vas_pain="8.5", kps=60)
    AssessmentFactory(case=case, time_point="day_1", date=datetime.date(2024, 3, 12), vas_pain="3.0")
    ComplicationFactory(procedure=procedure, kind="radicular_pain", sir_grade="b", treatment="SECRET therapy")
    FollowUpStatusFactory(
        case=case, followup_state="under_follow_up", last_contact_date=datetime.date(2024, 6, 1)
    )
    return case


@pytest.fixture
def published(db):
    center = CenterFactory(code="ZHAO2021", kind=Center.Kind.PUBLISHED)
    publication = PublicationFactory(slug="zhao-2021")
    patient = PatientFactory(center=center, publication=publication, source_label="Case 3")
    case = CaseFactory(patient=patient, age_years=56, missing={"weight_kg": "not_reported"})
    SourceValueFactory(
        publication=publication,
        record=case,
        field="age_years",
        location="Table 2",
        printed="56 y",
        qualifier="nearly",
    )
    return case


def test_the_header_says_who_and_what(as_clinician, full):
    html = text(as_clinician, full)
    subtitle = html[html.index("page-subtitle") :][:600]
    for words in ("F, 62", full.diagnosis.label, "vertebroplasty + RFA + TACE", "2024-03-11"):
        assert words in subtitle
    assert 'chip-draft">draft' in html


def test_a_draft_goes_on_in_the_editor(as_clinician, full):
    html = text(as_clinician, full)
    assert f'class="btn btn-primary" href="{url(full, "case-editor")}">Go on' in html
    assert "Add time point" not in html and "Back to draft" not in html


def test_a_complete_case_takes_a_time_point(as_clinician, clinician, case, monkeypatch):
    monkeypatch.setattr("registry.core.policies.gaps", lambda root: [])
    case.status = "complete"
    records.save(case, by=clinician, reason="test")
    html = text(as_clinician, case)
    assert "Go on" not in html and "Back to draft" in html
    menu = text(as_clinician, case, "case-timeline", headers={"HX-Request": "true"})
    menu = menu[menu.index('id="add-time-point"') :]
    assert 'hx-swap-oob="true"' in menu and "3 months" in menu


def test_the_menu_leads_to_report_letter_history_and_print(as_clinician, as_researcher, full):
    html = text(as_clinician, full)
    for name in ("case-report", "case-letter", "case-history", "case-delete"):
        assert f'href="{url(full, name)}"' in html
    assert "data-print" in html
    html = text(as_researcher, full)
    assert (
        "data-print" in html and url(full, "case-delete") not in html and url(full, "case-letter") not in html
    )


def test_paper_says_which_case_and_when_it_was_printed(as_clinician, full):
    with time_machine.travel(datetime.datetime(2025, 1, 2, 9, 30, tzinfo=datetime.UTC), tick=False):
        html = text(as_clinician, full)
    assert f"{full} · printed 2025-01-02 10:30 by clinician" in html


def test_the_lesions_are_drawn_on_the_picture(as_clinician, full):
    html = text(as_clinician, full)
    assert 'class="spine-picture"' in html and "Lesion 1: S1, S2" in html


def test_the_chart_library_is_not_part_of_the_page(as_clinician, full):
    html = text(as_clinician, full)
    assert "chart.umd" not in html and "js/charts.js" in html


def test_lesions_are_listed_with_what_is_derived(as_clinician, full):
    html = text(as_clinician, full)
    assert "S1, S2" in html and "zone III, central" in html and "6.8" in html


def test_fragments_fill_the_page_and_can_be_reached_by_link(as_clinician, full):
    html = text(as_clinician, full)
    for name in PARTS[1:]:
        assert f'href="{url(full, name)}"' in html
        fragment = text(as_clinician, full, name, headers={"HX-Request": "true"})
        assert "<html" not in fragment
        assert "<html" in text(as_clinician, full, name)
    assert f'hx-get="{url(full, "case-procedures")}"' in html


def test_procedures_show_what_was_done(as_clinician, full):
    html = text(as_clinician, full, "case-procedures")
    for words in ("Radiofrequency ablation", "44", "complete", "TACE", "epirubicin", "Longest occlusion"):
        assert words in html


def test_outcomes_are_a_grid_of_scores_by_time_point(as_clinician, full):
    html = text(as_clinician, full, "case-outcomes")
    for words in ("8.5", "Day 1", "Responder", "ECOG", "Radicular pain", "under follow-up"):
        assert words in html


def test_a_computed_value_opens_to_its_inputs_and_says_what_is_missing(as_clinician, full, clinician):
    lesion = full.lesions.get()
    lesion.sins_pain, lesion.bone_lesion = "mechanical", "lytic"
    records.save(lesion, by=clinician)
    html = text(as_clinician, full)
    sins = html[html.index('computed-label">SINS') :]
    sins = sins[: sins.index("</details>")]
    assert "3 of 6 known" in sins and "+3" in sins and "Fisher et al." in sins
    assert edit_url(lesion, "sins_alignment") in sins
    assert edit_url(lesion, "sins_pain") not in sins


def test_computed_values_of_procedures_and_outcomes_open_too(as_clinician, full):
    html = text(as_clinician, full, "case-procedures")
    assert "By temperature: cycle 1 held 86 °C for 11 min." in html
    assert 'computed-label">Longest occlusion' in html
    html = text(as_clinician, full, "case-outcomes")
    assert "3 against 8.5: −5.5 points, −65 %" in html and "Farrar et al." in html


def test_nobody_who_may_not_write_is_sent_to_enter_an_input(as_researcher, full):
    html = text(as_researcher, full)
    assert "of 6 known" in html and "/edit/" not in html


def test_history_says_who_when_why_from_what_to_what(as_clinician, full, clinician):
    lesion = full.lesions.get()
    lesion.volume_ml = "7.2"
    records.save(lesion, by=clinician, reason="measured again", expected_version=lesion.version)
    html = text(as_clinician, full, "case-history")
    for words in (
        "clinician",
        "changed lesion 1",
        "measured again",
        "<del>6.8</del>",
        "<ins>7.2</ins>",
        "mL",
    ):
        assert words in html


def test_history_tells_one_sitting_as_one_change(as_clinician, full, clinician):
    """Autosave leaves a row per field; a value that was put back is no change at all."""
    case = Case.objects.get(pk=full.pk)
    for name, value in (("height_cm", 170), ("weight_kg", 80), ("height_cm", 171), ("inr", 2), ("inr", None)):
        setattr(case, name, value)
        records.save(case, by=clinician, reason="")
    html = text(as_clinician, full, "case-history")
    assert "171" in html
    assert "80" in html
    assert ">170<" not in html
    assert "INR:" not in html


def test_history_keeps_what_was_deleted(as_clinician, full, clinician):
    records.delete(full.treatments.get(), by=clinician, reason="entered for the wrong patient")
    html = text(as_clinician, full, "case-history")
    assert "deleted treatment" in html and "wrong patient" in html


@pytest.mark.parametrize("name", PARTS)
def test_a_researcher_reads_the_case_without_identity(as_researcher, full, name):
    html = text(as_researcher, full, name)
    for secret in ("SECRET", "2024-03-11", "2024-03-12", "2024-03-18", "2024-06-01", "1961"):
        assert secret not in html
    assert "Edit" not in html


def test_a_researcher_reads_days_from_the_index_procedure(as_researcher, full):
    assert "day 0" in text(as_researcher, full, "case-procedures")
    assert "day 1" in text(as_researcher, full, "case-outcomes")


@pytest.mark.parametrize("name", PARTS)
def test_a_researcher_cannot_tell_97_from_90(as_researcher, clinician, center, name):
    case = CaseFactory(patient=PatientFactory(center=center), age_years=97)
    html = text(as_researcher, case, name)
    # As a word, and not in a drawing or an address: coordinates and public ids may hold any two digits.
    said = re.sub(r"<svg.*?</svg>|[0-9a-f]{8}-[0-9a-f-]{27}", "", html, flags=re.DOTALL)
    found = re.search(r".{60}\b97\b.{20}", said, flags=re.DOTALL)
    assert not found, found[0]
    case.confirmed = {}
    records.save(case, by=clinician, confirm={"age_years": "SECRET reason"})
    assert "SECRET" not in text(as_researcher, case, name)


@pytest.mark.parametrize("name", (*PARTS, "case-complete", "case-draft", "case-edit", "case-delete"))
def test_an_outsider_finds_nothing(as_outsider, full, name):
    assert as_outsider.get(url(full, name)).status_code == 404
    assert as_outsider.post(url(full, name)).status_code in (404, 405)


def test_who_reads_an_identity_is_noted(as_clinician, as_researcher, full, clinician):
    text(as_researcher, full)
    assert not AccessEvent.objects.filter(kind="identity_read").exists()
    text(as_clinician, full)
    event = AccessEvent.objects.get(kind="identity_read")
    assert (event.user_name, event.subject) == ("clinician", str(full))


def test_reading_a_published_case_is_no_access_to_identity(as_clinician, published):
    text(as_clinician, published)
    assert not AccessEvent.objects.filter(kind="identity_read").exists()


def test_a_published_value_shows_where_it_stands(as_outsider, published):
    html = text(as_outsider, published)
    assert "Table 2" in html and "“56 y”" in html and "nearly" in html
    assert 'class="source-mark"' in html
    assert "Case 3" in html


def test_a_missing_value_names_its_reason(as_outsider, published):
    assert "Not reported in the paper: weight" in text(as_outsider, published)


def test_nobody_is_offered_to_change_a_published_case(as_clinician, published):
    for name in PARTS[:5]:
        html = text(as_clinician, published, name)
        for words in ("Edit", "Add ", "Complete"):
            assert words not in html[html.index("<main") :]


def test_an_unusual_value_shows_its_sentence_until_it_is_explained(as_clinician, clinician, center):
    case = CaseFactory(patient=PatientFactory(center=center), age_years=17)
    assert "17 y is below the usual 18 y" in text(as_clinician, case)
    records.save(case, by=clinician, confirm={"age_years": "checked with the passport"})
    html = text(as_clinician, case)
    assert "below the usual" not in html and "checked with the passport" in html


def test_the_draft_says_what_is_still_needed(as_clinician, case):
    fragment = text(as_clinician, case, "case-complete", headers={"HX-Request": "true"})
    assert "Lesions: enter at least one lesion." in fragment
    assert reverse("case-section", args=[case.uuid, "lesions"]) in fragment


def test_the_number_of_queries_does_not_grow_with_the_case(as_clinician, full, django_assert_max_num_queries):
    urls = [url(full, name) for name in PARTS[:5]]
    for address in urls:
        as_clinician.get(address)
    counts = []
    for address, limit in zip(urls, (11, 14, 11, 12, 11), strict=True):
        with django_assert_max_num_queries(limit) as asked:
            as_clinician.get(address)
        counts.append(len(asked))
    procedure = full.procedures.get(kind="rfa")
    for number in range(3):
        lesion = LesionFactory(case=full)
        treated = TreatedLesionFactory(procedure=procedure, lesion=lesion)
        AblationFactory(treated_lesion=treated)
        BalloonInflationFactory(
            procedure=full.procedures.get(kind="reboa"),
            inflated_min=60 + 20 * number,
            deflated_min=70 + 20 * number,
        )
        ComplicationFactory(procedure=procedure, lesion=lesion)
        AssessmentFactory(case=full, time_point=["month_1", "month_3", "month_6"][number])
    for address, count in zip(urls, counts, strict=True):
        with django_assert_max_num_queries(count):
            as_clinician.get(address)


def test_sources_come_in_one_query(as_clinician, published, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    LesionFactory(case=published)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        text(as_clinician, published)
    assert sum("literature_sourcevalue" in query["sql"] for query in asked.captured_queries) == 1


def test_a_researcher_reads_no_date_in_a_sentence_about_an_unusual_one(as_researcher, full):
    full.patient.consent_status, full.patient.consent_date = "given", datetime.date(2024, 5, 17)
    records.save(full.patient, by=factories.TESTS, reason="late")
    html = text(as_researcher, full)
    assert "2024-05-17" not in html
    assert "2024-03-11" not in html


def test_a_researcher_reads_no_clock_in_the_history(as_researcher, as_clinician, full):
    assert "<time" in text(as_clinician, full, "case-history")
    assert "<time" not in text(as_researcher, full, "case-history")
