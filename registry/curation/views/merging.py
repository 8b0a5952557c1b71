"""Merging two patients: find the two, compare them, see what will happen, confirm with a reason."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from cases.identity import lookup_hash
from cases.models import MergedPatient, Patient
from registry.access import log
from registry.access.models import AccessEvent
from registry.access.scope import curated, may_curate
from registry.core.reading import read_reason
from registry.curation.merging import hooks
from registry.curation.merging.choosing import Chosen, choices, impossible, proposed_survivor
from registry.curation.merging.merge import Stale, merge, preview

#: So many patients are offered for a search.
LIMIT = 20


class MergePage(View):
    """``?a=…&b=…``: without both, the search; with both, the comparison; sent, the preview; confirmed, the merge."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.centers = list(curated(request.user))
        if not self.centers:
            raise PermissionDenied(_("Curators of a centre merge its patients."))
        self.a, self.b = self._patient("a"), self._patient("b")
        return super().dispatch(request, *args, **kwargs)

    def _patient(self, side: str) -> Patient | None:
        """The patient that the address names; 404 outside the user's scope."""
        text = self.request.GET.get(side, "")
        if not text:
            return None
        try:
            public_id = uuid.UUID(text)
        except ValueError:
            raise Http404 from None
        patients = Patient.objects.for_user(self.request.user).select_related("center", "publication")
        found = patients.filter(uuid=public_id).first()
        if found is None:
            found = patients.filter(merged__uuid=public_id).first()
        if found is None:
            raise Http404
        return found

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.a is None or self.b is None:
            return self._search()
        if refusal := self._refusal(self.a, self.b):
            return self._search(refusal, status=422)
        return self._compare(self.a, self.b, {}, {})

    def post(self, request: HttpRequest) -> HttpResponse:
        a, b = self.a, self.b
        if a is None or b is None:
            return self._search(_("Choose two patients first."), status=422)
        if refusal := self._refusal(a, b):
            return self._search(refusal, status=422)
        given = request.POST
        chosen, errors = Chosen.read(given, a, b)
        if errors or "back" in given:
            return self._compare(a, b, given, errors, status=422 if errors else 200)
        if "confirm" not in given:
            return self._preview(a, b, chosen)
        try:
            reason = read_reason(given.get("reason"))
            result = merge(a, b, chosen, by=request.user, reason=reason, mark=given.get("mark", ""))
        except Stale as stale:
            return self._preview(a, b, chosen, changes=stale.changes)
        except ValidationError as error:
            return self._preview(a, b, chosen, refusals=error.messages)
        messages.success(
            request,
            _("%(merged)s has been merged into %(survivor)s.")
            % {"merged": result.merged.registry_id, "survivor": result.survivor.registry_id},
        )
        return redirect(_page_of(result.survivor))

    def _refusal(self, a: Patient, b: Patient) -> str:
        refusal = impossible(a, b)
        if not refusal and not may_curate(self.request.user, a.center_id):
            raise PermissionDenied(_("Curators of the centre merge its patients."))
        return refusal

    # -- the pages -------------------------------------------------------------------------------------------------

    def _search(self, refusal: str = "", status: int = 200) -> HttpResponse:
        """Find the two: what was chosen stands there, and whom the registry itself thinks to be one person."""
        chosen = None if refusal else self.a or self.b
        text = self.request.GET.get("q", "").strip()[:100]
        found = [patient for patient in self._found(text) if patient != chosen] if text else []
        pairs = [] if chosen or text else hooks.pairs(self.request.user)
        context = {
            "refusal": refusal,
            "chosen": chosen,
            "text": text,
            "found": [(patient, self._url(chosen, patient)) for patient in found],
            "pairs": [(pair, self._url(pair.a, pair.b)) for pair in pairs],
        }
        return render(self.request, "curation/merge_search.html", context, status=status)

    def _found(self, text: str) -> Any:
        """Patients of the curated centres by registry id in part, by hospital number in full."""
        hashes = [key for center in self.centers if (key := lookup_hash(center, text))]
        condition = (
            Q(registry_id__icontains=text)
            | Q(hospital_number_hash__in=hashes)
            | Q(pk__in=MergedPatient.survivors(registry_id__icontains=text))
            | Q(pk__in=MergedPatient.survivors(hospital_number_hash__in=hashes))
        )
        rows = Patient.objects.for_user(self.request.user).filter(condition, center__in=self.centers)
        return rows.prefetch_related("cases").order_by("registry_id")[:LIMIT]

    @staticmethod
    def _url(a: Patient | None, b: Patient) -> str:
        query = f"a={a.uuid}&b={b.uuid}" if a is not None else f"a={b.uuid}"
        return f"{reverse('patient-merge')}?{query}"

    def _compare(self, a: Patient, b: Patient, given: Any, errors: dict[str, str], status: int = 200) -> Any:
        self._note(a, b)
        rows = [
            (choice, given.get(f"take_{choice.name}", choice.proposed), errors.get(f"take_{choice.name}", ""))
            for choice in choices(a, b)
        ]
        context = {
            "a": a,
            "b": b,
            "rows": rows,
            "survivor": given.get("survivor") or proposed_survivor(a, b),
            "errors": errors,
            "cases_a": a.cases.select_related("diagnosis").order_by("number"),
            "cases_b": b.cases.select_related("diagnosis").order_by("number"),
        }
        return render(self.request, "curation/merge_compare.html", context, status=status)

    def _preview(
        self,
        a: Patient,
        b: Patient,
        chosen: Chosen,
        changes: list[str] | None = None,
        refusals: list[str] | None = None,
    ) -> HttpResponse:
        """What would happen. The merge is tried and taken back, so the page says what it will do, and why not."""
        self._note(a, b)
        result, mark = None, ""
        if not refusals:
            try:
                result = preview(a, b, chosen, self.request.user)
                mark = result.mark
            except Stale as stale:
                changes = [*(changes or []), *stale.changes]
            except ValidationError as error:
                refusals = error.messages
        status = 409 if changes else 422 if refusals else 200
        context = {
            "a": a,
            "b": b,
            "chosen": chosen,
            "kept": [("survivor", chosen.survivor), *((f"take_{k}", v) for k, v in chosen.fields.items())],
            "result": result,
            "mark": mark,
            "changes": changes or [],
            "refusals": refusals or [],
            "reason": self.request.POST.get("reason", ""),
            "counted": ngettext("%(n)d case moves.", "%(n)d cases move.", len(result.moved))
            % {"n": len(result.moved)}
            if result
            else "",
        }
        return render(self.request, "curation/merge_preview.html", context, status=status)

    def _note(self, *patients: Patient) -> None:
        """Both pages show who the patients are."""
        with translation.override("en"):
            subject = " + ".join(f"patient {patient.registry_id}" for patient in patients)
        log.note(
            AccessEvent.Kind.IDENTITY_READ,
            user=self.request.user,
            request=self.request,
            subject=subject,
            detail=self.request.path,
        )


def _page_of(patient: Patient) -> str:
    """Where a patient is looked at: the latest case."""
    case = patient.cases.order_by("-number").first()
    if case is None:
        return reverse("patient-edit", args=[patient.uuid])
    return f"{reverse('case-detail', args=[case.uuid])}#history"
