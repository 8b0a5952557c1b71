"""Details: one row per procedure, of the procedure's kind; written inside the procedure."""

from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from procedures import kinds
from procedures.models import ReboaDetails, RfaDetails, SacroplastyDetails, VertebroplastyDetails
from registry.core.api import problems
from registry.core.api.fields import UNKNOWN
from registry.core.api.serializers import Change, Incoming, RecordSerializer


class DetailsSerializer(RecordSerializer):
    """What only one kind of procedure has; written inside its procedure."""

    left_out = frozenset({"procedure"})
    procedure: Any = None

    class Meta:
        model: Any = None

    def get_fields(self) -> dict[str, Any]:
        found = super().get_fields()
        for name in ("warnings", "withheld", "reason", "confirm"):
            found.pop(name, None)
        return found

    def read(self, data: Any, change: Change) -> Incoming:
        incoming = super().read(data, change)
        for name in ("reason", "confirm"):
            if name in data:
                incoming.errors[name] = [str(UNKNOWN)]
        return incoming

    def proposed(self, incoming: Incoming) -> Any:
        record: Any = super().proposed(incoming)
        record.procedure = self.procedure
        return record

    def faults(self, change: Change) -> problems.Errors:
        """What is wrong with the details while the procedure itself could not be written."""
        incoming = self.read(self.initial_data, change)
        try:
            self.proposed(incoming).full_clean(exclude={"procedure"})
        except ValidationError as refused:
            for name, said in self.errors_of(refused).items():
                if name in self.fields:
                    incoming.errors.setdefault(name, said)
        return incoming.errors


class ReboaDetailsSerializer(DetailsSerializer):
    """Aortic balloon occlusion during resection."""

    class Meta:
        model = ReboaDetails


class SacroplastyDetailsSerializer(DetailsSerializer):
    """Cement augmentation of the sacrum."""

    class Meta:
        model = SacroplastyDetails


class VertebroplastyDetailsSerializer(DetailsSerializer):
    """Cement augmentation of a vertebral body."""

    class Meta:
        model = VertebroplastyDetails


class RfaDetailsSerializer(DetailsSerializer):
    """Radiofrequency ablation."""

    class Meta:
        model = RfaDetails


@extend_schema_field(
    PolymorphicProxySerializer(
        component_name="ProcedureDetails",
        serializers=[
            ReboaDetailsSerializer,
            VertebroplastyDetailsSerializer,
            SacroplastyDetailsSerializer,
            RfaDetailsSerializer,
        ],
        resource_type_field_name=None,
    )
)
class DetailsField(serializers.Field):
    """The details of whatever kind the procedure is."""

    def __init__(self, **kwargs: Any) -> None:
        self._by_kind: dict[str, RecordSerializer] = {}
        super().__init__(source="*", required=False, allow_null=True, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        return instance.details

    def to_representation(self, value: Any) -> Any:
        kind = str(value.kind)
        if kind not in self._by_kind:
            self._by_kind[kind] = kinds.KINDS[kind].serializer(context=self.context)
        return self._by_kind[kind].to_representation(value)
