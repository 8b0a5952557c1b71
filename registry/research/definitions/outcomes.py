"""Assessments, complications and the state of follow-up."""

from outcomes.codes import ODI_SECTIONS

#: Model → field or derived value → sentence.
OUTCOMES = {
    "outcomes.Assessment": {
        "time_point": "Planned moment of the assessment; an unscheduled visit may be repeated.",
        "date": "Day of the assessment.",
        "day": "Days from the index procedure to the assessment.",
        "interval_value": "Time of the assessment as an interval, in the unit of interval_unit.",
        "interval_unit": "Unit in which interval_value is given.",
        "vas_pain": "Pain on a scale from 0 (none) to 10 (worst imaginable), by the instrument of pain_instrument.",
        "pain_instrument": "Whether pain was marked on a line of 100 mm (VAS) or given as a whole number (NRS).",
        "odi": "Oswestry Disability Index as entered, from 0 (no disability) to 100.",
        **{
            name: f"Points of section {number} of the Oswestry Disability Index, 0 (no problem) to 5 (worst)."
            for number, (name, _label) in enumerate(ODI_SECTIONS, 1)
        },
        "kps": "Karnofsky performance status in steps of 10, from 0 (dead) to 100 (no complaints).",
        "ecog": "ECOG performance status as judged by the examiner, from 0 (fully active) to 5 (dead).",
        "analgesic_scale": (
            "Need for analgesics. Registry's scale: 0 none, 1 non-opioid as needed, 2 non-opioid regularly, 3 weak "
            "opioid, 4 strong opioid by mouth or skin, 5 parenteral or intrathecal; a paper's own scale as printed."
        ),
        "analgesic_scale_version": "Whether the analgesic scale is the registry's own or that of the paper.",
        "analgesic_class": "Strongest class of analgesics taken, by the WHO ladder.",
        "analgesic_adjuvant": "Whether an adjuvant analgesic was taken beside the class above.",
        "pain_relief": "Relief of pain as graded by patient or paper; entered, never computed.",
        "barthel": "Barthel index of activities of daily living, from 0 (dependent) to 100 (independent).",
        "barthel_version": "Whether the Barthel index was taken in its original steps of 5 or by Shah.",
        "ambulatory": "Whether the patient could walk, with or without aid.",
        "satisfaction": "Satisfaction of the patient with the treatment.",
        "odi_from_sections": "Oswestry Disability Index computed from the sections that were answered:",
        "odi_band": "Degree of disability by the Oswestry Disability Index as entered:",
        "ecog_from_kps": "ECOG performance status computed from the Karnofsky index:",
        "responder_points": "Whether pain has fallen by an amount that matters, in points:",
        "responder_30_percent": "Whether pain has fallen by an amount that matters, as a share of baseline:",
    },
    "outcomes.Complication": {
        "kind": "What happened to the patient as a consequence of the procedure.",
        "sir_grade": "Severity by the Society of Interventional Radiology, A (no consequence) to F (death).",
        "cirse_grade": "Severity by the Cardiovascular and Interventional Radiological Society of Europe, 1 to 6.",
        "clavien_dindo": "Severity by the surgical grading of Clavien and Dindo, I to V.",
        "onset_day": "When the complication began.",
        "symptomatic": "Whether the patient noticed the complication.",
        "treatment": "What was done about the complication, in the centre's own words.",
        "resolved": "Whether the complication had gone without sequelae at last contact.",
        "major": "Whether the SIR grade counts as a major complication:",
    },
    "outcomes.FollowUpStatus": {
        "followup_state": "Whether follow-up goes on, was completed, or ended by loss of contact or death.",
        "last_contact_date": "Last day on which the state of the patient was known.",
        "last_contact_day": "Days from the index procedure to last contact.",
        "last_contact_interval_value": "Time from the index procedure to last contact, as printed.",
        "last_contact_interval_unit": "Unit in which last_contact_interval_value is given.",
        "vital_status": "Whether the patient was alive at last contact.",
        "death_date": "Day on which the patient died.",
        "death_day": "Days from the index procedure to death.",
        "death_interval_value": "Time from the index procedure to death, as printed.",
        "death_interval_unit": "Unit in which death_interval_value is given.",
        "death_cause": "What the patient died of, as far as known.",
        "local_recurrence": "Whether the tumour came back, or grew again, at a treated site.",
        "recurrence_date": "Day on which local recurrence was found.",
        "recurrence_day": "Days from the index procedure to local recurrence.",
        "recurrence_interval_value": "Time from the index procedure to local recurrence, as printed.",
        "recurrence_interval_unit": "Unit in which recurrence_interval_value is given.",
        "recurrence_levels": "Levels at which the tumour came back.",
        "recurrence_treatment": "How local recurrence was treated.",
        "recurrence_treatment_detail": "What exactly was done about local recurrence.",
    },
}
