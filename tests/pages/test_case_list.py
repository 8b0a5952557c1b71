"""``/cases/``: search, filters, order, pages, and what each reader may see."""

import datetime

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from registry.access.models import Center
from tests.factories import (
    CaseFactory,
    CenterFactory,
    DiagnosisFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    PublicationFactory,
)

URL = reverse("case-list")


def listed(client, **params):
    response = client.get(URL, params)
    assert response.status_code == 200
    return [row["case"] for row in response.context["rows"]]


@pytest.fixture
def published(db):
    center = CenterFactory(code="ZHAO2021", kind=Center.Kind.PUBLISHED)
    publication = PublicationFactory(slug="zhao-2021")
    return CaseFactory(patient=PatientFactory(center=center, publication=publication, source_label="Case 3"))


def test_own_and_published_cases_are_in_one_list_clearly_marked(as_clinician, case, published):
    html = as_clinician.get(URL).content.decode()
    assert set(listed(as_clinician)) == {case, published}
    assert 'chip chip-published">published' in html
    assert "Case 3" in html


def test_an_outsider_sees_published_cases_only(as_outsider, case, published):
    assert listed(as_outsider) == [published]
    assert listed(as_outsider, q=case.patient.registry_id) == []


def test_search_finds_registry_id_diagnosis_and_source_label(as_clinician, case, published):
    assert listed(as_clinician, q=case.patient.registry_id.lower()) == [case]
    assert listed(as_clinician, q=case.diagnosis.label[-6:]) == [case]
    assert listed(as_clinician, q="case 3") == [published]
    assert listed(as_clinician, q="nothing like it") == []


def test_a_hospital_number_is_found_in_full_by_those_who_may_know_it(
    as_clinician, as_researcher, as_outsider, center
):
    found = CaseFactory(patient=PatientFactory(center=center, hospital_number="47-11/A"))
    assert listed(as_clinician, q="4711a") == [found]
    assert listed(as_clinician, q="471") == []
    assert listed(as_researcher, q="4711a") == []
    assert listed(as_outsider, q="4711a") == []


def test_filters_narrow_and_combine(as_clinician, center, published):
    diagnosis = DiagnosisFactory(slug="chordoma")
    first = CaseFactory(
        patient=PatientFactory(center=center, sex="male"),
        age_years=40,
        diagnosis=diagnosis,
        disease_status="primary",
    )
    second = CaseFactory(patient=PatientFactory(center=center, sex="female"), age_years=70)
    ProcedureFactory(case=second, kind="rfa")
    assert listed(as_clinician, sex="male") == [first]
    assert listed(as_clinician, diagnosis="chordoma") == [first]
    assert listed(as_clinician, disease_status="primary") == [first]
    assert listed(as_clinician, kind="rfa") == [second]
    assert listed(as_clinician, age_from=60, age_to=75, center=center.code) == [second]
    assert listed(as_clinician, publication="zhao-2021") == [published]
    assert listed(as_clinician, center=".published") == [published]
    assert published not in listed(as_clinician, center=".own")
    assert listed(as_clinician, status="complete") == []
    assert listed(as_clinician, sex="male", kind="rfa") == []


def test_a_level_is_found_in_any_lesion_and_t1_is_not_t10(as_clinician, center):
    first, second = (CaseFactory(patient=PatientFactory(center=center)) for _ in range(2))
    LesionFactory(case=first, levels="T10;L1")
    LesionFactory(case=second, levels="S1")
    LesionFactory(case=second, levels="T1;S2")
    assert listed(as_clinician, level="T1") == [second]
    assert listed(as_clinician, level="L1") == [first]
    assert listed(as_clinician, level="S2") == [second]


def test_index_dates_and_days_of_change_are_filtered_at_both_ends(as_clinician, center):
    first, second = (
        CaseFactory(
            patient=PatientFactory(center=center),
            index_date=datetime.date(2024, 3, day),
            index_date_precision="day",
        )
        for day in (10, 20)
    )
    assert listed(as_clinician, date_from="2024-03-11") == [second]
    assert listed(as_clinician, date_to="10.03.2024") == [first]
    assert set(listed(as_clinician, date_from="2024-03-10", date_to="2024-03-20")) == {first, second}
    today = timezone.localdate()
    tomorrow = today + datetime.timedelta(days=1)
    assert len(listed(as_clinician, changed_from=today.isoformat(), changed_to=today.isoformat())) == 2
    assert listed(as_clinician, changed_from=tomorrow.isoformat()) == []
    html = as_clinician.get(URL, {"date_from": "31.02.2024"}).content.decode()
    assert "is not a date" in html


@pytest.mark.parametrize("name", ["date_from", "date_to", "changed_from", "changed_to"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_that_no_record_has_is_named_at_its_filter_and_left_out(as_clinician, case, name, day):
    assert listed(as_clinician, **{name: day}) == [case]
    form = as_clinician.get(URL, {name: day}).context["form"]
    assert list(form.errors) == [name]


def test_a_date_that_is_withheld_cannot_be_found_by_filtering(as_researcher, center):
    CaseFactory(
        patient=PatientFactory(center=center),
        index_date=datetime.date(2024, 3, 10),
        index_date_precision="day",
    )
    assert len(listed(as_researcher)) == 1
    assert listed(as_researcher, date_from="2024-01-01") == []
    assert listed(as_researcher, date_to="2025-01-01") == []


def test_filters_of_a_link_are_named_and_can_be_taken_away(as_clinician, clinician, center):
    case = CaseFactory(patient=PatientFactory(center=center), by=clinician)
    ProcedureFactory(case=case, kind="rfa")
    bare = CaseFactory(patient=PatientFactory(center=center), by=clinician)
    assert listed(as_clinician, strategy="rfa", mine="on") == [case]
    assert listed(as_clinician, strategy=".none") == [bare]
    for none in ("sacroplasty", "rfa+sacroplasty", "rfa+rfa", "x", "+"):
        assert listed(as_clinician, strategy=none) == []
    response = as_clinician.get(URL, {"strategy": "rfa", "mine": "on"})
    html = response.content.decode()
    assert "Strategy: RFA" in html and "entered or changed by me" in html
    urls = {row["token"].name: row["url"] for row in response.context["tokens"]}
    assert urls == {"strategy": "?mine=on", "mine": "?strategy=rfa"}
    assert 'name="strategy" value="rfa" form="case-filter"' in html, "another filter keeps it"


def test_a_filter_that_cannot_be_read_is_named_and_left_out(as_clinician, case):
    response = as_clinician.get(
        URL, {"age_from": "9" * 400, "sex": "no such", "status": "💥", "page": "²", "sort": "x"}
    )
    assert response.status_code == 200
    assert len(response.context["rows"]) == 1
    assert response.context["form"].errors


@pytest.mark.parametrize("text", ["💥", "مريض", "%", "_", "'; --", "x" * 99])
def test_odd_words_in_the_search_are_words(as_clinician, case, text):
    assert listed(as_clinician, q=text) == []


def test_a_null_character_is_refused_in_words(as_clinician):
    response = as_clinician.get(URL + "?q=%00")
    assert response.status_code == 400
    assert "null character" in response.content.decode()


def test_columns_sort_both_ways_with_missing_values_last(as_clinician, center):
    young, old, unknown = (
        CaseFactory(patient=PatientFactory(center=center), age_years=age) for age in (30, 80, None)
    )
    assert listed(as_clinician, sort="patient") == [young, old, unknown]
    assert listed(as_clinician, sort="-patient") == [old, young, unknown]
    html = as_clinician.get(URL, {"sort": "patient"}).content.decode()
    assert 'aria-sort="ascending"' in html and "sort=-patient" in html


@pytest.mark.parametrize(
    "sort", ["case", "status", "diagnosis", "strategy", "levels", "date", "changed", "-strategy", "-date"]
)
def test_every_column_can_be_sorted_by(as_clinician, case, sort):
    assert listed(as_clinician, sort=sort) == [case]


def test_pages_hold_every_case_once(as_clinician, center, monkeypatch):
    monkeypatch.setattr("registry.core.views.listing.PAGE_SIZE", 3)
    made = {CaseFactory(patient=PatientFactory(center=center)).pk for _ in range(7)}
    seen = []
    page = "?sort=status"
    while page:
        response = as_clinician.get(URL + page)
        seen += [row["case"].pk for row in response.context["rows"]]
        page = response.context["next_url"]
        assert "sort=status" in page or not page
    assert len(seen) == 7 and set(seen) == made


def test_levels_sort_from_the_neck_down_and_are_named_in_that_order(as_clinician, center):
    sacral, lumbar, both, none = (CaseFactory(patient=PatientFactory(center=center)) for _ in range(4))
    LesionFactory(case=sacral, levels="sacrum")
    LesionFactory(case=lumbar, levels="L4")
    LesionFactory(case=both, levels="S1")
    LesionFactory(case=both, levels="T12;L1")
    assert listed(as_clinician, sort="levels") == [both, lumbar, sacral, none]
    assert listed(as_clinician, sort="-levels") == [sacral, lumbar, both, none]
    rows = as_clinician.get(URL, {"sort": "levels"}).context["rows"]
    assert rows[0]["levels"] == "T12, L1, S1"


def test_diagnoses_are_found_and_sorted_by_their_name_in_the_readers_language(as_clinician, center):
    labels = ("Multiple myeloma", "Bladder carcinoma", "Chordoma")
    myeloma, bladder, chordoma = (
        CaseFactory(patient=PatientFactory(center=center), diagnosis=DiagnosisFactory(label=label))
        for label in labels
    )
    assert listed(as_clinician, sort="diagnosis") == [bladder, chordoma, myeloma]
    as_clinician.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    assert listed(as_clinician, sort="diagnosis") == [chordoma, bladder, myeloma], "Harnblasenkarzinom"
    assert listed(as_clinician, q="harnblase") == [bladder]
    assert listed(as_clinician, q="bladder") == [bladder]


def test_an_address_names_all_the_pages_that_are_shown(as_clinician, center, monkeypatch):
    monkeypatch.setattr("registry.core.views.listing.PAGE_SIZE", 2)
    for _ in range(7):
        CaseFactory(patient=PatientFactory(center=center))
    every = listed(as_clinician, sort="case", to=4)
    assert len(every) == 7
    assert listed(as_clinician, sort="case", page=2, to=3) == every[2:6]
    added = as_clinician.get(
        URL, {"sort": "case", "page": 2, "from": 1}, headers={"HX-Request": "true"}
    ).context
    assert [row["case"] for row in added["rows"]] == every[2:4]
    assert (added["first"], added["last"]) == (1, 4)
    assert added["append_shows"] == "?sort=case&page=1&to=3"
    monkeypatch.setattr("registry.core.views.listing.MOST_AT_ONCE", 2)
    page = as_clinician.get(URL, {"sort": "case", "to": 99}).context
    assert len(page["rows"]) == 4 and not page["append_url"] and "page=3" in page["next_url"]


def test_a_date_is_shown_as_far_as_it_is_known(as_clinician, center):
    for precision in ("month", "year"):
        CaseFactory(
            patient=PatientFactory(center=center),
            index_date=datetime.date(2024, 3, 1),
            index_date_precision=precision,
        )
    shown = {row["index_date"] for row in as_clinician.get(URL).context["rows"]}
    assert shown == {"March 2024", "2024"}


def test_the_count_is_capped(as_clinician, case, monkeypatch):
    monkeypatch.setattr("registry.core.views.listing.COUNT_CAP", 0)
    assert "0+" in as_clinician.get(URL).content.decode()


def test_with_htmx_the_results_come_alone(as_clinician, case):
    response = as_clinician.get(URL, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert response["Vary"].count("HX-Request") == 1
    restored = as_clinician.get(URL, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in restored.content.decode()


def test_a_researcher_reads_no_date(as_clinician, as_researcher, center):
    CaseFactory(
        patient=PatientFactory(center=center),
        index_date=datetime.date(2024, 3, 11),
        index_date_precision="day",
    )
    assert "2024-03-11" in as_clinician.get(URL).content.decode()
    assert "2024-03-11" not in as_researcher.get(URL).content.decode()


def test_a_researcher_reads_90_for_every_age_from_90_on(as_clinician, as_researcher, center):
    CaseFactory(patient=PatientFactory(center=center), age_years=97)
    assert "97&nbsp;y" in as_clinician.get(URL).content.decode()
    assert "90+&nbsp;y" in as_researcher.get(URL).content.decode()
    assert len(listed(as_clinician, age_from=96)) == 1
    assert listed(as_researcher, age_from=91) == []
    assert len(listed(as_researcher, age_from=90, age_to=90)) == 1


def test_an_empty_list_says_what_to_do_next(as_clinician):
    html = as_clinician.get(URL).content.decode()
    assert "No cases yet" in html and reverse("case-new") in html
    assert "No case fits" in as_clinician.get(URL, {"q": "x"}).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_list(
    as_clinician, center, django_assert_max_num_queries
):
    def fill(count):
        for _ in range(count):
            case = CaseFactory(patient=PatientFactory(center=center))
            LesionFactory(case=case)
            ProcedureFactory(case=case)

    fill(2)
    as_clinician.get(URL)
    with django_assert_max_num_queries(14) as few:
        as_clinician.get(URL)
    fill(6)
    with django_assert_max_num_queries(len(few)):
        as_clinician.get(URL)
