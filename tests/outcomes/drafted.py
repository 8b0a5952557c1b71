"""Cases from which reports and letters are drafted in tests, and the numbers that each of their records holds."""

import datetime
import re
from decimal import Decimal
from typing import Any

from outcomes.codes import WINDOWS
from procedures.strategy import reperfusion_gaps_min
from registry.core.units import shown_number
from registry.core.views.display import Reader
from tests import factories as make

INDEX = datetime.date(2024, 3, 11)
TODAY = datetime.date(2024, 3, 15)


def person(center: Any, index_date: datetime.date = INDEX, **case: Any) -> Any:
    patient = make.PatientFactory(center=center, sex="female", hospital_number="4711-8")
    return make.CaseFactory(
        patient=patient,
        index_date=index_date,
        index_date_precision="day",
        age_years=62,
        **{
            "diagnosis": make.DiagnosisFactory(label="Hepatocellular carcinoma", icd10="C22.0"),
            "indications": "pain;tumour_control",
            **case,
        },
    )


def vertebroplasty_with_tace(center: Any) -> Any:
    """Two lesions through one puncture, one leak, two sessions on two dates, scores before and after."""
    case = person(center, recurrent=False, asa_class="asa_3", inr=Decimal("1.1"), neuro_scale="frankel")
    case.neuro_grade = "d"
    make.records.save(case, by=make.TESTS, reason="test")
    make.TreatmentFactory(case=case, interval_value=3, interval_unit="months", detail="30 Gy")
    make.TreatmentFactory(case=case, timing="after", kind="denosumab")
    first = make.LesionFactory(
        case=case,
        levels="L3",
        side="left",
        volume_ml=Decimal("6.8"),
        volume_method="segmentation",
        diameter_longest_mm=Decimal("28"),
        bone_lesion="lytic",
        neural_compression="nerve_root",
        compressed_root_levels="L3",
        compressed_root_side="left",
        missing={"epidural_grade": "not_done", "kyphotic_levels": "not_applicable"},
    )
    second = make.LesionFactory(case=case, levels="L4", volume_ml=Decimal("11.25"))
    procedure = make.ProcedureFactory(
        case=case,
        kind="vertebroplasty",
        date=INDEX,
        anesthesia="local_with_sedation",
        position="prone",
        guidance="ct;fluoroscopy",
        duration_min=55,
        duration_qualifier="nearly",
        technical_success=True,
        antibiotic_prophylaxis=True,
        complications_answered="present",
        hospital_stay_days=1,
        notes="Patient's left arm was padded.\n\nSecond look <3 min & calm.",
    )
    make.VertebroplastyDetailsFactory(
        procedure=procedure,
        technique="needle",
        cement_product="PMMA",
        transarterial_therapy="sessions",
    )
    make.TreatedLesionFactory(
        procedure=procedure,
        lesion=first,
        access_no=1,
        approach="transpedicular",
        needle_gauge=11,
        needle_count=2,
        cement_volume_ml=Decimal("4.5"),
        cement_diameter_mm=Decimal("21"),
        leak_sites="disc;venous",
        leak_symptomatic=False,
    )
    make.TreatedLesionFactory(
        procedure=procedure,
        lesion=second,
        access_no=1,
        approach="transpedicular",
        needle_gauge=11,
        cement_filling_percent_reported=Decimal("80"),
        leak_sites="none",
        missing={"cement_volume_ml": "not_recorded"},
    )
    tace = make.TransarterialSessionFactory(
        procedure=procedure,
        date=INDEX + datetime.timedelta(2),
        arteries="third left lumbar artery",
        agents="microspheres;lipiodol",
    )
    make.TransarterialDrugFactory(session=tace, name="epirubicin", dose_mg=Decimal("30"))
    make.TransarterialDrugFactory(session=tace, name="mitomycin")
    make.TransarterialSessionFactory(
        procedure=procedure,
        kind="tai",
        interval_value=1,
        interval_unit="months",
        missing={"agents": "unknown"},
    )
    make.ComplicationFactory(
        procedure=procedure,
        lesion=first,
        sir_grade="a",
        clavien_dindo="grade_i",
        onset_day=0,
        symptomatic=False,
        missing={"resolved": "unknown"},
    )
    make.AssessmentFactory(
        case=case,
        time_point="baseline",
        vas_pain=Decimal("8.5"),
        pain_instrument="vas",
        odi=Decimal("54"),
        kps=60,
        analgesic_class="strong_opioid",
        analgesic_adjuvant=True,
    )
    make.AssessmentFactory(
        case=case,
        time_point="day_1",
        vas_pain=Decimal("3"),
        pain_instrument="vas",
        kps=60,
        analgesic_class="weak_opioid",
        ambulatory=True,
        missing={"odi": "not_done"},
    )
    make.AssessmentFactory(
        case=case,
        time_point="unscheduled",
        date=TODAY,
        vas_pain=Decimal("2.5"),
        pain_instrument="vas",
        odi_walking=2,
        odi_sitting=3,
        satisfaction="very_satisfied",
    )
    return case


def rfa_case(center: Any) -> Any:
    """One lesion complete by temperature, one that was stopped; the patient died of the disease."""
    index = datetime.date(2022, 5, 2)
    case = person(center, index, disease_status="systemic")
    procedure = make.ProcedureFactory(
        case=case,
        kind="rfa",
        date=index,
        anesthesia="general",
        position="prone",
        guidance="ct",
        duration_min=70,
        technical_success=False,
        antibiotic_prophylaxis=False,
        complications_answered="none",
        hospital_stay_days=4,
    )
    make.RfaDetailsFactory(
        procedure=procedure, electrode="cooled, bipolar", stopped_for_neurologic_symptoms=True
    )
    done = make.LesionFactory(
        case=case,
        levels="S1;S2",
        side="right",
        zone_ala=True,
        zone_foraminal=False,
        volume_ml=Decimal("9"),
        missing={"zone_central": "not_recorded"},
    )
    stopped = make.LesionFactory(case=case, levels="sacrum", side="left", missing={"volume_ml": "not_done"})
    row = make.TreatedLesionFactory(
        procedure=procedure,
        lesion=done,
        approach="transiliac",
        needle_gauge=13,
        ablation_completion="temperature",
    )
    make.AblationFactory(
        treated_lesion=row,
        active_tip_cm=Decimal("2"),
        power_w=Decimal("12.5"),
        ablation_time_min=Decimal("14"),
        temperature_mean_celsius=Decimal("86"),
        temperature_min_celsius=Decimal("71.5"),
        temperature_max_celsius=Decimal("91"),
        minutes_at_target_min=Decimal("11"),
    )
    make.AblationFactory(treated_lesion=row, active_tip_cm=Decimal("1"), missing={"power_w": "not_recorded"})
    row = make.TreatedLesionFactory(
        procedure=procedure, lesion=stopped, approach="transiliac", ablation_completion="not_complete"
    )
    make.AblationFactory(
        treated_lesion=row,
        active_tip_cm=Decimal("2"),
        power_w=Decimal("10"),
        ablation_time_min=Decimal("3"),
        rolloff_count=0,
    )
    make.AssessmentFactory(case=case, time_point="baseline", vas_pain=7, pain_instrument="nrs", kps=70)
    make.AssessmentFactory(
        case=case,
        time_point="month_1",
        vas_pain=7,
        pain_instrument="nrs",
        kps=80,
        analgesic_scale=2,
        analgesic_scale_version="registry_1",
    )
    make.FollowUpStatusFactory(
        case=case,
        followup_state="died",
        vital_status="dead",
        death_interval_value=1,
        death_interval_unit="years",
        death_cause="underlying_disease",
        local_recurrence=True,
        recurrence_date=index + datetime.timedelta(90),
        recurrence_levels="S1",
        missing={"recurrence_treatment": "refused"},
    )
    return case


def reboa_case(center: Any, *, timed: bool = True) -> Any:
    """Three inflations, the first before incision; a combined approach."""
    case = person(center, disease_status="primary", vascular_imaging="cta", vascular_findings="none")
    make.LesionFactory(case=case, levels="L4;L5", side="bilateral", volume_ml=Decimal("120"))
    procedure = make.ProcedureFactory(
        case=case,
        kind="reboa",
        date=INDEX,
        anesthesia="general",
        position="prone",
        guidance="angiography",
        duration_min=410,
        technical_success=True,
        complications_answered="none",
        missing={"antibiotic_prophylaxis": "not_recorded"},
    )
    make.ReboaDetailsFactory(
        procedure=procedure,
        access_side="right",
        access_anesthesia="local",
        sheath_fr=Decimal("8"),
        aortic_diameter_mm=Decimal("17.5"),
        balloon_diameter_mm=Decimal("20"),
        occlusion_confirmed_by="aortography;toe_spo2",
        closure="suture_mediated",
        closure_device="ProGlide",
        surgical_approach="combined",
        anterior_route="retroperitoneal",
        resection="total_en_bloc_spondylectomy",
        margin="wide",
        reconstruction="pedicle_screws;cage",
        transfused_units=Decimal("2"),
        missing={"blood_loss_ml": "not_recorded"},
    )
    times = [(-20, -15), (0, 62), (82, 113 if timed else None)]
    for inflated, deflated in times:
        make.BalloonInflationFactory(
            procedure=procedure,
            inflated_min=inflated,
            deflated_min=deflated,
            aortic_zone="zone_iii",
            completeness="complete",
            volume_ml=Decimal("12"),
        )
    return case


# -- the numbers a case holds ----------------------------------------------------------------------------------------

NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def numbers_in(text: object) -> set[str]:
    return set(NUMBER.findall(str(text)))


def records_of(case: Any) -> list[Any]:
    """The case and every record that belongs to it."""
    found = [case, case.patient, *case.lesions.all(), *case.treatments.all(), *case.assessments.all()]
    if hasattr(case, "followup_status"):
        found.append(case.followup_status)
    for procedure in case.procedures.all():
        found += [procedure, *procedure.balloon_inflations.all(), *procedure.complications.all()]
        found += [procedure.details] if procedure.details else []
        for row in procedure.treated_lesions.all():
            found += [row, *row.ablations.all()]
        for session in procedure.transarterial_sessions.all():
            found += [session, *session.drugs.all()]
    return found


def numbers_of(case: Any) -> set[str]:
    """Every number that a text about the case may hold, in the active language."""
    reader = Reader(day_0=case.index_day())
    found = numbers_in(case.patient.registry_id) | numbers_in(case.center.name)
    publication = case.patient.publication
    found |= numbers_in(publication.slug) if publication else set()
    found |= numbers_in(case.diagnosis.icd10) if case.diagnosis else set()
    for record in records_of(case):
        for column in record._meta.concrete_fields:
            if column.name in ("id", "version", "created_at", "modified_at", "confirmed", "missing"):
                continue
            found |= numbers_in(reader.text_of(record, column, getattr(record, column.name)))
        for derived in record.derived:
            found |= numbers_in(reader.value(record, derived.name).text)
            found |= numbers_in(derived.working(record) if derived.working else "")
    for procedure in case.procedures.all():
        found |= {str(gap) for gap in reperfusion_gaps_min(list(procedure.balloon_inflations.all()))}
    return found | changes_of(case) | planned_days_of(case)


def changes_of(case: Any) -> set[str]:
    """The differences of each score to its value at baseline."""
    rows = list(case.assessments.all())
    baseline = next((row for row in rows if row.time_point == "baseline"), None)
    found: set[str] = set()
    for row in rows if baseline is not None else ():
        for name in ("vas_pain", "kps", "barthel"):
            before, after = getattr(baseline, name), getattr(row, name)
            if None not in (before, after):
                found.add(shown_number(abs(Decimal(after) - Decimal(before))))
        before, after = (_odi(row) for row in (baseline, row))
        if before is not None and after is not None:
            found.add(shown_number(abs(after - before)))
    return found


def _odi(row: Any) -> Decimal | None:
    if row.odi is not None:
        return Decimal(row.odi)
    computed = row.derived_value("odi_from_sections")
    return None if computed is None else Decimal(str(round(computed, 1)))


def planned_days_of(case: Any) -> set[str]:
    """The numbers in the dates of the planned time points."""
    found: set[str] = set()
    index_day = case.index_day()
    for window in WINDOWS.values() if index_day else ():
        for day in (window.first, window.day, window.last):
            found |= numbers_in(Reader().date(index_day + datetime.timedelta(day)))
    for point in WINDOWS:
        found |= numbers_in(point.label)
    return found
