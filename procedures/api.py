"""Procedures of all kinds and their rows in the API."""

from operator import attrgetter
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers

from cases.api import CaseRowSerializer, CaseRowViewSet
from procedures import filters, kinds
from procedures.embedding import PROCEDURE, TRANSARTERIAL_SESSION, TREATED_LESION, details_accessors
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    ReboaDetails,
    RfaDetails,
    SacroplastyDetails,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
    VertebroplastyDetails,
)
from registry.core import limits
from registry.core.api import problems
from registry.core.api.fields import REQUIRED, UNKNOWN, ShownField
from registry.core.api.serializers import ID, Change, Incoming, RecordSerializer
from registry.core.reading import read_integer

#: The details of a procedure stand inside it; their errors, warnings and confirmations are named with this prefix.
INSIDE = "details."


def days_between(start: Any, end: Any) -> int | None:
    return None if start is None or end is None else (end - start).days


def day_field(of: Any, text: str) -> ShownField:
    """A day counted from the index procedure: what remains of a date for those who may not see it."""
    return ShownField(of=of, schema={"type": ["number", "null"]}, help_text=text)


# -- details: one row per procedure, of the procedure's kind -----------------------------------------------------------


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
        record = super().proposed(incoming)
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


# -- procedures --------------------------------------------------------------------------------------------------------


class ProcedureSerializer(CaseRowSerializer):
    """A procedure with the details of its kind and its rows.

    `details` are written here, `kind` never changes. Stored details keep their own `version`, which a change of them
    must name (`details.version`).
    """

    own_key = "procedure_id"
    embedding = PROCEDURE

    class Meta:
        model = Procedure

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._details: dict[str, Any] | None = None
        self._confirm_details: dict[str, str] = {}

    def shown_fields(self) -> dict[str, Any]:
        return {
            "day": day_field(
                lambda row: days_between(row.case.index_day(), row.date),
                _("Days from the index date of the case."),
            ),
            "details": DetailsField(help_text=_("What only this kind of procedure has.")),
        }

    def warnings_of(self, record: Any) -> list[dict[str, Any]]:
        found = super().warnings_of(record)
        details = record.details
        if details is not None and self.may_identify(record) and limits.unconfirmed(details):
            inner = kinds.KINDS[record.kind].serializer(context=self.context).warnings_of(details)
            found += [{**warning, "field": INSIDE + warning["field"]} for warning in inner]
        return found

    def read(self, data: Any, change: Change) -> Incoming:
        self._confirm_details = {
            name.removeprefix(INSIDE): why for name, why in change.confirm.items() if name.startswith(INSIDE)
        }
        change.confirm = {name: why for name, why in change.confirm.items() if not name.startswith(INSIDE)}
        incoming = super().read(data, change)
        if self._confirm_details and self._details is None:
            for name in self._confirm_details:
                incoming.errors[f"confirm.{INSIDE}{name}"] = [_("Send the details together with the reason.")]
        return incoming

    def takes(self, name: str, raw: Any, incoming: Incoming) -> bool:
        if name != "details":
            return super().takes(name, raw, incoming)
        if isinstance(raw, dict):
            self._details = raw
        elif raw is not None:
            incoming.errors[name] = [_("Enter an object of field and value.")]
        elif self.instance is not None and self.instance.details is not None:
            incoming.errors[name] = [_("Details are not removed; delete the procedure instead.")]
        return True

    def write(self, change: Change) -> Any:
        try:
            return super().write(change)
        except problems.Problem as refused:
            if refused.status_code != 400 or self._details is None or self._inside(refused.errors):
                raise
            inner = self.details_faults(change)
            raise problems.invalid({**refused.errors, **inner}) from None

    @staticmethod
    def _inside(errors: dict[str, Any]) -> bool:
        return any(name.startswith(INSIDE) for name in errors)

    def store(self, record: Any, change: Change) -> Any:
        with transaction.atomic():
            saved = super().store(record, change)
            if self._details is not None:
                self.store_details(saved, change)
        return saved

    def details_serializer(self, procedure: Any, stored: Any) -> DetailsSerializer | None:
        kind = kinds.of(procedure.kind)
        if kind is None:
            return None
        inner: DetailsSerializer = kind.serializer(stored, data=self._details, context=self.context)
        inner.procedure = procedure
        return inner

    def details_faults(self, change: Change) -> problems.Errors:
        """Errors of the details beside those of the procedure."""
        procedure = self.instance or Procedure(kind=str(self.initial_data.get("kind") or ""))
        inner = self.details_serializer(procedure, self.instance.details if self.instance else None)
        if inner is None:
            return {}
        own = Change(by=change.by, reason=change.reason, confirm=dict(self._confirm_details))
        return {INSIDE + name: said for name, said in inner.faults(own).items()}

    def store_details(self, procedure: Any, change: Change) -> None:
        model = kinds.KINDS[procedure.kind].details_model
        stored = model.objects.select_related("procedure__case").filter(procedure=procedure).first()
        inner = self.details_serializer(procedure, stored)
        if inner is None:
            return
        own = Change(by=change.by, reason=change.reason, confirm=self._confirm_details)
        if stored is not None:
            own.version = self.details_version()
        try:
            inner.write(own)
        except problems.Problem as refused:
            if refused.status_code == 409:
                differences = refused.more.get("differences", ())
                refused.more["differences"] = [
                    {**each, "field": INSIDE + each["field"]} for each in differences
                ]
                refused.more["current"] = {"details": refused.more.get("current")}
                raise
            raise problems.invalid({INSIDE + name: said for name, said in refused.errors.items()}) from None

    def details_version(self) -> int:
        try:
            version = read_integer((self._details or {}).get("version"))
        except ValidationError as refused:
            raise problems.invalid({f"{INSIDE}version": list(refused.messages)}) from None
        if version is None:
            message = _("Name the version of the details that you read, as “details.version” in the body.")
            raise problems.Problem(428, message, {f"{INSIDE}version": [str(REQUIRED)]})
        return version


class ProcedureViewSet(CaseRowViewSet):
    """Procedures of the four kinds, with the details of their kind."""

    serializer_class = ProcedureSerializer
    filterset_class = filters.ProcedureFilterSet
    also_select = details_accessors()
    orderings = {
        "registry_id": "case__patient__registry_id",
        "sequence": "sequence",
        "kind": "kind",
        "date": "date",
        "duration_min": "duration_min",
        "hospital_stay_days": "hospital_stay_days",
    }
    identifying_parameters = frozenset({"date"})


# -- rows of a procedure -----------------------------------------------------------------------------------------------


class ProcedureRowSerializer(CaseRowSerializer):
    """A row under a procedure."""

    case_path = "procedure.case"
    #: More keys of what lies above: name → path.
    above: ClassVar[dict[str, str]] = {}

    class Meta:
        model: Any = None

    def key_fields(self) -> dict[str, Any]:
        keys = super().key_fields()
        for name, path in self.above.items():
            keys[name] = ShownField(of=lambda row, at=attrgetter(path): str(at(row).uuid), schema=ID)
        return keys


class TreatedLesionSerializer(ProcedureRowSerializer):
    """What was done to one lesion in one procedure."""

    own_key = "treated_lesion_id"
    embedding = TREATED_LESION

    class Meta:
        model = TreatedLesion


class AblationSerializer(ProcedureRowSerializer):
    """One ablation cycle in a lesion."""

    case_path = "treated_lesion.procedure.case"
    above = {"procedure_id": "treated_lesion.procedure", "lesion_id": "treated_lesion.lesion"}

    class Meta:
        model = Ablation


class BalloonInflationSerializer(ProcedureRowSerializer):
    """One inflation of the aortic balloon and its deflation, in minutes from incision."""

    class Meta:
        model = BalloonInflation


class TransarterialSessionSerializer(ProcedureRowSerializer):
    """One transarterial infusion or embolization."""

    own_key = "session_id"
    embedding = TRANSARTERIAL_SESSION

    class Meta:
        model = TransarterialSession

    def shown_fields(self) -> dict[str, Any]:
        return {
            "day": day_field(
                lambda row: days_between(row.procedure.case.index_day(), row.date),
                _("Days from the index date of the case."),
            )
        }


class TransarterialDrugSerializer(ProcedureRowSerializer):
    """One drug given in a transarterial session."""

    case_path = "session.procedure.case"
    above = {"procedure_id": "session.procedure"}

    class Meta:
        model = TransarterialDrug


class TreatedLesionViewSet(CaseRowViewSet):
    """Lesions treated in a procedure: needle, cement, leak, ablation."""

    serializer_class = TreatedLesionSerializer
    filterset_class = filters.TreatedLesionFilterSet
    case_lookup = "procedure__case"
    also_select = ("lesion",)
    orderings = {
        "registry_id": "procedure__case__patient__registry_id",
        "approach": "approach",
        "cement_volume_ml": "cement_volume_ml",
    }


class AblationViewSet(CaseRowViewSet):
    """Ablation cycles."""

    serializer_class = AblationSerializer
    filterset_class = filters.AblationFilterSet
    case_lookup = "treated_lesion__procedure__case"
    also_select = ("treated_lesion__lesion",)
    orderings = {"registry_id": "treated_lesion__procedure__case__patient__registry_id", "cycle": "cycle"}


class BalloonInflationViewSet(CaseRowViewSet):
    """Inflations of the aortic balloon."""

    serializer_class = BalloonInflationSerializer
    filterset_class = filters.BalloonInflationFilterSet
    case_lookup = "procedure__case"
    orderings = {
        "registry_id": "procedure__case__patient__registry_id",
        "number": "number",
        "inflated_min": "inflated_min",
    }


class TransarterialSessionViewSet(CaseRowViewSet):
    """Transarterial infusions and embolizations."""

    serializer_class = TransarterialSessionSerializer
    filterset_class = filters.TransarterialSessionFilterSet
    case_lookup = "procedure__case"
    orderings = {"registry_id": "procedure__case__patient__registry_id", "number": "number", "kind": "kind"}


class TransarterialDrugViewSet(CaseRowViewSet):
    """Drugs given in transarterial sessions."""

    serializer_class = TransarterialDrugSerializer
    filterset_class = filters.TransarterialDrugFilterSet
    case_lookup = "session__procedure__case"
    orderings = {"registry_id": "session__procedure__case__patient__registry_id", "name": "name"}
