"""The sections of the editor that belong to patient, case and lesions, and the review of the whole case."""

from typing import Any

from django.urls import reverse

from cases import editor
from cases.codes import TreatmentKind
from cases.models import Case, Lesion, Treatment
from cases.views.base import unusual_values
from cases.views.editor import SectionView
from cases.views.rows import AddRowView
from registry.core import policies
from registry.core.models import Record
from registry.core.views.links import gap_url


class PatientSection(SectionView):
    """Patient, diagnosis, findings, and treatments beside the registry's own procedures."""

    slug = "patient"
    template_name = "cases/editor/patient.html"

    def blocks(self) -> dict[str, Any]:
        patient = self.case.patient
        return {
            "patient": self.block(patient),
            "own": self.block(self.case),
            "treatments": [self.block(row) for row in self.case.treatments.all()],
            "treatment_kinds": TreatmentKind.choices,
            "same_number": list(patient.same_hospital_number().prefetch_related("cases"))
            if patient.hospital_number_hash
            else [],
        }


class LesionsSection(SectionView):
    slug = "lesions"
    template_name = "cases/editor/lesions.html"

    def blocks(self) -> dict[str, Any]:
        return {"lesions": [self.block(lesion) for lesion in self.case.lesions.all()]}


class ReviewSection(SectionView):
    """What is missing, what is unusual and unexplained, what contradicts: each a link to its field."""

    slug = "review"
    template_name = "cases/editor/review.html"

    def blocks(self) -> dict[str, Any]:
        standings = editor.standings(self.case)
        groups: list[dict[str, Any]] = []
        for standing in standings:
            if standing.section.slug == editor.REVIEW:
                continue
            records = list(standing.section.records(self.case))
            missing = [(gap.message, gap_url(gap)) for gap in standing.gaps]
            unusual = unusual_values(records)
            if missing or unusual:
                groups.append({"section": standing.section, "missing": missing, "unusual": unusual})
        gaps = policies.gaps(self.case)
        return {
            "groups": groups,
            "contradictions": [(found.message, gap_url(found)) for found in editor.contradictions(self.case)],
            "needed": len(gaps),
            "unexplained": sum(len(group["unusual"]) for group in groups),
            "complete_url": reverse("case-complete", args=[self.case.uuid]),
        }


class AddLesion(AddRowView):
    parent_model = Case
    slug = "lesions"
    template_name = "cases/editor/_lesion_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        return [Lesion(case=parent, uuid=self.token)]


class AddTreatment(AddRowView):
    """A treatment before or after; which and when is chosen with it."""

    parent_model = Case
    slug = "patient"
    template_name = "cases/editor/_treatment_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        chosen: Any = {name: self.request.POST.get(name) or None for name in ("timing", "kind")}
        return [Treatment(case=parent, uuid=self.token, **chosen)]
