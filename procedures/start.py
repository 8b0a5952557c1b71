"""What a new case asks about its procedure: the kind. The procedure begins with the details row of its kind."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.extensions import Start
from procedures import kinds
from procedures.models import Procedure
from registry.core import records
from registry.core.forms.record import RecordForm
from registry.core.models import Record
from registry.core.views import Part
from registry.core.views.layout import Fieldset

PART = "procedure"


class NewProcedureForm(RecordForm):
    """The kind of the first procedure."""

    fieldsets = (
        Fieldset(
            _("Procedure"), ("kind",), hint=_("The first one; others of the same case can be added later.")
        ),
    )

    class Meta:
        model = Procedure
        fields = ("kind",)


def _parts(view: Any) -> list[Part]:
    """Nothing chosen yet is an answer too: the case then begins without a procedure."""
    if view.request.method == "POST" and not view.request.POST.get(f"{PART}-kind"):
        return []
    if not view.creating:
        return []

    def procedure(saved: Mapping[str, Record]) -> Record:
        case: Any = saved.get("")
        return Procedure(case=case) if case is not None else Procedure()

    return [Part(PART, NewProcedureForm, procedure)]


def _done(saved: Mapping[str, Any], by: Any) -> None:
    procedure = saved.get(PART)
    if procedure is not None:
        save_details(procedure, by)


def save_details(procedure: Procedure, by: Any, reason: str = "") -> Any:
    """The details row of the procedure's kind, made where there is none."""
    kind = kinds.of(procedure.kind)
    if kind is None or procedure.details is not None:
        return procedure.details
    return records.save(kind.details_model(procedure=procedure), by=by, reason=reason)


START = Start(_parts, _done)
