"""Creating, changing and deleting procedures and what belongs to them."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.models import Lesion
from cases.views.base import CaseRecordFormView, case_crumbs, case_url
from cases.views.forms import CaseRecordDeleteView
from procedures import kinds
from procedures.forms import (
    AblationForm,
    BalloonInflationForm,
    ProcedureForm,
    TransarterialDrugForm,
    TransarterialSessionForm,
    TreatedLesionForm,
)
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
)
from registry.core.models import Record
from registry.core.views import Part


class ProcedureFormView(CaseRecordFormView):
    """A procedure with the details of its kind: one page, one transaction."""

    form_class = ProcedureForm
    parent_field = "case"
    section = "procedures"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.creating and kinds.of(self.kind) is None:
            context = {**self.page(), "kinds": list(kinds.KINDS.values())}
            return render(request, "procedures/choose_kind.html", context)
        return super().get(request, *args, **kwargs)

    @property
    def kind(self) -> str | None:
        if not self.creating:
            return self.record.kind  # type: ignore[attr-defined]
        return self.request.POST.get("kind") or self.request.GET.get("kind")

    def new_record(self) -> Procedure:
        return Procedure(case=self.parent, kind=self.request.GET.get("kind") or "")

    def parts(self) -> list[Part]:
        procedure = Part(
            "", ProcedureForm, lambda _saved: self.fresh(), stand_in=self._bare if self.creating else None
        )
        kind = kinds.of(self.kind)
        if kind is None:
            return [procedure]
        return [procedure, Part("details", kind.form, self._details)]

    def _bare(self) -> Procedure:
        return Procedure(case=self.parent, kind=self.kind or "")

    def _details(self, saved: Mapping[str, Record]) -> Record:
        kind: Any = kinds.of(self.kind)
        procedure: Any = saved.get("", self.record)
        stored = kind.details_model.objects.filter(procedure=procedure).first() if procedure.pk else None
        return stored or kind.details_model(procedure=procedure)

    def title(self) -> str:
        if self.creating:
            kind = kinds.of(self.kind)
            return _("New procedure: %(kind)s") % {"kind": kind.label} if kind else _("New procedure")
        return capfirst(str(self.record.get_kind_display()))  # type: ignore[attr-defined]

    def unusual_url(self, record: Record, main: Record) -> str:
        return super().unusual_url(main, main)


class OfProcedureFormView(CaseRecordFormView):
    """A row beneath a procedure."""

    section = "procedures"

    def procedure(self) -> Any:
        at: Any = self.record
        for step in ("session", "treated_lesion"):
            at = getattr(at, step, at)
        return at.procedure

    def crumbs(self) -> list[tuple[str, str]]:
        procedure = self.procedure()
        return [
            *case_crumbs(procedure.case),
            (str(procedure.get_kind_display()), case_url(procedure.case, f"procedure-{procedure.uuid}")),
        ]

    def success_url(self, record: Record) -> str:
        return self.cancel_url()

    def cancel_url(self) -> str:
        procedure = self.procedure()
        return case_url(procedure.case, f"procedure-{procedure.uuid}")


class DetailsFormView(OfProcedureFormView):
    """The details of one procedure alone: where a gap in them is closed."""


class TreatedLesionFormView(OfProcedureFormView):
    form_class = TreatedLesionForm
    parent_field = "procedure"
    may_add_another = True

    def initial(self, part: Part) -> dict[str, Any]:
        """The first lesion of the case that this procedure does not list yet."""
        treated = self.parent.treated_lesions.values("lesion")
        lesion = Lesion.objects.filter(case=self.parent.case_id).exclude(pk__in=treated).first()
        return {"lesion": lesion.pk} if lesion is not None else {}


class BalloonInflationFormView(OfProcedureFormView):
    form_class = BalloonInflationForm
    parent_field = "procedure"
    may_add_another = True


class TransarterialSessionFormView(OfProcedureFormView):
    form_class = TransarterialSessionForm
    parent_field = "procedure"


class TransarterialDrugFormView(OfProcedureFormView):
    form_class = TransarterialDrugForm
    parent_field = "session"
    may_add_another = True


class AblationFormView(OfProcedureFormView):
    form_class = AblationForm
    parent_field = "treated_lesion"
    may_add_another = True

    @cached_property
    def lesion(self) -> Any:
        return self.record.treated_lesion.lesion  # type: ignore[attr-defined]

    def crumbs(self) -> list[tuple[str, str]]:
        return [*super().crumbs(), (str(self.lesion), "")]


class ProcedureDeleteView(CaseRecordDeleteView):
    model = Procedure
    section = "procedures"


class TreatedLesionDeleteView(CaseRecordDeleteView):
    model = TreatedLesion
    section = "procedures"


class AblationDeleteView(CaseRecordDeleteView):
    model = Ablation
    section = "procedures"


class BalloonInflationDeleteView(CaseRecordDeleteView):
    model = BalloonInflation
    section = "procedures"


class TransarterialSessionDeleteView(CaseRecordDeleteView):
    model = TransarterialSession
    section = "procedures"


class TransarterialDrugDeleteView(CaseRecordDeleteView):
    model = TransarterialDrug
    section = "procedures"
