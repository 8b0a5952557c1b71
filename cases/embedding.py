"""What a case shows of its rows in the API; procedures and outcomes add theirs when they start."""

from registry.core.api.embedding import Embedding
from registry.literature.embedding import SOURCE_VALUES

#: Rows inside a case, in the order of the JSON.
CASE = Embedding()
CASE.embed("lesions", "cases.api.LesionSerializer", prefetch=lambda: ["lesions"])
CASE.embed("treatments", "cases.api.TreatmentSerializer", prefetch=lambda: ["treatments"])

SOURCE_VALUES.filter_by(
    patient_id="cases.filters.provenance_of_patient",
    case_id="cases.filters.provenance_of_case",
)
