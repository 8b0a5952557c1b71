"""Patients, cases, diagnoses, lesions and treatments."""

from cases.models.case import Case
from cases.models.diagnosis import Diagnosis
from cases.models.lesion import Lesion
from cases.models.merged import MergedPatient
from cases.models.patient import Patient, PatientCounter
from cases.models.treatment import Treatment

__all__ = ["Case", "Diagnosis", "Lesion", "MergedPatient", "Patient", "PatientCounter", "Treatment"]
