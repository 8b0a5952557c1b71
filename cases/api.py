"""Patients, cases, diagnoses, lesions and treatments in the API."""

import uuid
from operator import attrgetter
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases import filters
from cases.embedding import CASE
from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from cases.models import Case, Diagnosis, Lesion, MergedPatient, Patient, Treatment
from registry.access import scope
from registry.core.api.fields import ID, TEXT, TEXT_OR_NULL, TEXTS, ReferenceField, ShownField
from registry.core.api.serializers import RecordSerializer
from registry.core.api.views import ReadOnlyRecordViewSet, RecordViewSet


def slug_of(publication: Any) -> str | None:
    return publication.slug if publication is not None else None


class CaseRowSerializer(RecordSerializer):
    """A row that hangs on a case: it carries the keys by which all tables are joined."""

    #: How the case is reached from the row.
    case_path: ClassVar[str] = "case"

    class Meta:
        model: Any = None

    def key_fields(self) -> dict[str, Any]:
        case_of = attrgetter(self.case_path)
        keys: dict[str, Any] = {
            "patient_id": ShownField(of=lambda row: str(case_of(row).patient.uuid), schema=ID),
            "case_id": ShownField(of=lambda row: str(case_of(row).uuid), schema=ID),
        }
        if self.case_path == "case":
            keys["case_id"] = self.column_field(self.model()._meta.get_field("case"))
        keys["center"] = ShownField(of=lambda row: case_of(row).center.code, schema=TEXT)
        keys["publication"] = ShownField(
            of=lambda row: slug_of(case_of(row).patient.publication), schema=TEXT_OR_NULL
        )
        keys["source_label"] = ShownField(
            of=lambda row: case_of(row).patient.source_label or None, schema=TEXT_OR_NULL
        )
        return keys


class PatientSerializer(RecordSerializer):
    """A patient. The hospital number is shown with the single patient only, to those who may see identity."""

    own_key = "patient_id"
    detail_only = frozenset({"hospital_number"})
    renamed = {"center": "center"}

    class Meta:
        model = Patient

    def key_fields(self) -> dict[str, Any]:
        center = Patient._meta.get_field("center")
        return {
            "registry_id": ShownField(of=lambda patient: patient.registry_id, schema=TEXT),
            "center": ReferenceField(
                column=center,
                key="code",
                rows=scope.visible_centers,
                help_text=_("The centre’s code; it never changes."),
            ),
            "publication": ShownField(of=lambda patient: slug_of(patient.publication), schema=TEXT_OR_NULL),
            "source_label": ShownField(of=lambda patient: patient.source_label or None, schema=TEXT_OR_NULL),
        }

    def shown_fields(self) -> dict[str, Any]:
        return {
            "case_ids": ShownField(
                of=lambda patient: [str(case.uuid) for case in patient.cases.all()], schema=TEXTS
            )
        }

    def warnings_of(self, record: Any) -> list[dict[str, Any]]:
        found = super().warnings_of(record)
        others = list(record.same_hospital_number()[:5]) if self.may_identify(record) else []
        if others:
            ids = ", ".join(other.registry_id for other in others)
            message = _("Hospital number: another patient of this centre has it: %(ids)s.") % {"ids": ids}
            found.append(
                {"field": "hospital_number", "limit": "once", "message": str(message), "value": None}
            )
        return found


class CaseSerializer(CaseRowSerializer):
    """A case with everything that belongs to it. Its rows are written at their own addresses."""

    own_key = "case_id"
    renamed = {"status": "case_status", "diagnosis": "diagnosis"}
    embedding = CASE

    class Meta:
        model = Case

    def key_fields(self) -> dict[str, Any]:
        def code(name: str) -> Any:
            return lambda case: (getattr(case.diagnosis, name) or None) if case.diagnosis_id else None

        return {
            "patient_id": ReferenceField(
                column=Case._meta.get_field("patient"), help_text=_("The patient; it never changes.")
            ),
            "registry_id": ShownField(of=lambda case: case.patient.registry_id, schema=TEXT),
            "center": ShownField(of=lambda case: case.center.code, schema=TEXT),
            "publication": ShownField(of=lambda case: slug_of(case.patient.publication), schema=TEXT_OR_NULL),
            "source_label": ShownField(
                of=lambda case: case.patient.source_label or None, schema=TEXT_OR_NULL
            ),
            "case_status": self.column_field(Case._meta.get_field("status")),
            "sex": ShownField(of=lambda case: case.patient.sex, help_text=_("Sex of the patient.")),
            "sex__missing": ShownField(of=lambda case: case.patient.missing.get("sex")),
            "diagnosis": ReferenceField(
                column=Case._meta.get_field("diagnosis"), key="slug", help_text=_("The diagnosis’ slug.")
            ),
            "diagnosis_label": ShownField(of=code("label")),
            "icd10": ShownField(of=code("icd10"), help_text=_("ICD-10-CM of the primary tumour.")),
            "icdo3": ShownField(of=code("icdo3"), help_text=_("ICD-O-3 morphology.")),
        }

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown = super().to_representation(instance)
        age = shown.get("age_years")
        if isinstance(age, int) and age > HIGHEST_SHOWN_AGE_YEARS and not self.may_identify(instance):
            shown["age_years"] = HIGHEST_SHOWN_AGE_YEARS
        return shown


class LesionSerializer(CaseRowSerializer):
    """A lesion with its volume, zones and the components of SINS."""

    own_key = "lesion_id"

    class Meta:
        model = Lesion


class TreatmentSerializer(CaseRowSerializer):
    """A treatment before or after the registry's own procedures."""

    class Meta:
        model = Treatment


class DiagnosisSerializer(RecordSerializer):
    """A diagnosis of the code list."""

    left_out = frozenset({"slug", "label"})

    class Meta:
        model = Diagnosis

    def key_fields(self) -> dict[str, Any]:
        return {
            "diagnosis": ShownField(of=lambda row: row.slug, schema=TEXT, help_text=_("The slug.")),
            "diagnosis_label": ShownField(of=lambda row: row.label, schema=TEXT),
        }


class PatientViewSet(RecordViewSet):
    """Patients of your centres and of the published series."""

    serializer_class = PatientSerializer
    filterset_class = filters.PatientFilterSet
    select = ("center", "publication")
    orderings = {"registry_id": "registry_id", "sex": "sex", "center": "center__code"}

    def prefetches(self) -> list[Any]:
        return [models.Prefetch("cases", Case.objects.order_by("number"))]

    def get_queryset(self) -> models.QuerySet:
        rows = super().get_queryset()
        # Decrypting a column that a list never shows would be waste, and a risk.
        return rows.defer("hospital_number") if self.action == "list" else rows

    def condition(self) -> models.Q:
        """The id of a merged patient is answered with the one who survived; nothing is written under it."""
        named = super().condition()
        if self.action != "retrieve":
            return named
        try:
            merged = uuid.UUID(self.kwargs[self.lookup_url_kwarg])
        except ValueError:
            return named
        return named | models.Q(pk__in=MergedPatient.survivors(uuid=merged))

    def shown_after_writing(self, record: Any) -> dict[str, Any]:
        # Who writes has the number; showing it again would be a read that ought to be logged.
        shown = self.shown(record)
        shown.pop("hospital_number", None)
        return shown


class CaseRowViewSet(RecordViewSet):
    """Rows of cases."""

    #: How the case is reached from the row, as a lookup.
    case_lookup: ClassVar[str] = "case"
    #: Other related rows that the serializer reads.
    also_select: ClassVar[tuple[str, ...]] = ()

    @property
    def select(self) -> tuple[str, ...]:  # type: ignore[override]
        return (f"{self.case_lookup}__patient__publication", f"{self.case_lookup}__center", *self.also_select)

    @property
    def defer(self) -> tuple[str, ...]:  # type: ignore[override]
        return (f"{self.case_lookup}__patient__hospital_number",)


class CaseViewSet(RecordViewSet):
    """Cases with their lesions, procedures, assessments and complications."""

    serializer_class = CaseSerializer
    filterset_class = filters.CaseFilterSet
    select = ("patient__publication", "center", "diagnosis")
    defer = ("patient__hospital_number",)
    orderings = {
        "registry_id": "patient__registry_id",
        "index_date": "index_date",
        "age_years": "age_years",
        "sex": "patient__sex",
        "diagnosis": "diagnosis__slug",
        "disease_status": "disease_status",
        "case_status": "status",
        "center": "center__code",
    }
    # Ages above the cap must not be told apart by their order either.
    identifying_parameters = frozenset({"index_date", "index_date_from", "index_date_to", "age_years"})

    def filter_value(self, name: str, value: Any) -> Any:
        """Ages are capped for those who may not see identity, so a question cannot reach above the cap either."""
        if name == "age_years_min" and value > HIGHEST_SHOWN_AGE_YEARS and not self.may_identify_all():
            return HIGHEST_SHOWN_AGE_YEARS
        if name == "age_years_max" and value >= HIGHEST_SHOWN_AGE_YEARS and not self.may_identify_all():
            return 10 * HIGHEST_SHOWN_AGE_YEARS
        return value


class LesionViewSet(CaseRowViewSet):
    """Lesions of cases."""

    serializer_class = LesionSerializer
    filterset_class = filters.LesionFilterSet
    orderings = {
        "registry_id": "case__patient__registry_id",
        "number": "number",
        "levels": "levels",
        "side": "side",
        "volume_ml": "volume_ml",
    }


class TreatmentViewSet(CaseRowViewSet):
    """Treatments before and after the procedures of the registry."""

    serializer_class = TreatmentSerializer
    filterset_class = filters.TreatmentFilterSet
    orderings = {"registry_id": "case__patient__registry_id", "timing": "timing", "kind": "kind"}


class DiagnosisViewSet(ReadOnlyRecordViewSet):
    """The code list of diagnoses, with ICD-10-CM and ICD-O-3."""

    opens_to_aggregate = True
    serializer_class = DiagnosisSerializer
    filterset_class = filters.DiagnosisFilterSet
    addressed_by = ("slug", "uuid")
    orderings = {"diagnosis": "slug", "diagnosis_label": "label"}
    default_ordering = ("diagnosis",)
