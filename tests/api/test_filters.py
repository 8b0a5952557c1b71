"""Filters: they do what they say, and a mistyped one never returns everything."""

import pytest

from registry.api import RESOURCES
from registry.core.api.filters import filters_of
from tests import factories
from tests.api.bodies import id_of

pytestmark = pytest.mark.django_db


def ids(answer):
    assert answer.status_code == 200, answer.json()
    return {row["id"] for row in answer.json()["results"]}


@pytest.fixture
def cases(center, published_case):
    """A drawer of cases that differ in everything that can be filtered."""
    lung = factories.DiagnosisFactory(slug="lung")
    made = {"published": published_case}
    for name, age, sex, status in (("young", 20, "male", "primary"), ("old", 80, "female", "metastasis")):
        patient = factories.PatientFactory(center=center, sex=sex)
        made[name] = factories.CaseFactory(
            patient=patient, age_years=age, disease_status=status, diagnosis=lung if name == "old" else None
        )
    factories.LesionFactory(case=made["young"], levels="T10;T11", side="left")
    lesion = factories.LesionFactory(case=made["old"], levels="T1", side="right")
    sacroplasty = factories.ProcedureFactory(case=made["old"], kind="sacroplasty")
    factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesion)
    factories.ProcedureFactory(case=made["old"], kind="rfa")
    factories.ProcedureFactory(case=made["young"], kind="rfa")
    return made


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"publication": "zhao-2021"}, ["published"]),
        ({"center": "HEI"}, ["young", "old"]),
        ({"center": "NOWHERE"}, []),
        ({"sex": "male"}, ["young"]),
        ({"age_years_min": "80"}, ["old"]),
        ({"age_years_max": 20}, ["young"]),
        ({"disease_status": "metastasis", "center": "HEI"}, ["old"]),
        ({"diagnosis": "lung"}, ["old"]),
        ({"case_status": "draft"}, ["young", "old", "published"]),
        ({"status": "complete"}, []),
        ({"kind": "rfa"}, ["young", "old"]),
        ({"kind": "sacroplasty"}, ["old"]),
        ({"strategy": "sacroplasty+rfa"}, ["old"]),
        ({"strategy": "rfa"}, ["young"]),
        ({"level": "T1"}, ["old"]),
        ({"level": "T10"}, ["young"]),
        ({"side": "left"}, ["young"]),
        ({"source_label": "Case 1"}, ["published"]),
    ],
)
def test_cases_are_filtered(api, cases, parameters, names):
    assert ids(api.get("cases/", **parameters)) == {id_of(cases[name]) for name in names}


def test_a_plus_in_a_strategy_may_be_written_plainly(api, cases):
    assert ids(api.client.get("/api/v1/cases/?strategy=sacroplasty+rfa")) == {id_of(cases["old"])}


def test_rows_are_filtered_by_the_ids_of_what_lies_above(api, cases, outsider):
    case = cases["old"]
    procedure = case.procedures.get(kind="sacroplasty")
    [treated] = procedure.treated_lesions.all()
    for resource, parameters, expected in (
        ("lesions", {"case_id": id_of(case)}, [treated.lesion]),
        ("lesions", {"patient_id": id_of(case.patient)}, [treated.lesion]),
        ("lesions", {"level": "T1", "side": "right"}, [treated.lesion]),
        ("procedures", {"case_id": id_of(case), "kind": "rfa"}, [case.procedures.get(kind="rfa")]),
        ("treated-lesions", {"procedure_id": id_of(procedure)}, [treated]),
        ("treated-lesions", {"lesion_id": id_of(treated.lesion), "kind": "sacroplasty"}, [treated]),
        ("treated-lesions", {"lesion_id": id_of(procedure)}, []),
        ("cases", {"case_id": id_of(case)}, [case]),
    ):
        assert ids(api.get(f"{resource}/", **parameters)) == {id_of(row) for row in expected}, (
            resource,
            parameters,
        )


def test_assessments_are_filtered_by_time_point(api, case):
    factories.AssessmentFactory(case=case)
    day_1 = factories.AssessmentFactory(case=case, time_point="day_1")
    assert ids(api.get("assessments/", time_point="day_1")) == {id_of(day_1)}


def test_reported_values_are_filtered(api):
    arm = factories.StudyArmFactory(code="A")
    mean = factories.ReportedValueFactory(
        publication=arm.publication, arm=arm, variable="odi", time_point="day_1"
    )
    factories.ReportedValueFactory(publication=arm.publication, statistic="sd")
    for parameters in ({"arm": "A"}, {"variable": "odi"}, {"statistic": "mean"}, {"time_point": "day_1"}):
        assert ids(api.get("reported-values/", **parameters)) == {id_of(mean)}


@pytest.mark.parametrize("resource", sorted(RESOURCES))
def test_an_unknown_filter_is_refused_by_name(api, resource):
    answer = api.get(f"{resource}/", publicaton="zhao-2021")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["publicaton"]
    assert "page_size" in answer.json()["errors"]["publicaton"][0]


@pytest.mark.parametrize("resource", sorted(RESOURCES))
def test_every_filter_refuses_or_finds_nothing_but_never_breaks(api, resource, case, parents):
    view = RESOURCES[resource]()
    for name, made in filters_of(view).items():
        for value in (
            "no such value",
            "x" * 3000,
            "\u202e",
            "1e5",
            "99999999999999999999",
            "-1",
            "'; drop table",
        ):
            answer = api.get(f"{resource}/", **{name: value})
            assert answer.status_code in (200, 400), (name, value)
            if answer.status_code == 400:
                assert list(answer.json()["errors"]) == [name]
            elif not name.startswith("age_years"):
                assert answer.json()["results"] == [], (name, value)
        if not made.takes_empty:
            assert list(api.get(f"{resource}/", **{name: ""}).json()["errors"]) == [name]
        twice = api.client.get(f"/api/v1/{resource}/?{name}=a&{name}=b")
        assert list(twice.json()["errors"]) == [name]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"publication": "zhao-2020"}, "No such publication: “zhao-2020”."),
        ({"diagnosis": "lungs"}, "No such diagnosis: “lungs”."),
        ({"sex": "m"}, "“m” is not one of: male, female, other, unknown."),
        ({"case_id": "5"}, "“5” is not an id."),
        ({"age_years_min": "old"}, "“old” is not a number."),
        ({"strategy": "rfa+sacroplasty"}, "“rfa+sacroplasty” is no strategy."),
        ({"index_date_from": "soon"}, "“soon” is not a date."),
    ],
)
def test_a_wrong_filter_value_has_its_message(api, parameters, message):
    answer = api.get("cases/", **parameters)
    assert answer.status_code == 400
    [(name, said)] = answer.json()["errors"].items()
    assert name in parameters and said[0].startswith(message)


def test_several_wrong_filters_are_named_together(api):
    assert set(api.get("cases/", sex="m", level="L9").json()["errors"]) == {"sex", "level"}
