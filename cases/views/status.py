"""Declaring a case complete, and taking it back to draft."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from cases import editor
from cases.codes import CaseStatus
from cases.forms import CaseStatusForm
from cases.models import Case
from cases.views.base import CaseContext, case_crumbs, case_or_404, case_url
from registry.core import policies
from registry.core.views.links import gap_url
from registry.core.views.locked import locked_page

NEEDED = (
    "lesions",
    "procedures__balloon_inflations",
    "procedures__treated_lesions__lesion",
    "procedures__treated_lesions__ablations",
    "procedures__transarterial_sessions",
    "procedures__complications",
)


class CaseStatusPage(View):
    """Shows what stands between the case and its next status, and takes the step."""

    status: CaseStatus
    template_name: str
    fragment_name = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.case = case_or_404(request, kwargs["uuid"])
        if not policies.may_write(request.user, self.case):
            raise PermissionDenied
        lock = policies.lock_of(self.case)
        if lock is not None:
            if getattr(request, "htmx", None):
                return HttpResponse("")  # the page that asks says already what locks the case
            status = 409 if request.method == "POST" else 200
            crumbs, url = case_crumbs(self.case), case_url(self.case)
            return locked_page(request, lock, str(self.case), crumbs, url, status)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        return self.show(self.form(None))

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        if self.case.status == self.status:
            return HttpResponseRedirect(case_url(self.case))  # the second of two clicks
        data = request.POST.copy()
        data.setdefault("status", self.status.value)
        form = self.form(data)
        if not form.is_valid():
            return self.show(form, status=409 if form.conflict else 422)
        form.save()
        messages.success(
            request,
            _("%(case)s is %(status)s.") % {"case": self.case, "status": self.status.label},
        )
        return HttpResponseRedirect(self.back_url())

    def back_url(self) -> str:
        """Where the step leads, taken or not: to the section that it was asked for in, else to the case."""
        slug = self.request.GET.get("section", "")
        if slug in {section.slug for section in editor.sections()}:
            return editor.section_url(self.case, slug)
        return case_url(self.case)

    def form(self, data: Any) -> CaseStatusForm:
        case = Case.objects.get(pk=self.case.pk)
        return CaseStatusForm(
            data, instance=case, by=self.request.user, initial={"status": self.status.value}
        )

    def show(self, form: CaseStatusForm, status: int = 200) -> HttpResponse:
        case = self.case
        htmx: Any = getattr(self.request, "htmx", None)
        context = CaseContext(self.request, case).as_dict(
            form=form,
            crumbs=case_crumbs(case),
            back_url=self.back_url(),
            version=form.conflict.stored.version if form.conflict else case.version,
            **self.more(),
        )
        name = self.fragment_name if htmx and self.fragment_name else self.template_name
        return render(self.request, name, context, status=status)

    def more(self) -> dict[str, Any]:
        return {}


class CompletePage(CaseStatusPage):
    """What is still needed, each with a link to where it is entered."""

    status = CaseStatus.COMPLETE
    template_name = "cases/case_complete.html"
    fragment_name = "cases/_case_gaps.html"

    def more(self) -> dict[str, Any]:
        case = Case.objects.select_related("patient").prefetch_related(*NEEDED).get(pk=self.case.pk)
        return {"gaps": [(gap.message, gap_url(gap)) for gap in policies.gaps(case)]}


class DraftPage(CaseStatusPage):
    """Back to draft, with a reason."""

    status = CaseStatus.DRAFT
    template_name = "cases/case_draft.html"
