"""Imports in the browser: files taken in, what the check found, confirmation, undoing, templates."""

import csv
import io
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.vary import vary_on_headers

from registry.access import log
from registry.access.models import AccessEvent
from registry.access.scope import curated_centers
from registry.core.reading import LONGEST_REASON
from registry.core.views.listing import Pages, capped_count, count_words, is_partial
from registry.interchange.importing import batches, shelf, undoing
from registry.interchange.importing.checking import Report
from registry.interchange.importing.csv_file import _FORMULA_STARTS
from registry.interchange.importing.layout import LAYOUTS, columns_of
from registry.interchange.importing.reading import SUFFIXES, suffix_of
from registry.interchange.importing.sheets import WIDE
from registry.interchange.importing.templates import TEMPLATES, template_file
from registry.interchange.models import ImportBatch

State = ImportBatch.State
#: Files of one import.
MOST_FILES = 20
#: So many errors, warnings and differences stand on the page; the file has all.
SHOWN = 200
TEMPLATE_SUFFIXES = ("xlsx", "csv")
#: Longest name of a file that is kept.
LONGEST_NAME = 100


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Import"), reverse("imports")), *more]


def _curator(request: HttpRequest) -> Any:
    batches.demand_curator(request.user)
    return request.user


def _batch(request: HttpRequest, uuid: Any) -> ImportBatch:
    """One of the curator's batches, settled; anything else is not there."""
    found = ImportBatch.objects.for_user(_curator(request)).filter(uuid=uuid)
    batches.settle(found)
    batch = found.first()
    if batch is None:
        raise Http404
    return batch


def _note_read(request: HttpRequest, batch: ImportBatch, report: Report | None) -> None:
    """What a check found repeats values of patients; the access log says who read it."""
    if report is not None and (report.differences or report.errors or report.warnings):
        log.note(
            AccessEvent.Kind.IDENTITY_READ,
            user=request.user,
            request=request,
            subject=f"import {batch.uuid}",
            detail=request.path,
        )


def _tables() -> list[dict[str, Any]]:
    names = [*LAYOUTS, WIDE]
    return [
        {
            "name": name,
            "label": LAYOUTS[name].model._meta.verbose_name_plural
            if name in LAYOUTS
            else _("one row per case"),
            "columns": len(columns_of(name).values) if name in LAYOUTS else None,
        }
        for name in names
    ]


@method_decorator(vary_on_headers("HX-Request"), name="dispatch")
class Imports(View):
    """The files of a new import, and the batches before it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        user = _curator(request)
        files = request.FILES.getlist("files")
        error = self._fault(files)
        if error:
            return self._page(request, error, 422)
        given = [(PurePath(file.name or "").name[-LONGEST_NAME:], file.chunks()) for file in files]
        try:
            batch = batches.take(given, user)
        except batches.Refused as refused:
            return self._page(request, refused.message, 422)
        batches.start_check(batch)
        return redirect("import-batch", batch.uuid)

    @staticmethod
    def _fault(files: list[Any]) -> str:
        if not files:
            return _("Choose at least one file.")
        if len(files) > MOST_FILES:
            return _("Choose at most %(most)d files.") % {"most": MOST_FILES}
        if sum(file.size for file in files) > settings.IMPORT_MAX_BYTES:
            return _("The files are larger than %(most)d MB. Split them.") % {
                "most": settings.IMPORT_MAX_BYTES // 1024**2
            }
        for file in files:
            if suffix_of(file.name) not in SUFFIXES:
                return _("“%(name)s” is not read. Accepted: %(suffixes)s.") % {
                    "name": file.name[-LONGEST_NAME:],
                    "suffixes": ", ".join(SUFFIXES),
                }
        names = [file.name for file in files]
        if len(set(names)) < len(names):
            return _("Two files have the same name.")
        return ""

    @staticmethod
    def _page(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
        user = _curator(request)
        found = ImportBatch.objects.for_user(user)
        batches.settle(found)
        pages = Pages.of(request)
        rows, more = pages.cut(found.prefetch_related("centers"))
        context = {
            "rows": rows,
            "count": count_words(capped_count(found)),
            "error": error,
            "tables": _tables(),
            "suffixes": ",".join(SUFFIXES),
            "template_suffixes": TEMPLATE_SUFFIXES,
            "most_mb": settings.IMPORT_MAX_BYTES // 1024**2,
            "centers": curated_centers(user),
            **pages.links(request, len(rows), more),
        }
        template = "interchange/_imports.html" if is_partial(request) else "interchange/imports.html"
        return render(request, template, context, status=status)


class Batch(View):
    """What became of a batch; the same address answers the page and the part that asks again."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        return self.shown(request, _batch(request, uuid))

    @staticmethod
    def shown(
        request: HttpRequest, batch: ImportBatch, error: str = "", status: int = 200, reason: str = ""
    ) -> HttpResponse:
        report = shelf.report_of(batch) if batch.is_open and not batch.is_under_way else None
        _note_read(request, batch, report)
        progress = shelf.progress_of(batch) if batch.is_under_way else None
        context = {
            "batch": batch,
            "error": error,
            "reason": reason,
            "longest": LONGEST_REASON,
            "report": report,
            "tables": [{"name": name, **counted} for name, counted in batch.counts.items()],
            "errors": report.errors[:SHOWN] if report else [],
            "warnings": report.warnings[:SHOWN] if report else [],
            "differences": report.differences[:SHOWN] if report else [],
            "shown_most": SHOWN,
            "percent": 100 * progress[0] // max(progress[1], 1) if progress else None,
            "progress": progress,
            "confirm_words": _confirm_words(batch),
            "crumbs": _crumbs(),
        }
        template = "interchange/_import.html" if is_partial(request) else "interchange/import.html"
        return render(request, template, context, status=status)


def _confirm_words(batch: ImportBatch) -> str:
    """What the button does."""
    number = batch.total["new"] + batch.total["changed"]
    return ngettext("Import %(count)d row", "Import %(count)d rows", number) % {"count": number}


class _Step(View):
    """A step that is taken by sending; a refusal comes back on the page."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        batch = _batch(request, uuid)
        reason = request.POST.get("reason", "")
        try:
            self.take(batch, request.user, reason)
        except (batches.Refused, ValidationError) as refused:
            said = refused.message if isinstance(refused, batches.Refused) else " ".join(refused.messages)
            batch.refresh_from_db()
            return Batch.shown(request, batch, said, 422, reason)
        return HttpResponseRedirect(reverse("import-batch", args=[batch.uuid]))

    def take(self, batch: ImportBatch, user: Any, reason: str) -> None:
        raise NotImplementedError


class Confirm(_Step):
    """Writes what has been checked."""

    def take(self, batch: ImportBatch, user: Any, reason: str) -> None:
        batches.confirm(batch, user, reason)


class CheckAgain(_Step):
    """Checks the same files once more."""

    def take(self, batch: ImportBatch, user: Any, reason: str) -> None:
        batches.again(batch)


class Discard(_Step):
    """Throws the files away."""

    def take(self, batch: ImportBatch, user: Any, reason: str) -> None:
        batches.discard(batch)


class Undo(_Step):
    """Takes back what a batch created."""

    def take(self, batch: ImportBatch, user: Any, reason: str) -> None:
        undoing.undo(batch, user, reason)


class Errors(View):
    """Errors and warnings of the check as CSV."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        batch = _batch(request, uuid)
        report = shelf.report_of(batch) if batch.is_open else None
        if report is None:
            raise Http404
        _note_read(request, batch, report)
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["kind", "file", "row", "column", "message"])
        for kind, listed in (("error", report.errors), ("warning", report.warnings)):
            for each in listed:
                cells = (each["file"], each["row"], each["column"], each["message"])
                writer.writerow([kind, *(_defused(cell) for cell in cells)])
        answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="import-{batch.uuid}.csv"'
        return answer


def _defused(cell: str) -> str:
    """What was uploaded must not come to life in a spreadsheet either."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


class Template(View):
    """An empty table to fill in, made from what the models know."""

    def get(self, request: HttpRequest, table: str, suffix: str) -> HttpResponse:
        _curator(request)
        if table not in TEMPLATES or suffix not in TEMPLATE_SUFFIXES:
            raise Http404
        content, content_type = template_file(table, suffix)
        answer = HttpResponse(content, content_type=content_type)
        answer["Content-Disposition"] = f'attachment; filename="{table}.{suffix}"'
        return answer
