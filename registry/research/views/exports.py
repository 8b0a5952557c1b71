"""Exports in the browser: asking for one, how far it is, and the receipts of all that came before."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.vary import vary_on_headers

from registry.core.api.problems import Problem
from registry.core.views.listing import Pages, capped_count, count_words, is_partial
from registry.research import jobs
from registry.research.api.exports import streamed
from registry.research.api.jobs import file_of, job_of
from registry.research.archive import ARCHIVE
from registry.research.cohorts import choosing
from registry.research.cohorts.sentence import sentence_of
from registry.research.export_form import ExportForm, table_label
from registry.research.models import Cohort, CohortVersion, ExportJob, ExportReceipt
from registry.research.orders import plan

#: So many exports stand on the account page, and so many jobs above the receipts.
FEW = 5


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Your account"), reverse("account")), *more]


def _own_job(user: Any, uuid: Any) -> ExportJob:
    try:
        return job_of(user, uuid)
    except Problem:
        raise Http404 from None


def _own_jobs(user: Any) -> list[ExportJob]:
    """The latest jobs that a user may still want something of, settled."""
    own = ExportJob.objects.for_user(user)
    jobs.settle(own)
    return list(own.exclude(state=ExportJob.State.EXPIRED).select_related("receipt")[:FEW])


def _line(receipt: ExportReceipt) -> dict[str, Any]:
    return {"receipt": receipt, "label": table_label(receipt.table)}


def _filters(receipt: ExportReceipt) -> list[tuple[str, str, list[str]]]:
    """What narrowed an export: each filter with its values, and the tables of an archive that it left as they are."""
    filters = receipt.definition.get("filters", {})
    by_table = filters if receipt.table == ARCHIVE else {receipt.table: filters}
    asked = {name: values for of_table in by_table.values() for name, values in of_table.items()}
    return [
        (name, ", ".join(values), [table for table, of_table in by_table.items() if name not in of_table])
        for name, values in asked.items()
        if name not in choosing.PARAMETERS
    ]


def _cohort(receipt: ExportReceipt, user: Any) -> dict[str, Any] | None:
    """The cohort that an export was narrowed to, as the receipt keeps it; with its address while there is one."""
    kept = receipt.definition.get("cohort")
    if kept is None:
        return None
    # A cohort that was deleted may have left its short name to another.
    same = {"versions__number": kept["version"], "versions__sha256": kept["sha256"]}
    cohort = Cohort.objects.for_user(user).filter(slug=kept["slug"], **same).first()
    version = CohortVersion(number=kept["version"], definition=kept["definition"])
    return {
        **kept,
        "title": kept["definition"].get("title") or kept["slug"],
        "sentence": sentence_of(version),
        "url": f"{cohort.get_absolute_url()}?version={version.number}" if cohort else "",
    }


def _asked_again(job: ExportJob) -> str:
    """The form filled in with what the job was asked for; empty where the form cannot say all of it."""
    asked = {name: values for name, values in job.parameters.items() if name != "table_format"}
    if "tables" in asked:
        return ""
    filled = {"target": job.target, "format": job.parameters.get("table_format", job.format), **asked}
    return f"{reverse('export-new')}?{urlencode(filled, doseq=True)}"


@method_decorator(vary_on_headers("HX-Request"), name="dispatch")
class Exports(View):
    """Jobs and receipts, paged; as a fragment the latest of them, for the account page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        receipts = ExportReceipt.objects.for_user(request.user)
        shown_jobs = [{"job": job, "label": table_label(job.target)} for job in _own_jobs(request.user)]
        if is_partial(request) and "recent" in request.GET:
            context: dict[str, Any] = {
                "jobs": shown_jobs,
                "rows": [_line(receipt) for receipt in receipts[:FEW]],
            }
            return render(request, "research/_exports_recent.html", context)
        pages = Pages.of(request)
        found, more = pages.cut(receipts)
        context = {
            "jobs": shown_jobs,
            "rows": [_line(receipt) for receipt in found],
            "count": count_words(capped_count(receipts)),
            "crumbs": _crumbs(),
            **pages.links(request, len(found), more),
        }
        template = "research/_receipts.html" if is_partial(request) else "research/exports.html"
        return render(request, template, context)


class NewExport(View):
    """The form; it answers with the file, or leads to the job that writes it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ExportForm(
            initial={name: request.GET[name] for name in ExportForm.base_fields if name in request.GET},
            user=request.user,
            narrowing=request.GET,
        )
        return self._page(request, form)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = ExportForm(request.POST, user=request.user, narrowing=request.POST)
        if not form.is_valid():
            return self._page(request, form, 422)
        order = form.order()
        try:
            compiled = plan(order, request.user)
            if order.in_background or compiled.check() > settings.EXPORT_INLINE_CELLS:
                return redirect("export-progress", jobs.submit(compiled.kept, request.user).uuid)
            return streamed(compiled.start(request))
        except Problem as refused:
            for name, said in (refused.errors or {"": [refused.detail]}).items():
                for message in said:
                    if name in form.fields:
                        form.add_error(name, str(message))
                    else:
                        form.add_error(None, f"{name}: {message}" if name else str(message))
            return self._page(request, form, 422)

    @staticmethod
    def _page(request: HttpRequest, form: ExportForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "crumbs": _crumbs((_("Your exports"), reverse("exports")))}
        return render(request, "research/export_new.html", context, status=status)


class Progress(View):
    """How far an export in the background is; the same address answers the page and the part that asks again."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        return self.shown(request, _own_job(request.user, uuid))

    @staticmethod
    def shown(request: HttpRequest, job: ExportJob) -> HttpResponse:
        context = {
            "job": job,
            "label": table_label(job.target),
            "asked": [(name, ", ".join(values)) for name, values in sorted(job.parameters.items())],
            "again": _asked_again(job),
            "crumbs": _crumbs((_("Your exports"), reverse("exports"))),
        }
        template = "research/_export_job.html" if is_partial(request) else "research/export_job.html"
        return render(request, template, context)


class CancelExport(View):
    """Stops an export; one that has ended stays as it is."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        job = _own_job(request.user, uuid)
        jobs.cancel(job)
        if is_partial(request):
            return Progress.shown(request, job)
        return redirect("export-progress", job.uuid)


class ExportFile(View):
    """The file of an export; where there is none, the page that says why."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponseBase:
        job = _own_job(request.user, uuid)
        try:
            return file_of(job)
        except Problem as refused:
            page = Progress.shown(request, job)
            page.status_code = refused.status_code
            return page


class Receipt(View):
    """Everything that a receipt says."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        receipt = ExportReceipt.objects.for_user(request.user).filter(uuid=uuid).first()
        if receipt is None:
            raise Http404
        context = {
            **_line(receipt),
            "filters": _filters(receipt),
            "cohort": _cohort(receipt, request.user),
            "crumbs": _crumbs((_("Your exports"), reverse("exports"))),
        }
        return render(request, "research/receipt.html", context)
