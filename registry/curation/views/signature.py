"""Signing one case, withdrawing the signature, and the signature on the case page."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cases.codes import CaseStatus
from cases.views.base import case_crumbs, case_or_404, case_url, note_identity, reader_of
from registry.access.models import Membership
from registry.core import policies
from registry.core.models import ChangeCounter
from registry.core.reading import read_reason
from registry.core.views.locked import locked_page
from registry.curation import content, freezing, reauthentication, signing
from registry.curation.models import Signature


@require_safe
@never_cache
def signature(request: HttpRequest, uuid: Any) -> HttpResponse:
    """Who signed and whether the content is still what was signed: a fragment of the case page, and a page."""
    case = case_or_404(request, uuid)
    found = signing.verified(case)
    context = {
        "case": case,
        "found": found,
        "past": signing.past(case),
        "reader": reader_of(request, case),
        "may_sign": case.status == CaseStatus.COMPLETE and signing.may_sign(request.user, case),
        "may_withdraw": case.status == CaseStatus.SIGNED and signing.may_withdraw(request.user, case),
        "lost": case.status == CaseStatus.SIGNED and found is None,
        "frozen": freezing.lock_of(case) if policies.may_write(request.user, case) else None,
        # What the signer has seen by now: the page of signing tells what was changed since.
        "seen": ChangeCounter.latest(),
        "crumbs": case_crumbs(case),
    }
    htmx = getattr(request, "htmx", None)
    return render(request, "curation/_signature.html" if htmx else "curation/signature.html", context)


class _SignaturePage(View):
    """What the pages of signing and withdrawing share."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.case = case_or_404(request, kwargs["uuid"])
        if not self.allowed():
            raise PermissionDenied
        frozen = freezing.lock_of(self.case)
        if frozen is not None:
            status = 409 if request.method == "POST" else 200
            return locked_page(
                request, frozen, str(self.case), case_crumbs(self.case), case_url(self.case), status
            )
        return super().dispatch(request, *args, **kwargs)

    def allowed(self) -> bool:
        raise NotImplementedError

    def done(self, said: str) -> HttpResponse:
        messages.success(self.request, said)
        return HttpResponseRedirect(case_url(self.case, "signature"))


class SignPage(_SignaturePage):
    """Signs a complete case, as the signer has read it."""

    def allowed(self) -> bool:
        return signing.may_sign(self.request.user, self.case)

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        note_identity(request, self.case)
        if self.case.status == CaseStatus.DRAFT:
            return HttpResponseRedirect(reverse("case-complete", args=[uuid]))
        if self.case.status == CaseStatus.SIGNED:
            return HttpResponseRedirect(case_url(self.case, "signature"))
        return self.show({}, _number(request.GET.get("seen")))

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        seen = _number(request.POST.get("seen"))
        try:
            reauthentication.demand(request)
            signing.sign(
                self.case,
                by=request.user,
                meaning=request.POST.get("meaning", ""),
                version=_number(request.POST.get("version")) or 0,
                digest=request.POST.get("content", ""),
            )
        except signing.ChangedMeanwhile as changed:
            self.case = case_or_404(request, changed.case.uuid)
            if self.case.status == CaseStatus.COMPLETE:
                return self.show({}, seen, status=409, changed=True)
            return self.refused({"__all__": [_("This case is a draft again. Nothing has been signed.")]}, 409)
        except ValidationError as refused:
            code = getattr(refused, "code", "")
            errors = refused.message_dict if hasattr(refused, "error_dict") else {"__all__": refused.messages}
            if code in ("signed", "draft"):
                return self.refused(errors, 409)
            return self.show(errors, seen, status=422)
        return self.done(_("%(case)s is signed.") % {"case": self.case})

    def refused(self, errors: dict[str, list[str]], status: int) -> HttpResponse:
        self.case = case_or_404(self.request, self.case.uuid)
        return self.show(errors, None, status=status, closed=True)

    def show(self, errors: dict[str, Any], seen: int | None, status: int = 200, **more: Any) -> HttpResponse:
        request, case = self.request, self.case
        # Taken before anything is shown: what changes in between is found when it is signed.
        now, version, digest = ChangeCounter.latest(), case.version, content.digest(case)
        changes = signing.changes_since(case, seen, reader_of(request, case)) if seen is not None else []
        context = {
            "case": case,
            "crumbs": case_crumbs(case),
            "errors": errors,
            "entries": changes,
            "changed": False,
            "closed": False,
            "meanings": Signature.Meaning.choices,
            "meaning": request.POST.get("meaning", Signature.Meaning.COMPLETE.value),
            "role_label": Membership.Role(signing.signing_role(request.user, case.center_id)).label,
            "version": version,
            "content": digest,
            "seen": now,
            **reauthentication.controls(request),
            **more,
        }
        return render(request, "curation/sign.html", context, status=status)


class WithdrawPage(_SignaturePage):
    """Withdraws the signature, with a reason."""

    def allowed(self) -> bool:
        return signing.may_withdraw(self.request.user, self.case)

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        if self.case.status != CaseStatus.SIGNED:
            return HttpResponseRedirect(case_url(self.case, "signature"))
        return self.show({})

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        try:
            signing.withdraw(self.case, by=request.user, reason=read_reason(request.POST.get("reason")))
        except ValidationError as refused:
            if hasattr(refused, "error_dict"):
                return self.show(refused.message_dict, 422)
            return self.show({"__all__": refused.messages}, 409)
        return self.done(
            _("The signature of %(case)s is withdrawn. The case is complete and can be changed.")
            % {"case": self.case}
        )

    def show(self, errors: dict[str, Any], status: int = 200) -> HttpResponse:
        context = {
            "case": self.case,
            "crumbs": case_crumbs(self.case),
            "errors": errors,
            "signature": signing.current(self.case),
            "reason": self.request.POST.get("reason", ""),
        }
        return render(self.request, "curation/withdraw.html", context, status=status)


def _number(text: Any) -> int | None:
    text = str(text or "")
    return int(text) if text.isdecimal() and len(text) < 16 else None
