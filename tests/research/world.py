"""A small world of records with known values: a published series, an own centre and a foreign one."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

from tests import factories as make

#: Day 0 of the clinical cases.
INDEX = datetime.date(2024, 3, 11)


def _id(name: str) -> uuid.UUID:
    """The same public id in every run, so that files can be compared byte by byte."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"tests/{name}")


class World:
    """Case A: published REBOA. Case B: own sacroplasty and RFA with zeros. Case C: own, without consent. D: foreign."""

    def __init__(self) -> None:
        self.paper = make.PublicationFactory(slug="paper-2021", uuid=_id("paper"))
        self.published = make.CenterFactory(code="PAPER", kind="published", uuid=_id("published"))
        self.own = make.CenterFactory(code="OWN", uuid=_id("own"))
        self.foreign = make.CenterFactory(code="FOR", uuid=_id("foreign"))
        self.diagnosis = make.DiagnosisFactory(
            slug="renal-cell",
            label="Renal cell carcinoma",
            icd10="C64.9",
            icdo3="8312/3",
            uuid=_id("diagnosis"),
        )
        self.researcher = make.member(self.own, "researcher", username="world-researcher")
        self.outsider = make.member(make.CenterFactory(code="ELSE"), "clinician", username="world-outsider")
        self.published_case()
        self.own_case()
        self.case_without_consent()
        self.foreign_case()
        self.reported_values()

    def case(self, name: str, center: Any, patient: dict[str, Any], **values: Any) -> Any:
        person = make.PatientFactory(center=center, uuid=_id(f"patient {name}"), **patient)
        return make.CaseFactory(patient=person, diagnosis=self.diagnosis, uuid=_id(f"case {name}"), **values)

    def published_case(self) -> None:
        case = self.a = self.case(
            "A",
            self.published,
            {"sex": "male", "publication": self.paper, "source_label": "Case 3"},
            age_years=93,
            diagnosis_text="as printed, with “quotes”, commas\nand lines",
            missing={"height_cm": "not_reported", "weight_kg": "group_only"},
        )
        first = make.LesionFactory(
            case=case, uuid=_id("lesion A1"), levels="L4;L3", side="left", volume_ml=Decimal("8.00")
        )
        make.LesionFactory(
            case=case,
            uuid=_id("lesion A2"),
            levels="L3;pelvis",
            volume_ml=Decimal("0.10"),
            missing={"side": "not_reported"},
        )
        reboa = make.ProcedureFactory(
            case=case,
            kind="reboa",
            uuid=_id("procedure A1"),
            duration_min=810,
            duration_qualifier="nearly",
            hospital_stay_days=0,
            complications_answered="none",
        )
        make.ReboaDetailsFactory(
            procedure=reboa,
            blood_loss_ml=0,
            surgical_approach="combined",
            sheath_fr=Decimal("11.0"),
            closure_device="=device",
            missing={"urine_output_ml": "not_reported"},
        )
        make.BalloonInflationFactory(
            procedure=reboa,
            uuid=_id("inflation 1"),
            inflated_min=-10,
            deflated_min=50,
            aortic_zone="zone_iii",
        )
        make.BalloonInflationFactory(
            procedure=reboa, uuid=_id("inflation 2"), inflated_min=65, deflated_min=65, volume_ml=0
        )
        make.AssessmentFactory(
            case=case,
            uuid=_id("assessment A1"),
            time_point="baseline",
            vas_pain=8,
            missing={"odi": "not_done"},
        )
        make.AssessmentFactory(
            case=case, uuid=_id("assessment A2"), time_point="month_12", vas_pain=0, kps=100
        )
        make.FollowUpStatusFactory(
            case=case, vital_status="dead", death_interval_value=Decimal("20.0"), death_interval_unit="months"
        )
        self.lesion_a = first

    def own_case(self) -> None:
        case = self.b = self.case(
            "B",
            self.own,
            {
                "sex": "female",
                "birth_year": 1960,
                "hospital_number": "4711",
                "consent_status": "given",
                "consent_date": INDEX,
            },
            age_years=64,
            index_date=INDEX,
            index_date_precision="day",
            height_cm=Decimal("170.0"),
            weight_kg=Decimal("60.0"),
            indications="pain;instability",
            diagnosis_text="names Mrs Example",
            notes="=SUM(A1:A9)",
        )
        lesion = make.LesionFactory(
            case=case,
            uuid=_id("lesion B1"),
            levels="S1;S2",
            side="right",
            zone_ala=True,
            zone_foraminal=False,
            zone_central=False,
            volume_ml=Decimal("6.80"),
            diameter_longest_mm=30,
            diameter_perpendicular_mm=20,
            diameter_craniocaudal_mm=25,
        )
        make.TreatmentFactory(case=case, uuid=_id("treatment B1"), kind="chemotherapy")
        make.TreatmentFactory(
            case=case,
            uuid=_id("treatment B2"),
            kind="radiotherapy",
            detail="30 Gy for Mrs Example",
            interval_value=Decimal("0.0"),
            interval_unit="days",
        )
        sacroplasty = make.ProcedureFactory(
            case=case,
            kind="sacroplasty",
            uuid=_id("procedure B1"),
            date=INDEX,
            duration_min=45,
            technical_success=True,
            notes="free text",
            complications_answered="present",
        )
        make.SacroplastyDetailsFactory(procedure=sacroplasty, technique="balloon", cement_product="+cement")
        make.TreatedLesionFactory(
            procedure=sacroplasty,
            lesion=lesion,
            uuid=_id("treated B1"),
            approach="transiliac",
            cement_volume_ml=Decimal("0.00"),
            cement_diameter_mm=Decimal("0.0"),
            cement_filling_percent_reported=Decimal("0.00"),
            leak_sites="venous;disc",
        )
        rfa = make.ProcedureFactory(
            case=case,
            kind="rfa",
            uuid=_id("procedure B2"),
            date=INDEX + datetime.timedelta(days=30),
            duration_min=60,
            complications_answered="none",
        )
        make.RfaDetailsFactory(procedure=rfa, stopped_for_neurologic_symptoms=False)
        treated = make.TreatedLesionFactory(procedure=rfa, lesion=lesion, uuid=_id("treated B2"))
        make.AblationFactory(
            treated_lesion=treated,
            uuid=_id("ablation B1"),
            ablation_time_min=10,
            temperature_mean_celsius=85,
            minutes_at_target_min=10,
            rolloff_count=0,
        )
        make.AblationFactory(
            treated_lesion=treated, uuid=_id("ablation B2"), ablation_time_min=Decimal("2.5"), rolloff_count=1
        )
        for point, days, vas in (("baseline", -3, "7.5"), ("day_1", 1, "0.0"), ("month_1", 30, "5.6")):
            make.AssessmentFactory(
                case=case,
                uuid=_id(f"assessment B {point}"),
                time_point=point,
                date=INDEX + datetime.timedelta(days=days),
                vas_pain=Decimal(vas),
                odi=0 if point == "day_1" else Decimal("33.33"),
                analgesic_scale=0 if point == "day_1" else 2,
                barthel=0 if point == "day_1" else 95,
            )
        for number, sections in (
            (1, {"odi_walking": 0}),
            (2, {"odi_walking": 3, "odi_lifting": 4, "odi_sitting": 0}),
        ):
            make.AssessmentFactory(
                case=case,
                uuid=_id(f"assessment B unscheduled {number}"),
                time_point="unscheduled",
                interval_value=number,
                interval_unit="weeks",
                **sections,
            )
        make.ComplicationFactory(
            procedure=sacroplasty,
            lesion=lesion,
            uuid=_id("complication B1"),
            kind="radicular_pain",
            sir_grade="c",
            onset_day=0,
            treatment="-2 tablets for Mrs Example",
        )
        make.FollowUpStatusFactory(
            case=case,
            followup_state="under_follow_up",
            vital_status="alive",
            last_contact_date=INDEX + datetime.timedelta(days=400),
            local_recurrence=False,
            missing={"recurrence_date": "not_applicable"},
        )

    def case_without_consent(self) -> None:
        case = self.c = self.case("C", self.own, {"sex": "male", "consent_status": "withdrawn"}, age_years=50)
        make.LesionFactory(case=case, uuid=_id("lesion C1"), levels="L1")

    def foreign_case(self) -> None:
        case = self.d = self.case("D", self.foreign, {"sex": "male"}, age_years=50)
        make.LesionFactory(case=case, uuid=_id("lesion D1"), levels="L1")
        vertebroplasty = make.ProcedureFactory(case=case, kind="vertebroplasty", uuid=_id("procedure D1"))
        make.VertebroplastyDetailsFactory(
            procedure=vertebroplasty, technique="needle", transarterial_therapy="sessions"
        )
        make.TransarterialSessionFactory(procedure=vertebroplasty, kind="tace", agents="lipiodol")

    def transarterial_case(self) -> Any:
        """Case E, only where it is asked for: own vertebroplasty with sessions before, on and after its day."""
        case = self.e = self.case(
            "E", self.own, {"consent_status": "given"}, index_date=INDEX, index_date_precision="day"
        )
        vertebroplasty = make.ProcedureFactory(
            case=case,
            kind="vertebroplasty",
            uuid=_id("procedure E1"),
            date=INDEX + datetime.timedelta(days=2),
        )
        make.VertebroplastyDetailsFactory(procedure=vertebroplasty, transarterial_therapy="sessions")
        for number, values in enumerate(
            (
                {"kind": "tai", "date": INDEX + datetime.timedelta(days=9), "arteries": "L3 segmental"},
                {"kind": "tace", "interval_value": Decimal("-2.0"), "interval_unit": "weeks"},
                {"kind": "tae", "agents": "pva;coils", "missing": {"date": "not_recorded"}},
            ),
            1,
        ):
            session = make.TransarterialSessionFactory(
                procedure=vertebroplasty, uuid=_id(f"session E{number}"), **values
            )
            if number == 2:
                make.TransarterialDrugFactory(
                    session=session, uuid=_id("drug E1"), name="=epirubicin", dose_mg=Decimal("50.00")
                )
                make.TransarterialDrugFactory(
                    session=session, uuid=_id("drug E2"), name="cisplatin", missing={"dose_mg": "unknown"}
                )
        return case

    def reported_values(self) -> None:
        arm = make.StudyArmFactory(publication=self.paper, code="A", uuid=_id("arm"))
        make.ReportedValueFactory(
            publication=self.paper,
            uuid=_id("reported 1"),
            order=1,
            value=Decimal("7.700000"),
            value_text="7.70",
            denominator=0,
            location="Table 2",
            category="zone I",
        )
        make.ReportedValueFactory(
            publication=self.paper,
            arm=arm,
            uuid=_id("reported 2"),
            order=2,
            statistic="p_value",
            variable="odi",
            value=Decimal("0.0005"),
            qualifier="less_than",
            comparison="A vs B",
            test="t",
            location="Results",
            missing={"denominator": "not_reported"},
        )
