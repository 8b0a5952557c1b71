"""Publications, their values and the sources of patient-level values in the API; they come from files, so read-only."""

import re
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from registry.core.api.fields import ID, TEXT, ShownField
from registry.core.api.serializers import RecordSerializer
from registry.core.api.views import ReadOnlyRecordViewSet
from registry.literature import filters
from registry.literature.embedding import SOURCE_VALUES
from registry.literature.models import CitedSeries, Publication, ReportedValue, SourceValue, StudyArm
from registry.literature.sources import owner_of, patient_of, with_owners


class LiteratureSerializer(RecordSerializer):
    """A row of a publication."""

    left_out = frozenset({"publication"})

    class Meta:
        model: Any = None

    def key_fields(self) -> dict[str, Any]:
        return {
            "publication": ShownField(
                of=lambda row: row.publication.slug, schema=TEXT, help_text=_("The publication’s slug.")
            )
        }


class PublicationSerializer(RecordSerializer):
    """A published series."""

    #: Tables are for pages; every value that a cell prints is a resource of its own.
    left_out = frozenset({"tables"})

    class Meta:
        model = Publication

    def key_fields(self) -> dict[str, Any]:
        return {"publication": ShownField(of=lambda row: row.slug, schema=TEXT, help_text=_("The slug."))}


class StudyArmSerializer(LiteratureSerializer):
    """A group of a publication that is reported apart."""

    left_out = frozenset({"publication", "code"})

    class Meta:
        model = StudyArm

    def key_fields(self) -> dict[str, Any]:
        arm = ShownField(of=lambda row: row.code, schema=TEXT, help_text=_("Code of the arm."))
        return {**super().key_fields(), "arm": arm}


class ReportedValueSerializer(LiteratureSerializer):
    """One number that a paper prints about a group."""

    left_out = frozenset({"publication", "arm"})

    class Meta:
        model = ReportedValue

    def key_fields(self) -> dict[str, Any]:
        arm = ShownField(
            of=lambda row: row.arm.code if row.arm_id else "",
            schema=TEXT,
            help_text=_("Code of the arm; empty for the whole series."),
        )
        return {**super().key_fields(), "arm": arm}


class CitedSeriesSerializer(LiteratureSerializer):
    """A series that a paper lists in its own literature table."""

    class Meta:
        model = CitedSeries


class SourceValueSerializer(LiteratureSerializer):
    """Where one value of a published patient is printed, and how."""

    left_out = frozenset({"publication", "content_type", "object_id"})
    embedding = SOURCE_VALUES

    class Meta:
        model = SourceValue

    def key_fields(self) -> dict[str, Any]:
        return {
            **super().key_fields(),
            "patient_id": ShownField(of=_patient_id, schema={**ID, "type": ["string", "null"]}),
            "case_id": ShownField(
                of=_case_id,
                schema={**ID, "type": ["string", "null"]},
                help_text=_("Empty where the value belongs to the patient."),
            ),
            "record_type": ShownField(of=_record_type, schema=TEXT),
            "record_id": ShownField(
                of=lambda row: str(row.record.uuid) if row.record else None,
                schema={**ID, "type": ["string", "null"]},
            ),
        }


def _record_type(row: SourceValue) -> str:
    """``treated_lesion`` for ``TreatedLesion``."""
    model: Any = row.content_type.model_class()
    return re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower()


def _case_id(row: SourceValue) -> str | None:
    owner = owner_of(row.record) if row.record else None
    return str(owner.uuid) if owner is not None and owner._meta.model_name == "case" else None


def _patient_id(row: SourceValue) -> str | None:
    patient = patient_of(row.record) if row.record else None
    return str(patient.uuid) if patient is not None else None


class PublicationViewSet(ReadOnlyRecordViewSet):
    """The published series in the registry."""

    opens_to_aggregate = True
    serializer_class = PublicationSerializer
    filterset_class = filters.PublicationFilterSet
    addressed_by = ("slug", "uuid")
    defer = ("tables",)
    orderings = {"publication": "slug", "year": "year"}
    default_ordering = ("publication",)


class _OfPublication(ReadOnlyRecordViewSet):
    opens_to_aggregate = True
    select: ClassVar[tuple[str, ...]] = ("publication",)


class StudyArmViewSet(_OfPublication):
    """Groups of a publication that are reported apart."""

    serializer_class = StudyArmSerializer
    filterset_class = filters.StudyArmFilterSet
    orderings = {"publication": "publication__slug", "arm": "code", "patients": "patients"}


class ReportedValueViewSet(_OfPublication):
    """Every number that a publication prints about a group, with the place where it stands."""

    serializer_class = ReportedValueSerializer
    filterset_class = filters.ReportedValueFilterSet
    select = ("publication", "arm")
    orderings = {
        "publication": "publication__slug",
        "order": "order",
        "variable": "variable",
        "time_point": "time_point",
        "statistic": "statistic",
        "value": "value",
        "denominator": "denominator",
    }
    default_ordering = ("publication", "order")


class CitedSeriesViewSet(_OfPublication):
    """Series that a publication lists in its own literature table."""

    serializer_class = CitedSeriesSerializer
    filterset_class = filters.CitedSeriesFilterSet
    orderings = {"publication": "publication__slug", "order": "order", "patients": "patients"}
    default_ordering = ("publication", "order")


class SourceValueViewSet(_OfPublication):
    """Where each value of a published patient is printed, and how."""

    serializer_class = SourceValueSerializer
    filterset_class = filters.SourceValueFilterSet
    select = ("publication", "content_type")
    orderings = {"publication": "publication__slug", "field": "field"}

    def prefetches(self) -> list[Any]:
        return [with_owners()]
