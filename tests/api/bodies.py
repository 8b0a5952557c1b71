"""Valid bodies for every resource that may be written."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from tests import factories


class Parents:
    """Rows of one case to hang others on, made when first asked for."""

    def __init__(self, case: Any) -> None:
        self.case = case

    @cached_property
    def lesion(self) -> Any:
        return factories.LesionFactory(case=self.case)

    def procedure(self, kind: str) -> Any:
        made = self.__dict__.setdefault("_procedures", {})
        if kind not in made:
            made[kind] = factories.ProcedureFactory(case=self.case, kind=kind)
        return made[kind]

    @cached_property
    def treated_lesion(self) -> Any:
        return factories.TreatedLesionFactory(procedure=self.procedure("rfa"), lesion=self.lesion)

    @cached_property
    def session(self) -> Any:
        return factories.TransarterialSessionFactory(procedure=self.procedure("vertebroplasty"))


def id_of(record: Any) -> str:
    return str(record.uuid)


#: Resource → a body that creates a row.
BODIES: dict[str, Callable[[Parents], dict[str, Any]]] = {
    "patients": lambda at: {"center": at.case.center.code, "sex": "male"},
    "cases": lambda at: {"patient_id": id_of(at.case.patient), "age_years": 60},
    "lesions": lambda at: {"case_id": id_of(at.case), "levels": "L3;L4", "volume_ml": 6.8},
    "treatments": lambda at: {"case_id": id_of(at.case), "timing": "before", "kind": "surgery"},
    "procedures": lambda at: {"case_id": id_of(at.case), "kind": "reboa", "details": {"blood_loss_ml": 800}},
    "treated-lesions": lambda at: {
        "procedure_id": id_of(at.procedure("sacroplasty")),
        "lesion_id": id_of(at.lesion),
        "cement_volume_ml": 6.5,
    },
    "ablations": lambda at: {"treated_lesion_id": id_of(at.treated_lesion), "power_w": 20},
    "balloon-inflations": lambda at: {
        "procedure_id": id_of(at.procedure("reboa")),
        "inflated_min": -5,
        "deflated_min": 30,
    },
    "transarterial-sessions": lambda at: {
        "procedure_id": id_of(at.procedure("vertebroplasty")),
        "kind": "tace",
    },
    "transarterial-drugs": lambda at: {"session_id": id_of(at.session), "name": "epirubicin", "dose_mg": 40},
    "assessments": lambda at: {"case_id": id_of(at.case), "time_point": "day_1", "vas_pain": 3.5},
    "complications": lambda at: {"procedure_id": id_of(at.procedure("reboa")), "kind": "bleeding"},
    "follow-up-status": lambda at: {"case_id": id_of(at.case), "followup_state": "under_follow_up"},
}

#: Resource → a column that is changed in tests, and its new value.
CHANGES: dict[str, dict[str, Any]] = {
    "patients": {"sex": "female"},
    "cases": {"age_years": 61},
    "lesions": {"volume_ml": 7.25},
    "treatments": {"detail": "30 Gy"},
    "procedures": {"duration_min": 300},
    "treated-lesions": {"cement_volume_ml": 7},
    "ablations": {"power_w": 25},
    "balloon-inflations": {"deflated_min": 40},
    "transarterial-sessions": {"arteries": "lumbar"},
    "transarterial-drugs": {"dose_mg": 50},
    "assessments": {"vas_pain": 2},
    "complications": {"sir_grade": "b"},
    "follow-up-status": {"vital_status": "alive"},
}

#: What is no record: tested by its own tests.
OTHER = ("cohorts", "releases")

READ_ONLY = (
    "publications",
    "study-arms",
    "reported-values",
    "cited-series",
    "source-values",
    "centers",
    "diagnoses",
)
