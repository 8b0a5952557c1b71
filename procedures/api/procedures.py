"""Procedures of all kinds, with the details of their kind."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.api import CaseRowSerializer, CaseRowViewSet
from procedures import filters, kinds
from procedures.api.days import day_field, days_between
from procedures.api.details import DetailsField, DetailsSerializer
from procedures.embedding import PROCEDURE, details_accessors
from procedures.models import Procedure
from registry.core import limits, records
from registry.core.api import problems
from registry.core.api.fields import REQUIRED
from registry.core.api.serializers import Change, Incoming
from registry.core.reading import read_integer

#: The details of a procedure stand inside it; their errors, warnings and confirmations are named with this prefix.
INSIDE = "details."


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
        with records.together():
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
