"""Values, missing codes and unusual values on their way in and out."""

from decimal import Decimal

import pytest
from django.db import models

from outcomes.models import Assessment
from registry.core.codes import MissingCode
from registry.core.rules import Between, OneOf, OnlyWhen, Pair, Requires, rules_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessment(case):
    return factories.AssessmentFactory(case=case)


@pytest.fixture
def address(assessment):
    return f"assessments/{assessment.uuid}/"


# -- missing codes -----------------------------------------------------------------------------------------------------


def test_a_missing_code_is_kept_and_shown_beside_its_value(api, address):
    answer = api.patch(address, {"version": 1, "odi__missing": "not_done", "kps": 70})
    assert answer.status_code == 200, answer.json()
    shown = api.get(address).json()
    assert (shown["odi"], shown["odi__missing"]) == (None, "not_done")
    assert (shown["kps"], shown["kps__missing"]) == (70, None)


def test_every_missable_field_has_its_missing_key_in_every_answer(api, address, case):
    shown = api.get(address).json()
    listed = api.get("assessments/").json()["results"][0]
    embedded = api.get(f"cases/{case.uuid}/").json()["assessments"][0]
    for name in Assessment.missable_fields():
        assert shown[f"{name}__missing"] is listed[f"{name}__missing"] is embedded[f"{name}__missing"] is None


def test_a_value_takes_the_place_of_its_missing_code(api, address):
    api.patch(address, {"version": 1, "vas_pain__missing": "refused"})
    answer = api.patch(address, {"version": 2, "vas_pain": 0})
    assert (answer.json()["vas_pain"], answer.json()["vas_pain__missing"]) == (0, None)


def test_a_value_and_a_missing_code_at_once_are_refused(api, address):
    answer = api.patch(address, {"version": 1, "vas_pain": 3, "vas_pain__missing": "refused"})
    assert answer.json()["errors"] == {
        "vas_pain": ["VAS pain has a value and a missing code (refused); only one of them can be true."]
    }


def test_a_missing_code_is_taken_back(api, address):
    api.patch(address, {"version": 1, "vas_pain__missing": "refused"})
    for version, nothing in ((2, None), (2, "")):
        answer = api.patch(address, {"version": version, "vas_pain__missing": nothing})
        assert answer.status_code == 200 or answer.status_code == 409
    assert api.get(address).json()["vas_pain__missing"] is None


@pytest.mark.parametrize("code", ["no_such_code", 7, ["unknown"], {"unknown": 1}, True, "\x00"])
def test_a_wrong_missing_code_is_refused_at_its_field(api, address, code):
    answer = api.patch(address, {"version": 1, "vas_pain__missing": code})
    assert answer.status_code == 400
    assert "is not one of the missing codes" in answer.json()["errors"]["vas_pain"][0]


def test_a_diagnosis_may_be_missing(api, case):
    answer = api.patch(
        f"cases/{case.uuid}/", {"version": 1, "diagnosis": None, "diagnosis__missing": "not_recorded"}
    )
    assert answer.status_code == 200, answer.json()
    shown = answer.json()
    assert [shown[name] for name in ("diagnosis", "diagnosis_label", "icd10", "diagnosis__missing")] == [
        None,
        None,
        None,
        "not_recorded",
    ]


def test_all_missing_codes_are_accepted(api, address):
    for version, code in enumerate(MissingCode.values, start=1):
        assert api.patch(address, {"version": version, "odi__missing": code}).status_code == 200


# -- unusual values ----------------------------------------------------------------------------------------------------


def test_an_unusual_value_is_written_with_a_warning_until_it_is_confirmed(api, case):
    address = f"cases/{case.uuid}/"
    answer = api.patch(address, {"version": 1, "weight_kg": 170})
    assert answer.status_code == 200
    assert answer.json()["warnings"] == [
        {
            "field": "weight_kg",
            "limit": "weight_kg:35–160",
            "message": "Weight: 170 kg is above the usual 160 kg.",
            "value": 170.0,
        }
    ]
    assert api.get(address).json()["warnings"] == answer.json()["warnings"]
    assert "warnings" not in api.get("cases/").json()["results"][0]

    confirmed = api.patch(address, {"version": 2, "confirm": {"weight_kg": "weighed twice"}})
    assert confirmed.status_code == 200 and confirmed.json()["warnings"] == []
    case.refresh_from_db()
    assert case.confirmed["weight_kg"]["reason"] == "weighed twice"

    changed = api.patch(address, {"version": 3, "weight_kg": 172})
    assert [warning["field"] for warning in changed.json()["warnings"]] == ["weight_kg"]


def test_value_and_confirmation_come_in_one_request(api, case):
    body = {"version": 1, "weight_kg": 170, "confirm": {"weight_kg": "weighed twice"}}
    assert api.patch(f"cases/{case.uuid}/", body).json()["warnings"] == []


@pytest.mark.parametrize(
    ("confirm", "at"),
    [
        ("yes", "confirm"),
        ({"weight_kg": 5}, "confirm.weight_kg"),
        ({"weight_kg": ""}, "weight_kg"),
        ({"weight": "x"}, "confirm.weight"),
        ({"weight_kg": "\x00"}, "confirm.weight_kg"),
    ],
)
def test_a_confirmation_that_cannot_be_understood_is_refused(api, case, confirm, at):
    answer = api.patch(f"cases/{case.uuid}/", {"version": 1, "weight_kg": 170, "confirm": confirm})
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [at]


def test_a_second_patient_with_the_hospital_number_is_a_warning_never_a_refusal(api, center):
    first = api.post("patients/", {"center": "HEI", "hospital_number": "123-45"}).json()
    second = api.post("patients/", {"center": "HEI", "hospital_number": "12345"})
    assert second.status_code == 201
    assert [warning["field"] for warning in second.json()["warnings"]] == ["hospital_number"]
    assert first["registry_id"] in second.json()["warnings"][0]["message"]


# -- codes and references ----------------------------------------------------------------------------------------------


def test_several_codes_are_taken_as_list_or_text_and_given_as_text(api, case):
    body = {"case_id": str(case.uuid), "levels": ["S1", "L5"], "neural_compression": "nerve_root"}
    assert api.post("lesions/", body).json()["levels"] == "L5;S1"
    assert api.post("lesions/", body | {"levels": "S2;S1"}).json()["levels"] == "S1;S2"


def test_a_case_shows_codes_and_label_of_its_diagnosis(api, case):
    factories.DiagnosisFactory(slug="lung", label="lung cancer", icd10="C34.90")
    shown = api.patch(f"cases/{case.uuid}/", {"version": 1, "diagnosis": "lung"}).json()
    assert [
        shown[name] for name in ("diagnosis", "diagnosis_label", "icd10", "icdo3", "icd10_secondary")
    ] == [
        "lung",
        "lung cancer",
        "C34.90",
        None,
        "C79.51",
    ]


def test_derived_values_are_shown(api, case, parents):
    api.post(
        "lesions/",
        {
            "case_id": str(case.uuid),
            "levels": "L3",
            "zone_ala": True,
            "zone_foraminal": True,
            "sins_pain": "mechanical",
            "bone_lesion": "lytic",
            "sins_alignment": "normal",
            "sins_collapse": "none",
            "sins_posterolateral": "none",
        },
    )
    reboa = parents.procedure("reboa")
    factories.BalloonInflationFactory(procedure=reboa, inflated_min=0, deflated_min=45)
    factories.BalloonInflationFactory(procedure=reboa, inflated_min=60, deflated_min=80)
    factories.TreatedLesionFactory(
        procedure=parents.procedure("sacroplasty"), lesion=parents.lesion, leak_sites="none"
    )
    factories.AssessmentFactory(case=case, time_point="baseline", vas_pain=8, kps=70)
    factories.AssessmentFactory(case=case, time_point="day_1", vas_pain=5)
    shown = api.get(f"cases/{case.uuid}/").json()
    assert shown["strategy"] == "reboa+sacroplasty"
    assert (shown["lesions"][0]["sins_score"], shown["lesions"][0]["sins_class"]) == (
        7,
        "potentially_unstable",
    )
    assert shown["lesions"][0]["denis_zone"] == "foraminal"
    procedure = next(each for each in shown["procedures"] if each["kind"] == "reboa")
    assert (procedure["occlusion_longest_min"], procedure["occlusion_total_min"]) == (45, 65)
    cement = next(each for each in shown["procedures"] if each["kind"] == "sacroplasty")
    assert cement["treated_lesions"][0]["leak"] is False
    baseline, day_1 = shown["assessments"]
    assert baseline["ecog_from_kps"] == 1 and day_1["responder_points"] is True
    listed = api.get("assessments/", time_point="day_1").json()["results"][0]
    assert listed["responder_30_percent"] is True


def test_complications_stand_in_their_procedure_and_in_the_case(api, case, parents):
    made = factories.ComplicationFactory(procedure=parents.procedure("reboa"), kind="bleeding")
    shown = api.get(f"cases/{case.uuid}/").json()
    assert [row["id"] for row in shown["complications"]] == [str(made.uuid)]
    assert shown["procedures"][0]["complications"] == shown["complications"]


def test_a_case_without_follow_up_says_null(api, case):
    assert api.get(f"cases/{case.uuid}/").json()["followup"] is None
    factories.FollowUpStatusFactory(case=case, followup_state="lost")
    assert api.get(f"cases/{case.uuid}/").json()["followup"]["followup_state"] == "lost"


# -- zero --------------------------------------------------------------------------------------------------------------

#: Model → resource and how its rows are made; details are written inside their procedure.
ROWS = {
    "Patient": "patients",
    "Case": "cases",
    "Lesion": "lesions",
    "Treatment": "treatments",
    "Procedure": "procedures",
    "TreatedLesion": "treated-lesions",
    "Ablation": "ablations",
    "BalloonInflation": "balloon-inflations",
    "TransarterialSession": "transarterial-sessions",
    "TransarterialDrug": "transarterial-drugs",
    "Assessment": "assessments",
    "Complication": "complications",
    "FollowUpStatus": "follow-up-status",
}


def _admits_zero(column):
    about = [rule for rule in rules_of(column.model) if rule.field == column.name]
    for rule in about:
        if isinstance(rule, Between) and not rule.holds({column.name: 0}):
            return False
        if isinstance(rule, OneOf) and 0 not in rule.codes:
            return False
    return bool(about)


def _numbers_admitting_zero():
    for model in factories.FACTORIES:
        if model.center_path is None:
            continue
        for column in model._meta.concrete_fields:
            number = isinstance(column, models.DecimalField | models.IntegerField) and hasattr(column, "read")
            if number and _admits_zero(column):
                yield pytest.param(model, column.name, id=f"{model.__name__}.{column.name}")


def _companions(model, name):
    """What the other rules of the row want beside this column."""
    found = {}
    for rule in rules_of(model):
        if isinstance(rule, Pair) and name in rule.fields:
            other = next(each for each in rule.fields if each != name)
            found[other] = "days"
        if isinstance(rule, Requires) and rule.field == name:
            found[rule.other] = next(
                r for r in rules_of(model) if isinstance(r, OneOf) and r.field == rule.other
            ).codes[0]
        if isinstance(rule, OnlyWhen) and rule.field == name:
            found[rule.when] = rule.allowed[0]
    return found


@pytest.mark.parametrize(("model", "name"), list(_numbers_admitting_zero()))
def test_zero_is_a_value_through_every_column_that_admits_it(model, name, api, center):
    record = row_in(model, center)
    for version, zero in enumerate((0, "0", "0,0" if _is_decimal(model, name) else 0), start=1):
        if model.__name__ in ROWS:
            address, key = f"{ROWS[model.__name__]}/{record.uuid}/", name
            body = {"version": min(version, 2), name: zero, **_companions(model, name)}
            answer = api.patch(address, body)
            shown = answer.json()
        else:
            address, key = f"procedures/{record.procedure.uuid}/", name
            inner = {"version": min(version, 2), name: zero, **_companions(model, name)}
            answer = api.patch(address, {"version": 1, "details": inner})
            shown = answer.json().get("details")
        assert answer.status_code == 200, answer.json()
        assert shown[key] == 0 and not isinstance(shown[key], bool)
    record.refresh_from_db()
    assert getattr(record, name) == Decimal(0)
    stored = api.get(address).json()
    assert (stored if model.__name__ in ROWS else stored["details"])[name] == 0


def _is_decimal(model, name):
    return isinstance(model._meta.get_field(name), models.DecimalField)


def row_in(model, center):
    """A row of the model in the centre."""
    path = model.center_path
    case = factories.CaseFactory(patient__center=center, age_years=None)
    if model.__name__ == "Patient":
        return case.patient
    if model.__name__ == "Case":
        return case
    if path == "case__center":
        return factories.FACTORIES[model](case=case)
    kind = getattr(model, "kind", None)
    if isinstance(kind, str) or model.__name__ in (
        "BalloonInflation",
        "TransarterialSession",
        "TransarterialDrug",
    ):
        kinds = {
            "BalloonInflation": "reboa",
            "TransarterialSession": "vertebroplasty",
            "TransarterialDrug": "vertebroplasty",
        }
        procedure = factories.ProcedureFactory(case=case, kind=kinds.get(model.__name__, str(kind)))
        if model.__name__ == "TransarterialDrug":
            return factories.TransarterialDrugFactory(
                session=factories.TransarterialSessionFactory(procedure=procedure)
            )
        return factories.FACTORIES[model](procedure=procedure)
    procedure = factories.ProcedureFactory(case=case, kind="rfa")
    if model.__name__ == "Ablation":
        treated = factories.TreatedLesionFactory(procedure=procedure)
        return factories.AblationFactory(treated_lesion=treated)
    return factories.FACTORIES[model](procedure=procedure)
