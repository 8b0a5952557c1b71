"""The ascertainment log: months by centre, the form of a month, sign-off, CSV, and the figure on the dashboard."""

import csv
import datetime
from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View

from registry.access import scope
from registry.access.models import Center
from registry.access.scope import writable_centers
from registry.core import policies, records
from registry.core.models import Record
from registry.core.reading import read_reason
from registry.core.views.form import RecordFormView
from registry.curation import ascertainment as log
from registry.curation.forms import AscertainmentForm
from registry.curation.models import AscertainmentMonth
from registry.curation.models.ascertainment import REASONS, month_words

#: Months on a page of the log.
SHOWN = 24
#: The first month that can be entered.
FIRST_YEAR = 1990


def _centers(request: HttpRequest) -> list[Center]:
    """The centres whose log somebody reads: those they enter cases for."""
    found = list(writable_centers(request.user).order_by("code"))
    if not found:
        raise PermissionDenied(_("The log is kept by the clinicians and curators of the centre."))
    return found


def _center(request: HttpRequest, code: str) -> Center:
    return get_object_or_404(writable_centers(request.user), code=code)


def month_url(center: Center, month: datetime.date, name: str = "ascertainment-month") -> str:
    return reverse(name, args=[center.code, month.year, month.month])


def _month(year: int, month: int) -> datetime.date:
    if not (FIRST_YEAR <= year <= 2100 and 1 <= month <= 12):
        raise Http404
    found = datetime.date(year, month, 1)
    if found > timezone.localdate():
        raise Http404
    return found


# -- the log --------------------------------------------------------------------------------------------------------


def _rows(
    center: Center, entries: dict[Any, Any], counted: Any, months: list[datetime.date]
) -> list[dict[str, Any]]:
    """The months of a centre as the table shows them."""
    found = []
    for month in months:
        entry = entries.get((center.pk, month))
        counts = counted.get((center.pk, month), Counter())
        kinds = log.figures(entry, counts)
        known = entry is not None and all(kind.eligible is not None for kind in kinds)
        over = log.after(month) <= timezone.localdate()
        state = "done" if entry is not None and entry.is_closed else "due" if over else "upcoming"
        found.append(
            {
                "month": month,
                "words": month_words(month),
                "entry": entry,
                "kinds": kinds,
                "known": known,
                "registered": sum(kind.registered for kind in kinds),
                "eligible": sum(kind.eligible or 0 for kind in kinds) if known else None,
                "open": known and not all(kind.adds_up for kind in kinds),
                "moved": entry is not None
                and entry.is_closed
                and Counter(entry.registered) != +Counter(counts),
                "state": state,
                "url": month_url(center, month),
            }
        )
    return found


def _log(centers: list[Center], months: list[datetime.date]) -> dict[int, list[dict[str, Any]]]:
    ids = [center.pk for center in centers]
    entries = {
        (entry.center_id, entry.month): entry
        for entry in AscertainmentMonth.objects.filter(center__in=ids, month__in=months)
    }
    counted = log.registered(ids, months[-1], log.after(months[0]))
    return {center.pk: _rows(center, entries, counted, months) for center in centers}


class AscertainmentPage(View):
    """Months of a centre, the current one first; those without an entry are due."""

    def get(self, request: HttpRequest) -> HttpResponse:
        centers = _centers(request)
        center = next((one for one in centers if one.code == request.GET.get("center")), centers[0])
        text = request.GET.get("page", "1")
        page = min(int(text), 40) if text.isdecimal() and len(text) < 4 and int(text) > 0 else 1
        newest = log.before(log.this_month(), (page - 1) * SHOWN)
        months = [log.before(newest, count) for count in range(SHOWN)]
        whole = log.completeness([center.pk], timezone.localdate())[center.pk]
        context = {
            "centers": centers,
            "center": center,
            "rows": _log([center], months)[center.pk],
            "whole": whole,
            "undated": log.undated(center.pk),
            "curates": scope.may_curate(request.user, center.pk),
            "page": page,
            "older": page + 1 if page < 40 else None,
            "newer": page - 1 if page > 1 else None,
        }
        return render(request, "curation/ascertainment.html", context)


def table(request: HttpRequest) -> HttpResponse:
    """The log as CSV: a row for each centre, month and kind, the latest first; NULL is an empty cell."""
    centers = _centers(request)
    codes = {center.pk: center.code for center in centers}
    entries = AscertainmentMonth.objects.filter(center__in=centers).order_by("center__code", "-month")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="ascertainment.csv"'
    writer = csv.writer(response)
    writer.writerow(
        ["center", "month", "kind", "eligible", "registered", *REASONS, "difference", "text", "state"]
    )
    first = min((entry.month for entry in entries), default=None)
    counted = log.registered(codes, first, log.after(log.this_month())) if first else {}
    for entry in entries:
        for figure in log.figures(entry, counted.get((entry.center_id, entry.month), Counter())):
            text = figure.text if figure.text[:1] not in "=+-@\t\r" else f"'{figure.text}"
            writer.writerow(
                [
                    codes[entry.center_id],
                    f"{entry.month:%Y-%m}",
                    figure.kind,
                    figure.eligible,
                    figure.registered,
                    *(getattr(entry, f"{figure.kind}_{name}") for name in REASONS),
                    figure.difference,
                    text,
                    entry.state,
                ]
            )
    return response


def completeness(request: HttpRequest) -> HttpResponse:
    """Registered of eligible procedures over the last twelve months: a fragment of the dashboard, and a page."""
    centers = list(writable_centers(request.user).order_by("code"))
    parts = log.completeness([center.pk for center in centers], timezone.localdate())
    due = [center for center in centers if parts[center.pk].unknown]
    context = {
        "whole": log.together(parts.values()),
        "centers": centers,
        "due": due,
        "months": log.WINDOW,
    }
    htmx = getattr(request, "htmx", None)
    name = "curation/_completeness.html" if htmx else "curation/completeness.html"
    return render(request, name, context)


# -- one month --------------------------------------------------------------------------------------------------------


class MonthPage(RecordFormView):
    """The figures of a month; read-only once it is signed off, and for those who do not curate the centre."""

    form_class = AscertainmentForm
    template_name = "curation/month.html"

    @cached_property
    def center(self) -> Center:
        return _center(self.request, self.kwargs["center"])

    @cached_property
    def month(self) -> datetime.date:
        return _month(self.kwargs["year"], self.kwargs["month"])

    def _there(self) -> Any:
        return AscertainmentMonth.objects.filter(center=self.center, month=self.month).first()

    def stored_record(self) -> Record | None:
        """What is stored is edited; a form that was opened before it was stored comes without a version."""
        began_empty = self.request.method == "POST" and not self.request.POST.get("version")
        return None if began_empty else self._there()

    def _made_before(self) -> Record | None:
        """This form has been sent before, or another curator has begun the month meanwhile."""
        found = super()._made_before() or self._there()
        self.repeated = found is not None
        return found

    def new_record(self) -> Record:
        return AscertainmentMonth(center=self.center, month=self.month)

    def demand_right(self) -> None:
        if self.request.method == "POST":
            super().demand_right()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not scope.may_curate(request.user, self.center.pk):
            return self.show_read()
        return super().get(request, *args, **kwargs)

    def show_locked(self, lock: policies.Lock) -> HttpResponse:
        return self.show_read(409 if self.request.method == "POST" else 200)

    def show_read(self, status: int = 200, errors: Any = None) -> HttpResponse:
        """The month without fields."""
        context = {"parts": [], "errors": errors or {}, **self.page()}
        return render(self.request, "curation/month_read.html", context, status=status)

    def page(self) -> dict[str, Any]:
        entry: Any = self.record
        counts = log.of_month(self.center.pk, self.month)
        stored = entry if entry.pk else None
        kinds = log.figures(stored, counts)
        over = log.after(self.month) <= timezone.localdate()
        return {
            **super().page(),
            "center": self.center,
            "month": self.month,
            "entry": stored,
            "kinds": kinds,
            "reasons": REASONS,
            "faults": [fault for kind in kinds if (fault := kind.fault())] if stored else [],
            "over": over,
            "undated": log.undated(self.center.pk),
            "curates": scope.may_curate(self.request.user, self.center.pk),
            "moved": stored is not None
            and stored.is_closed
            and Counter(stored.registered) != +Counter(counts),
            "then": stored.registered if stored is not None else {},
            "breakdown": [
                (kind, [(name, getattr(stored, f"{kind.kind}_{name}")) for name in REASONS] if stored else [])
                for kind in kinds
            ],
            "month_url": month_url(self.center, self.month),
            "sign_off_url": month_url(self.center, self.month, "ascertainment-sign-off"),
            "reopen_url": month_url(self.center, self.month, "ascertainment-reopen"),
        }

    def show(self, forms: Any, status: int = 200) -> HttpResponse:
        self.bound = forms[0][1]
        return super().show(forms, status)

    def title(self) -> str:
        return f"{self.center.code} · {month_words(self.month)}"

    def crumbs(self) -> list[tuple[str, str]]:
        return [(_("Eligible procedures"), f"{reverse('ascertainment')}?center={self.center.code}")]

    def cancel_url(self) -> str:
        return f"{reverse('ascertainment')}?center={self.center.code}"

    def success_url(self, record: Record) -> str:
        return month_url(self.center, self.month)

    def unusual_url(self, record: Record, main: Record) -> str:
        return self.success_url(main)


class _Act(MonthPage):
    """A step of a month that exists: POST only."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.creating, self.repeated = False, False
        self.record = get_object_or_404(AscertainmentMonth, center=self.center, month=self.month)
        if not policies.may_write(request.user, self.record):
            raise PermissionDenied(_("The log is kept by the curators of the centre."))
        return View.dispatch(self, request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = request.POST.get("version", "")
        try:
            self.act(int(version) if version.isdecimal() and len(version) < 10 else 0)
        except records.Conflict as conflict:
            self.record = conflict.stored
            who = self.record.history.first()
            sentence = _("%(name)s changed this month meanwhile. Look at it again.") % {
                "name": who.history_user_name if who else _("Somebody")
            }
            return self.show_read(409, {"__all__": [sentence]})
        except ValidationError as refused:
            self.record = AscertainmentMonth.objects.get(pk=self.record.pk)
            errors = refused.message_dict if hasattr(refused, "error_dict") else {"__all__": refused.messages}
            by_field = {
                "__all__": [text for name, texts in errors.items() if name != "reason" for text in texts]
            }
            if "reason" in errors:
                by_field["reason"] = errors["reason"]
            return self.show_read(422, {name: texts for name, texts in by_field.items() if texts})
        return HttpResponseRedirect(month_url(self.center, self.month))

    def act(self, version: int) -> None:
        raise NotImplementedError


class SignOff(_Act):
    """A curator declares the figures of a month to be right."""

    def act(self, version: int) -> None:
        log.sign_off(self.record, by=self.request.user, expected_version=version)  # type: ignore[arg-type]
        messages.success(self.request, _("%(month)s is signed off.") % {"month": month_words(self.month)})


class Reopen(_Act):
    """A curator opens a month again, with a reason."""

    def act(self, version: int) -> None:
        reason = read_reason(self.request.POST.get("reason"))
        log.reopen(self.record, by=self.request.user, reason=reason, expected_version=version)  # type: ignore[arg-type]
        messages.success(self.request, _("%(month)s is open again.") % {"month": month_words(self.month)})
