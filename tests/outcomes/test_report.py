"""``/cases/<uuid>/report/`` and ``/cases/<uuid>/letter/``: what is entered is said, what is missing is shown."""

import datetime
import re
from html import unescape
from pathlib import Path

import pytest
import time_machine
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from cases.models import Case
from outcomes.report.layout import settle
from outcomes.report.phrases import Sheet
from procedures.kinds import KINDS
from registry.access.models import AccessEvent
from registry.core.views.display import Reader
from registry.core.views.links import edit_url
from registry.interchange.code_lists import load_diagnoses
from registry.research.synthetic import Synthesis
from tests.factories import (
    BalloonInflationFactory,
    CaseFactory,
    ComplicationFactory,
    FollowUpStatusFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    TransarterialSessionFactory,
    TreatedLesionFactory,
    VertebroplastyDetailsFactory,
)
from tests.outcomes import drafted
from tests.outcomes.drafted import numbers_in, numbers_of
from tests.remembered import publications

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parent / "golden"
PAGES = ("case-report", "case-letter")
BUILT = {
    "vertebroplasty": drafted.vertebroplasty_with_tace,
    "rfa": drafted.rfa_case,
    "reboa": drafted.reboa_case,
}


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime.datetime.combine(drafted.TODAY, datetime.time(10)), tick=False):
        yield


@pytest.fixture
def as_clinician(clinician):
    client = Client()
    client.force_login(clinician)
    return client


@pytest.fixture
def andresen():
    publications("andresen-2014")
    return lambda number: Case.objects.get(patient__source_label=f"pat. {number}")


@pytest.fixture
def zhao():
    publications("zhao-2021")
    return lambda number: Case.objects.get(patient__source_label=f"Case {number}")


def page(client, case, name="case-report", query="", **kwargs):
    response = client.get(reverse(name, args=[case.uuid]) + query, **kwargs)
    assert response.status_code == 200
    return response


def drafted_text(response) -> str:
    """The text as the browser shows it in the text area; what is printed is the same."""
    html = response.content.decode()
    text = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.S)[1])
    assert unescape(re.search(r'<div class="draft-paper"[^>]*>(.*?)</div>', html, re.S)[1]) == text
    return text


def text_of(client, case, name="case-report", query="", **kwargs) -> str:
    return drafted_text(page(client, case, name, query, **kwargs))


BRACKETS = re.compile(r"\[[^\]]+\]")


# -- golden texts ----------------------------------------------------------------------------------------------------


def agrees(text: str, name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    assert text.splitlines() == path.read_text("utf-8").splitlines(), f"{path} differs"


@pytest.mark.parametrize("page_name", PAGES)
@pytest.mark.parametrize("kind", BUILT)
def test_a_case_of_each_kind_reads_as_agreed(as_clinician, center, kind, page_name):
    case = BUILT[kind](center)
    text = text_of(as_clinician, case, page_name).replace(case.patient.registry_id, "HEI-00001")
    agrees(text.replace(center.name, "the hospital"), f"{kind}-{page_name.removeprefix('case-')}")


@pytest.mark.parametrize("page_name", PAGES)
def test_a_published_sacroplasty_reads_as_agreed(as_clinician, andresen, page_name):
    agrees(text_of(as_clinician, andresen(1), page_name), f"andresen-pat-1-{page_name.removeprefix('case-')}")


@pytest.mark.parametrize("page_name", PAGES)
def test_a_published_resection_reads_as_agreed(as_clinician, zhao, page_name):
    agrees(text_of(as_clinician, zhao(1), page_name), f"zhao-case-1-{page_name.removeprefix('case-')}")


# -- nothing is invented, nothing is hidden --------------------------------------------------------------------------


def assert_only_known_numbers(text, case):
    # “ICD-10-CM” is a name.
    unknown = numbers_in(text.replace("ICD-10-CM", "")) - numbers_of(case)
    assert not unknown, f"{case}: {sorted(unknown)} in\n{text}"


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_number_in_a_text_stands_in_the_record(as_clinician, center, andresen, zhao, language):
    cases = [build(center) for build in BUILT.values()]
    cases += [andresen(number) for number in (1, 4, 8, 9, 10)] + [zhao(number) for number in (4, 5)]
    for case in cases:
        for name in PAGES:
            text = text_of(as_clinician, case, name, headers={"accept-language": language})
            with translation.override(language):
                assert_only_known_numbers(text, case)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_number_of_synthetic_cases_stands_in_the_record(as_clinician, center, seed):
    load_diagnoses()
    synthesis = Synthesis(center, seed)
    for _number in range(6):
        synthesis.patient()
    for case in Case.objects.filter(center=center):
        for name in PAGES:
            response = page(as_clinician, case, name)
            assert_only_known_numbers(drafted_text(response), case)
            assert_listed(response)


def assert_listed(response):
    """Every bracket of the text is a gap of the list, and the other way round."""
    text, draft = drafted_text(response), response.context["draft"]

    # The name of a gap stands in its brackets, or before them where the sentence has said it already, if need be in
    # other words: “Pain (NRS) – [day 1: not done]”.
    def names(label, sentence):
        return any(word in sentence for word in label.lower().split())

    said = [line[: found.end()].lower() for line in text.splitlines() for found in BRACKETS.finditer(line)]
    for missing in draft.gaps:
        reason = missing.reason or "not entered"
        fitting = [s for s in said if names(missing.label, s) and s.endswith(f"{reason}]")]
        assert fitting, f"{missing.label}: {reason} is listed and not in the text"
    for sentence in said:
        assert any(names(missing.label, sentence) for missing in draft.gaps), f"{sentence} is not listed"
    assert len({missing.key for missing in draft.gaps}) == len(draft.gaps)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_gap_does_not_repeat_the_name_before_it(as_clinician, center, language):
    """“Position: [not entered]”, not “Position: [position: not entered]”."""
    empty = TreatedLesionFactory(procedure=ProcedureFactory(case__patient__center=center, kind="sacroplasty"))
    ComplicationFactory(procedure=empty.procedure, kind="bleeding")
    cases = [build(center) for build in BUILT.values()] + [empty.procedure.case]
    for case in cases:
        for name in PAGES:
            text = text_of(as_clinician, case, name, headers={"accept-language": language})
            for line in text.splitlines():
                for gap in re.finditer(r"\[([^\]:]+): ", line):
                    before = line[: gap.start()].rstrip(" :–").lower()
                    assert not before.endswith(gap[1].lower()), line
                if " – " in line:
                    score = re.sub(r" \(.*", "", line.partition(" – ")[0])
                    assert f"[{score}" not in line, line
    report = text_of(as_clinician, cases[-1], headers={"accept-language": language})
    assert {"en": "Position: [not entered].", "de": "Lagerung: [nicht eingegeben]."}[language] in report


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page_name", PAGES)
def test_an_empty_case_is_all_gaps_and_says_nothing_else(as_clinician, center, kind, page_name):
    case = CaseFactory(
        patient=PatientFactory(center=center, sex=None), diagnosis=None, disease_status=None, age_years=None
    )
    procedure = ProcedureFactory(case=case, kind=kind)
    TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case, levels=None))
    if kind == "reboa":
        BalloonInflationFactory(procedure=procedure)
    ComplicationFactory(procedure=procedure, kind="bleeding")
    FollowUpStatusFactory(case=case)
    response = page(as_clinician, case, page_name)
    text = drafted_text(response)
    assert_listed(response)
    # What remains beside gaps, names and the labels before them is no statement.
    rest = BRACKETS.sub("", text.replace("Resolved: [", "[")).replace("With kind regards", "")
    assert not re.search(r"\b(none|no|not|nor|without|with|yes|unknown|successful|resolved)\b", rest, re.I), (
        rest
    )
    assert_only_known_numbers(text, case)


MISSABLE = {
    "vertebroplasty": {
        "case-report": "sex age_years diagnosis disease_status indications levels volume_ml date anesthesia position "
        "guidance antibiotic_prophylaxis technique cement_product approach needle_gauge cement_volume_ml leak_sites "
        "transarterial_therapy duration_min technical_success complications_answered",
        "case-letter": "sex age_years diagnosis disease_status indications levels volume_ml date anesthesia "
        "technical_success hospital_stay_days technique cement_volume_ml leak_sites transarterial_therapy "
        "complications_answered",
    },
    "sacroplasty": {
        "case-report": "technique cement_product approach needle_gauge cement_volume_ml leak_sites",
        "case-letter": "technique cement_volume_ml leak_sites hospital_stay_days",
    },
    "rfa": {
        "case-report": "electrode stopped_for_neurologic_symptoms approach needle_gauge ablation_completion",
        "case-letter": "stopped_for_neurologic_symptoms ablation_completion hospital_stay_days",
    },
    "reboa": {
        "case-report": "access_side sheath_fr aortic_diameter_mm balloon_diameter_mm occlusion_confirmed_by closure "
        "surgical_approach resection margin reconstruction blood_loss_ml transfused_units",
        "case-letter": "surgical_approach resection margin reconstruction blood_loss_ml transfused_units",
    },
}


@pytest.mark.parametrize("kind", MISSABLE)
@pytest.mark.parametrize("page_name", PAGES)
def test_what_a_clinician_would_dictate_is_a_gap_where_it_is_missing(as_clinician, center, kind, page_name):
    case = CaseFactory(
        patient=PatientFactory(center=center, sex=None), diagnosis=None, disease_status=None, age_years=None
    )
    procedure = ProcedureFactory(case=case, kind=kind)
    TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case, levels=None))
    gaps = page(as_clinician, case, page_name).context["draft"].gaps
    assert set(MISSABLE[kind][page_name].split()) <= {missing.gap.field for missing in gaps}


def test_rows_that_are_missing_are_gaps(as_clinician, center):
    case = CaseFactory(patient=PatientFactory(center=center))
    assert "[lesions: not entered]" in text_of(as_clinician, case)
    assert "[procedures: not entered]" in text_of(as_clinician, case)
    letter = text_of(as_clinician, case, "case-letter")
    assert "[scores: not entered]" in letter
    assert "Complications" not in letter
    for kind, gap in (
        ("reboa", "balloon inflations"),
        ("rfa", "treated lesions"),
        ("sacroplasty", "treated lesions"),
    ):
        ProcedureFactory(case=case, kind=kind)
        assert f"[{gap}: not entered]" in text_of(as_clinician, case)
    rfa = ProcedureFactory(case=case, kind="rfa")
    TreatedLesionFactory(procedure=rfa, lesion=LesionFactory(case=case))
    assert "[ablation cycles: not entered]" in text_of(as_clinician, case)
    vertebroplasty = ProcedureFactory(case=case, kind="vertebroplasty", complications_answered="present")
    VertebroplastyDetailsFactory(procedure=vertebroplasty, transarterial_therapy="sessions")
    text = text_of(as_clinician, case)
    assert "[transarterial sessions: not entered]" in text
    assert "Complications: [said to be listed, none is entered]" in text
    TransarterialSessionFactory(procedure=vertebroplasty)
    assert "Drugs: [not entered]." in text_of(as_clinician, case)


def test_an_embolization_needs_no_drug(as_clinician, center):
    session = TransarterialSessionFactory(
        procedure=ProcedureFactory(
            case=CaseFactory(patient=PatientFactory(center=center)), kind="vertebroplasty"
        ),
        kind="tae",
    )
    assert "Drugs" not in text_of(as_clinician, session.procedure.case)


def test_longest_and_total_are_given_for_all_inflations_or_named_as_of_some(as_clinician, center):
    text = text_of(as_clinician, drafted.reboa_case(center))
    assert "Longest occlusion 62 min, total occlusion 98 min." in text
    text = text_of(as_clinician, drafted.reboa_case(center, timed=False))
    assert "Of the inflations with both times: longest occlusion 62 min, total occlusion 67 min." in text
    assert "Longest occlusion" not in text
    assert "Reperfusion" not in text


def test_each_gap_leads_to_its_field(as_clinician, center):
    case = drafted.vertebroplasty_with_tace(center)
    response = page(as_clinician, case)
    html = response.content.decode()
    row = next(gap for gap in response.context["draft"].gaps if gap.gap.field == "cement_volume_ml")
    assert (row.label, row.reason, row.heading) == (
        "cement volume",
        "not recorded",
        "Vertebroplasty, lesion 2",
    )
    assert f'<a href="{edit_url(row.gap.record, "cement_volume_ml")}">Cement volume</a>' in html
    assert 'href=""' not in html[html.index("gaps-heading") :]


def test_gaps_with_a_reason_stand_apart_from_those_to_be_filled(as_clinician, center):
    html = page(as_clinician, drafted.reboa_case(center)).content.decode()
    to_fill, stated = html[html.index("gaps-heading") :].split("draft-reasons")
    assert "Blood loss" in stated
    assert "not recorded" in stated
    assert "Blood loss" not in to_fill


# -- scores ----------------------------------------------------------------------------------------------------------


def test_values_of_different_instruments_are_told_apart_and_not_compared(as_clinician, center):
    case = drafted.rfa_case(center)
    row = case.assessments.get(time_point="month_1")
    row.pain_instrument = "vas"
    drafted.make.records.save(row, by=drafted.make.TESTS, reason="test")
    assert "VAS pain – before the procedure: 7 (NRS); 1 month: 7 (VAS)." in text_of(
        as_clinician, case, "case-letter"
    )


def test_what_is_planned_can_still_be_kept_and_ends_with_follow_up(as_clinician, center):
    case = drafted.vertebroplasty_with_tace(center)
    text = text_of(as_clinician, case, "case-letter")
    assert "1 month: 2024-04-10 (between 2024-04-01 and 2024-04-25)" in text
    assert "24 months: 2026-03-11" in text
    assert "Day 1:" not in text, "it has been assessed"
    FollowUpStatusFactory(case=case, followup_state="lost")
    assert "Planned follow-up" not in text_of(as_clinician, case, "case-letter")


def test_without_an_index_day_the_plan_is_a_gap(as_clinician, center):
    case = CaseFactory(patient=PatientFactory(center=center))
    assert "[index date: not entered]" in text_of(as_clinician, case, "case-letter")
    case.index_date, case.index_date_precision = datetime.date(2024, 3, 1), "month"
    drafted.make.records.save(case, by=drafted.make.TESTS, reason="test")
    assert "[index date: not known to the day]" in text_of(as_clinician, case, "case-letter")


# -- one procedure or all --------------------------------------------------------------------------------------------


def test_one_procedure_or_all_in_their_order(as_clinician, center):
    case = CaseFactory(patient=PatientFactory(center=center))
    ProcedureFactory(case=case)
    second = ProcedureFactory(case=case, kind="rfa")
    both = text_of(as_clinician, case)
    assert 0 < both.index("\nSacroplasty") < both.index("\nRadiofrequency ablation")
    one = text_of(as_clinician, case, query=f"?procedure={second.uuid}")
    assert "Radiofrequency ablation" in one
    assert "Sacroplasty" not in one
    third = ProcedureFactory(case=case)
    both = text_of(as_clinician, case)
    assert "Sacroplasty (1)" in both
    assert "Sacroplasty (3)" in both
    assert "Sacroplasty (3)" in text_of(as_clinician, case, query=f"?procedure={third.uuid}")
    foreign = ProcedureFactory()
    for wanted in (foreign.uuid, "nonsense"):
        response = as_clinician.get(reverse("case-report", args=[case.uuid]) + f"?procedure={wanted}")
        assert response.status_code == 404


# -- language and characters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page_name", PAGES)
def test_numbers_and_dates_are_in_the_language_of_the_page(as_clinician, center, page_name):
    case = drafted.vertebroplasty_with_tace(center)
    text = text_of(as_clinician, case, page_name, headers={"accept-language": "de"})
    assert "6,8 mL" in text
    assert "6.8" not in text
    assert "11.03.2024" in text
    assert "2024-03" not in text


def test_free_text_is_text(as_clinician, center):
    case = drafted.vertebroplasty_with_tace(center)
    procedure = case.procedures.get()
    procedure.notes = "</textarea><script>alert(1)</script> {{ case }} %(x)s [blood loss: 7]"
    drafted.make.records.save(procedure, by=drafted.make.TESTS, reason="test")
    response = page(as_clinician, case)
    assert b"<script>alert" not in response.content
    assert procedure.notes in drafted_text(response)
    assert all(missing.label != "blood loss" for missing in response.context["draft"].gaps)


# -- who may draft ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page_name", PAGES)
def test_only_who_may_identify_drafts_from_an_own_case(
    case, clinician, curator, researcher, outsider, page_name
):
    url = reverse(page_name, args=[case.uuid])
    client = Client()
    assert client.get(url).status_code == 302
    for user, status in ((clinician, 200), (curator, 200), (researcher, 403), (outsider, 404)):
        client.force_login(user)
        response = client.get(url)
        assert response.status_code == status, user
        if status != 200:
            assert b"draft-text" not in response.content


@pytest.mark.parametrize("page_name", PAGES)
def test_reading_is_noted_in_the_access_log(as_clinician, case, clinician, page_name):
    text_of(as_clinician, case, page_name)
    event = AccessEvent.objects.filter(kind=AccessEvent.Kind.IDENTITY_READ).get()
    assert (event.user_name, event.subject) == (clinician.username, str(case))
    assert event.detail == reverse(page_name, args=[case.uuid])


def test_a_refused_reader_leaves_no_note(case, researcher):
    client = Client()
    client.force_login(researcher)
    client.get(reverse("case-report", args=[case.uuid]))
    assert not AccessEvent.objects.filter(kind=AccessEvent.Kind.IDENTITY_READ).exists()


@pytest.mark.parametrize("page_name", PAGES)
def test_a_published_case_is_open_to_everyone_and_named_as_such(andresen, researcher, page_name):
    client = Client()
    client.force_login(researcher)
    response = page(client, andresen(8), page_name)
    assert "Published case: pat. 8, andresen-2014." in drafted_text(response)
    html = response.content.decode()
    assert 'href="/literature/andresen-2014/"' in html
    gaps = html[html.index("gaps-heading") :]
    assert "<a " not in gaps, "nobody corrects a published case"
    assert not AccessEvent.objects.filter(kind=AccessEvent.Kind.IDENTITY_READ).exists()
    assert "Dear colleague" not in drafted_text(response)
    assert "Planned follow-up" not in drafted_text(response)


# -- the machinery ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page_name", PAGES)
def test_the_number_of_queries_does_not_grow_with_the_case(as_clinician, center, page_name):
    case = drafted.vertebroplasty_with_tace(center)
    page(as_clinician, case, page_name)
    with CaptureQueriesContext(connection) as first:
        page(as_clinician, case, page_name)
    for _number in range(3):
        lesion = LesionFactory(case=case)
        for kind in KINDS:
            procedure = ProcedureFactory(case=case, kind=kind)
            TreatedLesionFactory(procedure=procedure, lesion=lesion)
            ComplicationFactory(procedure=procedure, lesion=lesion)
            if kind == "reboa":
                BalloonInflationFactory(procedure=procedure)
    with CaptureQueriesContext(connection) as second:
        page(as_clinician, case, page_name)
    assert len(second) == len(first), "\n".join(query["sql"][:150] for query in second)
    assert len(first) <= 30


def test_a_misspelt_name_in_a_template_is_no_empty_sentence(case):
    facts = Sheet(Reader()).of(case, "Case")
    for look in (
        lambda: facts["blod_loss_ml"],
        lambda: facts.said["blod_loss_ml"],
        lambda: facts.yes["blod_loss_ml"],
    ):
        with pytest.raises(FieldDoesNotExist):
            look()


def test_lines_are_settled():
    assert settle("\n  \n\x1eTitle\n\n a \n\n\n  b\n\x1eNext\nc\n\n") == "Title\na\nb\n\nNext\nc"
