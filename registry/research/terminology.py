"""Codes of public terminologies for variables: LOINC for measurements, ICD for what holds codes itself.

LOINC has no code for the Oswestry Disability Index. SNOMED CT and CPT need licences and are left out.
"""

#: System of the LOINC codes.
LOINC_SYSTEM = "http://loinc.org"

#: Declaration → LOINC code of what is measured.
LOINC = {
    "cases.Case.height_cm": "8302-2",
    "cases.Case.weight_kg": "29463-7",
    "cases.Case.inr": "6301-6",
    "cases.Case.platelets_10e9_l": "777-3",
    "cases.Lesion.diameter_longest_mm": "21889-1",
    "outcomes.Assessment.vas_pain": "38214-3",
    "outcomes.Assessment.kps": "89243-0",
    "outcomes.Assessment.ecog": "89247-1",
    "outcomes.Assessment.barthel": "96761-2",
}

#: Declaration → the system its values are codes of.
CODE_SYSTEMS = {
    "cases.Diagnosis.icd10": "ICD-10-CM",
    "cases.Case.icd10_secondary": "ICD-10-CM",
    "cases.Diagnosis.icdo3": "ICD-O-3",
}
