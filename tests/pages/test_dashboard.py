"""``/``: counts, drafts, recent cases, published series."""

from django.urls import reverse

from tests.factories import (
    CaseFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    PublicationFactory,
    TreatedLesionFactory,
)

URL = reverse("dashboard")


def test_it_counts_the_cases_of_own_centres(as_clinician, case, other_center):
    CaseFactory(patient=PatientFactory(center=other_center))
    response = as_clinician.get(URL)
    assert response.context["total"] == 1
    assert {code: n for code, _label, n in response.context["statuses"]} == {
        "draft": 1,
        "complete": 0,
        "signed": 0,
    }


def test_a_new_centre_is_told_how_to_begin(as_clinician, center):
    html = as_clinician.get(URL).content.decode()
    assert "No case of your own yet" in html
    assert html.count("btn-primary") == 1


def test_my_drafts_are_those_i_wrote(as_clinician, clinician, curator, center):
    mine = CaseFactory(patient=PatientFactory(center=center), by=clinician)
    CaseFactory(patient=PatientFactory(center=center), by=curator)
    response = as_clinician.get(URL)
    assert [row["case"] for row in response.context["drafts"]] == [mine]
    assert len(response.context["recent"]) == 2


def test_cases_are_counted_by_strategy(as_clinician, case):
    ProcedureFactory(case=case, kind="sacroplasty")
    ProcedureFactory(case=case, kind="rfa")
    column = as_clinician.get(URL).context["columns"][0]
    assert column["rows"] == [("sacroplasty + RFA", 1)]


def test_published_series_are_there_for_everybody(as_outsider):
    PublicationFactory(slug="zhao-2021", authors=["A. Zhao", "B. Du"], year=2021)
    assert "A. Zhao et al. 2021" in as_outsider.get(URL).content.decode()


def test_an_outsider_sees_nothing_of_another_centre(as_outsider, case):
    response = as_outsider.get(URL)
    assert response.context["total"] == 0
    assert case.patient.registry_id not in response.content.decode()


def test_anonymous_goes_to_the_sign_in_page_and_comes_back(as_anonymous, db):
    response = as_anonymous.get(URL)
    assert response.status_code == 302
    assert response.url == f"{reverse('login')}?next=/"


def test_unusual_values_wait_to_be_explained(as_clinician, as_outsider, case):
    LesionFactory(
        case=case,
        volume_ml=20,
        diameter_longest_mm=30,
        diameter_perpendicular_mm=20,
        diameter_craniocaudal_mm=20,
    )
    url = reverse("unusual-values")
    assert "differs by more than 20 %" in as_clinician.get(url).content.decode()
    assert "differs by more than 20 %" not in as_outsider.get(url).content.decode()
    fragment = as_clinician.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "Correct or explain" in fragment


def test_the_number_of_queries_does_not_grow(as_clinician, center, django_assert_max_num_queries):
    def fill():
        for _ in range(2):
            case = CaseFactory(patient=PatientFactory(center=center))
            procedure = ProcedureFactory(case=case)
            TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case), cement_volume_ml=12)

    fill()
    for url, limit in ((URL, 16), (reverse("unusual-values"), 14)):
        as_clinician.get(url)
        with django_assert_max_num_queries(limit) as asked:
            as_clinician.get(url)
        fill()
        with django_assert_max_num_queries(len(asked)):
            as_clinician.get(url)
