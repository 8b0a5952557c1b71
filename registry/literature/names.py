"""Names of published quantities for which the registry has no column of its own.

A `ReportedValue.variable` is either the name of a registry column (then it means what the column means and has
its unit) or one of these. Units stand in the names as in the columns; a name without a unit is a count or a share
of the rows it is about.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class LiteratureName:
    """One published quantity: how it is called on a page, its unit (empty for counts and shares) and what it means."""

    label: str
    unit: str
    definition: str


NAMES: dict[str, LiteratureName] = {
    # Size of a series and who may enter it
    "patients": LiteratureName("Patients", "", "Number of patients in the series or arm."),
    "lesions": LiteratureName("Lesions", "", "Number of treated lesions in the series or arm."),
    "eligible_age_years": LiteratureName(
        "Eligible age", "years", "Age limit among the criteria for inclusion."
    ),
    "eligible_lesion_diameter_cm": LiteratureName(
        "Eligible lesion diameter", "cm", "Limit of the metastasis diameter among the criteria for inclusion."
    ),
    "eligible_life_expectancy_months": LiteratureName(
        "Eligible life expectancy", "months", "Shortest life expectancy among the criteria for inclusion."
    ),
    "excluded_inr": LiteratureName(
        "Excluded INR", "ratio", "International normalized ratio beyond which patients were excluded."
    ),
    "excluded_platelets_10e9_l": LiteratureName(
        "Excluded platelet count", "10⁹/L", "Platelet count beyond which patients were excluded."
    ),
    # Treatment beside the procedure
    "postoperative_radiation": LiteratureName(
        "Postoperative radiation",
        "",
        "Patients with and without radiation after the procedure, as the table words it.",
    ),
    "radiation_before_procedure": LiteratureName(
        "Radiation before the procedure",
        "",
        "Patients whose procedure followed radiation therapy, or who had no indication for it.",
    ),
    "systemic_therapy": LiteratureName("Systemic therapy", "", "Patients under systemic medical therapy."),
    "treated_elsewhere": LiteratureName(
        "Treated at other sites",
        "",
        "Patients also treated for lesions elsewhere; the category names the site.",
    ),
    "further_therapy_as_planned": LiteratureName(
        "Further therapy as planned", "", "Patients who went on to the further treatment planned for them."
    ),
    "antibiotic_cefazolin_g": LiteratureName(
        "Cefazolin", "g", "Single dose of cefazolin given as prophylaxis."
    ),
    # How the procedure was done
    "operators": LiteratureName("Operators", "", "Number of physicians who did the procedures."),
    "operator_experience_years": LiteratureName(
        "Operator experience", "years", "Experience of the operators."
    ),
    "approaches": LiteratureName(
        "Approaches used", "", "Number of needle approaches; lesions reached through one puncture share it."
    ),
    "approach_kinds": LiteratureName(
        "Kinds of approach", "", "Number of different kinds of needle approach."
    ),
    "needle_length_cm": LiteratureName("Needle length", "cm", "Length of the bone needle."),
    "electrode_gauge": LiteratureName("Electrode gauge", "G", "Gauge of the radiofrequency electrode."),
    "tip_temperature_celsius": LiteratureName(
        "Tip temperature", "°C", "Temperature at the tip of the electrode."
    ),
    "rfa_overlapping_ablations": LiteratureName(
        "Overlapping ablations",
        "ablations",
        "Number of overlapping radiofrequency ablations; the paper names no unit of analysis.",
    ),
    "rfa_complete_cycles": LiteratureName(
        "Complete ablation cycles",
        "cycles",
        "Number of complete ablation cycles; the paper names no unit of analysis.",
    ),
    "rfa_complete_target_celsius": LiteratureName(
        "Complete ablation: target temperature",
        "°C",
        "Mean target temperature in the paper's definition of complete ablation.",
    ),
    "rfa_complete_minutes": LiteratureName(
        "Complete ablation: time at target",
        "min",
        "Time at the target temperature in the paper's definition of complete ablation.",
    ),
    "rfa_complete_rolloffs": LiteratureName(
        "Complete ablation: roll-offs",
        "",
        "Impedance roll-offs in the paper's definition of complete ablation.",
    ),
    "ct_slice_thickness_mm": LiteratureName(
        "CT slice thickness", "mm", "Slice thickness of the CT that closes the procedure."
    ),
    "balloon_oversize_cm": LiteratureName(
        "Balloon beyond aorta",
        "cm",
        "By how much the balloon's diameter exceeds that of the abdominal aorta, as printed.",
    ),
    "planned_occlusion_min": LiteratureName(
        "Planned occlusion", "min", "Usual occlusion before each planned deflation."
    ),
    "planned_reperfusion_min": LiteratureName(
        "Planned reperfusion", "min", "Usual duration of each planned deflation."
    ),
    # Results
    "vas_pain_improvement": LiteratureName(
        "Improvement of VAS pain",
        "points",
        "Reduction of VAS pain that the paper reports as a value of its own.",
    ),
    "pain_relief_duration_months": LiteratureName(
        "Duration of pain relief", "months", "How long the pain relief was seen to last."
    ),
    "analgesics_reduced_or_stopped": LiteratureName(
        "Analgesics reduced or stopped", "", "Patients who took less of their analgesics, or none any more."
    ),
    "complication": LiteratureName(
        "Complication",
        "",
        "Patients with the complication named in the category, a code where the registry has one.",
    ),
    "leak_surgery": LiteratureName(
        "Surgery for leaked cement", "", "Patients operated on to remove leaked cement."
    ),
    "remobilized": LiteratureName("Remobilized", "", "Patients mobilized again after the procedure."),
    "quality_of_life_improved": LiteratureName(
        "Quality of life improved", "", "Patients who felt that their quality of life had improved."
    ),
    "would_repeat_procedure": LiteratureName(
        "Would repeat the procedure", "", "Patients who would undergo the procedure again."
    ),
    "followup_months": LiteratureName("Follow-up", "months", "Time of follow-up after the procedure."),
}
