"""Procedure report and discharge letter: a text to edit, copy or print. What is typed into it is not stored."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from cases.models import Case
from cases.views.base import CaseContext, case_crumbs, case_or_404, note_identity
from outcomes.models import Complication
from outcomes.report.draft import Draft, discharge_letter, procedure_report
from outcomes.report.phrases import Missing
from procedures.models import Procedure
from procedures.views.section import procedures_of
from registry.core.views.links import gap_url


@dataclass(frozen=True)
class GapLine:
    """A gap in the list beside the text, and where it is closed."""

    label: str
    reason: str
    url: str


class GapList:
    """Gaps under what they belong to, in the order of the text; linked where the reader may enter the value."""

    def __init__(self, gaps: list[Missing], *, linked: bool) -> None:
        self.count = len(gaps)
        self.groups: dict[str, list[GapLine]] = {}
        for missing in gaps:
            line = GapLine(capfirst(missing.label), missing.reason, gap_url(missing.gap) if linked else "")
            self.groups.setdefault(missing.heading, []).append(line)


class DraftView(View):
    """A drafted text. For those who may see who the patient is, and of published cases for everyone signed in."""

    title: ClassVar[Any]

    def get(self, request: HttpRequest, uuid: UUID) -> HttpResponse:
        case = case_or_404(
            request,
            uuid,
            "lesions",
            "treatments",
            "assessments",
            "followup_status",
            "patient__cases",
        )
        context = CaseContext(request, case)
        if not context.reader.identify:
            raise PermissionDenied
        procedures = procedures_of(case)
        complications = complications_of(case, procedures)
        draft = self.draft(context, procedures, complications)
        note_identity(request, case)
        return render(
            request,
            "outcomes/report/page.html",
            context.as_dict(
                draft=draft,
                not_entered=GapList([gap for gap in draft.gaps if not gap.reason], linked=context.may_write),
                with_reason=GapList([gap for gap in draft.gaps if gap.reason], linked=context.may_write),
                title=self.title,
                views=self.views(case, procedures),
                crumbs=case_crumbs(case),
            ),
        )

    def draft(
        self, context: CaseContext, procedures: list[Procedure], complications: list[Complication]
    ) -> Draft:
        raise NotImplementedError

    def views(self, case: Case, procedures: list[Procedure]) -> list[tuple[str, str, bool]]:
        """The texts that can be drafted from the case: label, address, whether it is this one."""
        report, letter = (reverse(name, args=[case.uuid]) for name in ("case-report", "case-letter"))
        found = [(_("Procedure report"), report)]
        if len(procedures) > 1:
            found = [(_("Report of all procedures"), report)]
            found += [
                (
                    _("%(number)s. %(procedure)s")
                    % {
                        "number": procedure.sequence,
                        "procedure": capfirst(str(procedure.get_kind_display())),
                    },
                    f"{report}?procedure={procedure.uuid}",
                )
                for procedure in procedures
            ]
        found.append((_("Discharge letter"), letter))
        here = self.request.get_full_path()
        return [(label, url, url == here) for label, url in found]


class ReportPage(DraftView):
    """The report of one procedure (``?procedure=<uuid>``), or of all of the case in their order."""

    title = gettext_lazy("Procedure report")

    def draft(
        self, context: CaseContext, procedures: list[Procedure], complications: list[Complication]
    ) -> Draft:
        wanted = self.request.GET.get("procedure", "")
        chosen = [row for row in procedures if str(row.uuid) == wanted] if wanted else procedures
        if wanted and not chosen:
            raise Http404
        return procedure_report(context.case, chosen, complications, context.reader, of_all=procedures)


class LetterPage(DraftView):
    """The letter about the whole case."""

    title = gettext_lazy("Discharge letter")

    def draft(
        self, context: CaseContext, procedures: list[Procedure], complications: list[Complication]
    ) -> Draft:
        return discharge_letter(context.case, procedures, complications, context.reader, timezone.localdate())


def complications_of(case: Case, procedures: list[Procedure]) -> list[Complication]:
    """The complications of all procedures of the case, each at its procedure, in one query."""
    by_id = {procedure.pk: procedure for procedure in procedures}
    rows = list(Complication.objects.filter(procedure__in=by_id).select_related("lesion").order_by("pk"))
    for row in rows:
        row.procedure = by_id[row.procedure_id]
    return rows
