"""The section of procedures in the editor, and the rows that are added to it."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cases import editor
from cases.models import Case
from cases.views.editor import SectionView
from cases.views.rows import AddRowView
from procedures import codes, kinds
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
    VertebroplastyDetails,
)
from procedures.stamps import zone_of_last
from procedures.start import save_details
from procedures.views.panels import Drawer
from registry.core import records
from registry.core.models import Record


def tell_stored(response: HttpResponse, values: dict[str, list[str]]) -> None:
    """Let the page show what else is stored now: name of the control → values."""
    response["HX-Trigger-After-Swap"] = json.dumps({"registry:stored": values})


class ProceduresEditor(SectionView):
    """Every procedure of the case with what belongs to its kind."""

    slug = "procedures"
    template_name = "procedures/editor/section.html"

    def blocks(self) -> dict[str, Any]:
        return {
            "panels": Drawer(self.case, self.request.user).panels(),
            "kinds": list(kinds.KINDS.values()),
        }


class _AddRow(AddRowView):
    """Common ground: what is drawn knows the case around it."""

    slug = "procedures"

    def drawer(self, record: Any) -> Drawer:
        case: Any = record.aggregate_root()
        return Drawer(case, self.request.user)


class AddProcedure(_AddRow):
    """A procedure and the details of its kind, both or neither."""

    parent_model = Case
    template_name = "procedures/editor/_procedures.html"

    def new_records(self, parent: Any) -> list[Record]:
        kind = kinds.of(self.request.POST.get("kind"))
        return [Procedure(case=parent, kind=kind.kind, uuid=self.token)] if kind is not None else []

    def make(self, record: Any) -> Record:
        with records.together():
            made: Any = super().make(record)
            save_details(made, self.request.user, self.why)
        return made

    def block(self, record: Any) -> Any:
        return self.drawer(record).panel(record)


class AddDetails(_AddRow):
    """The details of a procedure that came without them, from another door."""

    parent_model = Procedure
    template_name = "procedures/editor/_procedures.html"

    def new_records(self, parent: Any) -> list[Record]:
        kind: Any = kinds.of(parent.kind)
        return [parent.details or kind.details_model(procedure=parent, uuid=self.token)]

    def block(self, record: Any) -> Any:
        return self.drawer(record).panel(record.procedure)


class AddTreatedLesions(_AddRow):
    """One lesion, or all that are not listed yet."""

    parent_model = Procedure
    template_name = "procedures/editor/_treated_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        wanted = self.request.POST.get("lesion", "")
        lesions = list(parent.case.lesions.all())
        if wanted == "all":
            listed = set(parent.treated_lesions.values_list("lesion", flat=True))
            chosen = [lesion for lesion in lesions if lesion.pk not in listed]
        else:
            chosen = [lesion for lesion in lesions if str(lesion.uuid) == wanted]
        return [TreatedLesion(procedure=parent, lesion=lesion) for lesion in chosen]

    def block(self, record: Any) -> Any:
        grid = self.drawer(record).treated_grid(
            record.procedure, list(record.procedure.treated_lesions.all())
        )
        return next(row for row in grid.rows if row.block.record.pk == record.pk)


class AddAblation(_AddRow):
    """One more cycle; on request with tip and power of the one before."""

    parent_model = TreatedLesion
    template_name = "procedures/editor/_cycle_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        made = Ablation(treated_lesion=parent, uuid=self.token)
        before = parent.ablations.last() if self.request.POST.get("like") else None
        if before is not None:
            made.active_tip_cm, made.power_w = before.active_tip_cm, before.power_w
        return [made]

    def block(self, record: Any) -> Any:
        return self.drawer(record).cycle(record)


class AddInflation(_AddRow):
    """One more inflation, in the zone of the one before."""

    parent_model = Procedure
    template_name = "procedures/editor/_inflation_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        zone = zone_of_last(list(parent.balloon_inflations.all()))
        return [BalloonInflation(procedure=parent, uuid=self.token, aortic_zone=zone)]

    def block(self, record: Any) -> Any:
        return self.drawer(record).inflation(record)


class AddSession(_AddRow):
    """A transarterial session; that there was one answers the question for transarterial therapy."""

    parent_model = Procedure
    template_name = "procedures/editor/_session_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        kind: Any = self.request.POST.get("kind") or None
        return [TransarterialSession(procedure=parent, uuid=self.token, kind=kind)]

    def make(self, record: Any) -> Record:
        with records.together():
            case = record.aggregate_root()
            Case.objects.for_user(self.request.user).select_for_update().get(pk=case.pk)
            # Read under the lock: somebody may have saved other fields since the page asked.
            details = (
                VertebroplastyDetails.objects.for_user(self.request.user)
                .filter(procedure=record.procedure)
                .first()
            )
            if details is not None and details.transarterial_therapy != codes.TransarterialTherapy.SESSIONS:
                details.transarterial_therapy = codes.TransarterialTherapy.SESSIONS
                details.missing = {
                    name: code for name, code in details.missing.items() if name != "transarterial_therapy"
                }
                records.save(details, by=self.request.user, reason=self.why)
            return records.save(record, by=self.request.user, reason=self.why)

    def block(self, record: Any) -> Any:
        return self.drawer(record).session(record)

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        response = super().post(request, uuid)
        details = VertebroplastyDetails.objects.for_user(request.user).filter(procedure__uuid=uuid).first()
        if details is not None and details.transarterial_therapy:
            name = f"{editor.prefix_of(details)}-transarterial_therapy"
            tell_stored(response, {name: [details.transarterial_therapy], f"{name}__missing": []})
        return response


class AddDrug(_AddRow):
    """A drug by its name, which a row cannot be without."""

    parent_model = TransarterialSession
    template_name = "procedures/editor/_drug_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        return [TransarterialDrug(session=parent, name=self.request.POST.get("name", ""), uuid=self.token)]

    def make(self, record: Any) -> Record:
        if not record.name.strip():
            raise ValidationError(_("Write the name of the drug."))
        return super().make(record)

    def block(self, record: Any) -> Any:
        return self.drawer(record).drug(record)
