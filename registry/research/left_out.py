"""Fields that no export table shows and why, beside those that every record has (``columns.STRUCTURE``)."""

#: Model or field → reason.
LEFT_OUT = {
    "literature.Publication": "the record of a paper, not of a patient; see /api/v1/publications/",
    "literature.StudyArm": "the groups of a paper; see /api/v1/study-arms/",
    "literature.CitedSeries": "series that a paper cites; see /api/v1/cited-series/",
    "literature.SourceValue": "where a published value is printed; see /api/v1/source-values/",
    "cases.MergedPatient": "leads from a patient who was merged to the survivor; no data about a patient",
    "cases.PatientCounter": "the last number given out in a centre; no data about a patient",
    "cases.Diagnosis.slug": "shown as the diagnosis of the case",
    "cases.Diagnosis.needs_text": "tells the form to ask which diagnosis; no data about a patient",
    "cases.Case.center": "the centre of the patient, kept beside the case for its index",
    "procedures.ReboaDetails.procedure": "the details stand in the row of their procedure",
    "procedures.SacroplastyDetails.procedure": "the details stand in the row of their procedure",
    "procedures.VertebroplastyDetails.procedure": "the details stand in the row of their procedure",
    "procedures.RfaDetails.procedure": "the details stand in the row of their procedure",
    "outcomes.FollowUpStatus.case": "follow-up stands in the row of its case",
}
