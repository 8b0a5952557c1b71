"""Complete cases that wait for a signature: reviewed one by one, signed together with one re-authentication."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from cases.codes import CaseStatus
from cases.models import Case
from registry.access.scope import writable_centers
from registry.core.views.listing import Pages
from registry.curation import content, reauthentication, signing
from registry.curation.models import Signature

#: Cases on a page: each of them is hashed.
PAGE_SIZE = 25


def waiting(user: Any) -> Any:
    """Complete cases that somebody may sign, the longest waiting first."""
    centers = [center.pk for center in writable_centers(user) if signing.signing_role(user, center.pk)]
    cases = Case.objects.for_user(user).filter(center__in=centers, status=CaseStatus.COMPLETE)
    return cases.select_related("patient", "center", "diagnosis").order_by("modified_at", "pk")


class UnsignedPage(View):
    """The list, and the signing of those that were chosen: each its own row, each on its own."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not writable_centers(request.user).exists():
            raise PermissionDenied(_("Cases are signed by clinicians and curators of their centre."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show({})

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = _uuids(request.POST.getlist("case"))[:PAGE_SIZE]
        if not chosen:
            return self.show({"case": [_("Choose at least one case.")]}, 422)
        meaning = request.POST.get("meaning", "")
        if meaning not in Signature.Meaning.values:
            return self.show({"meaning": [_("Choose what your signature means.")]}, 422)
        try:
            reauthentication.demand(request)
        except ValidationError as refused:
            return self.show(refused.message_dict, 422)
        signed, refusals = 0, []
        for case in waiting(request.user).filter(uuid__in=chosen):
            said = self.sign(case, meaning)
            refusals += [said] if said else []
            signed += not said
        gone = len(chosen) - signed - len(refusals)
        if gone:
            refusals.append(
                ngettext(
                    "One case waits no more: somebody signed it, or it is a draft again.",
                    "%(count)d cases wait no more: somebody signed them, or they are drafts again.",
                    gone,
                )
                % {"count": gone}
            )
        if signed:
            messages.success(
                request,
                ngettext("One case is signed.", "%(count)d cases are signed.", signed) % {"count": signed},
            )
        for sentence in refusals:
            messages.warning(request, sentence)
        return HttpResponseRedirect(reverse("cases-unsigned"))

    def sign(self, case: Case, meaning: str) -> str:
        """Sign one case as the page has shown it. Answers with why not."""
        version = self.request.POST.get(f"version-{case.uuid}", "")
        digest = self.request.POST.get(f"content-{case.uuid}", "")
        number = int(version) if version.isdecimal() and len(version) < 10 else 0
        try:
            signing.sign(case, by=self.request.user, meaning=meaning, version=number, digest=digest)
        except signing.ChangedMeanwhile:
            return _("%(case)s was changed meanwhile and is not signed. Look at it again.") % {"case": case}
        except ValidationError as refused:
            return f"{case}: {' '.join(refused.messages)}"
        return ""

    def show(self, errors: dict[str, Any], status: int = 200) -> HttpResponse:
        request = self.request
        pages = Pages.of(request)
        pages = Pages(pages.first, pages.first, pages.first, PAGE_SIZE)
        rows, more = pages.cut(waiting(request.user))
        digests = content.digests([case.pk for case in rows])
        chosen = set(request.POST.getlist("case"))
        context = {
            "rows": [(case, digests[case.pk], str(case.uuid) in chosen) for case in rows],
            "errors": errors,
            "meanings": Signature.Meaning.choices,
            "meaning": request.POST.get("meaning", Signature.Meaning.COMPLETE.value),
            **reauthentication.controls(request),
            **pages.links(request, len(rows), more),
            "append_url": "",
        }
        return render(request, "curation/unsigned.html", context, status=status)


def _uuids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
