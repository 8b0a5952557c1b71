"""Freezing the cases of a cohort: those of them whose centres somebody curates, as a list that stays as it is."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from registry.access import scope
from registry.core.reading import read_reason
from registry.curation import freezing
from registry.research.cohorts.choosing import of_version
from registry.research.models import Cohort


class FreezeCohort(View):
    """Says how many cases will be frozen, and freezes them with a reason."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        cohorts: Any = Cohort.objects.for_user(request.user)
        self.cohort = get_object_or_404(cohorts, slug=kwargs["slug"])
        centers = scope.curated_centers(request.user)
        if not centers:
            raise PermissionDenied(_("Freezing is for the curators of the centre."))
        try:
            chosen = of_version(self.cohort, request.GET.get("version") or None, request.user)
        except ValidationError:
            raise Http404 from None
        self.cases = chosen.cases.filter(center__in=centers)
        self.version = chosen.version.number
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        return self.show({})

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        cases = list(self.cases.only("pk")[: freezing.MOST_CASES + 1])
        if len(cases) > freezing.MOST_CASES:
            sentence = _("More than %(most)d cases cannot be frozen as a list. Freeze the centre instead.")
            return self.show({"__all__": [sentence % {"most": freezing.MOST_CASES}]}, 422)
        title = _("%(cohort)s, version %(number)d") % {"cohort": self.cohort.title, "number": self.version}
        try:
            freezing.freeze_cases(
                cases, by=request.user, title=title, reason=read_reason(request.POST.get("reason"))
            )
        except ValidationError as refused:
            errors = refused.message_dict if hasattr(refused, "error_dict") else {"__all__": refused.messages}
            return self.show(errors, 422)
        said = ngettext("One case is frozen.", "%(count)d cases are frozen.", len(cases))
        messages.success(request, said % {"count": len(cases)})
        return HttpResponseRedirect(reverse("freezes"))

    def show(self, errors: dict[str, Any], status: int = 200) -> HttpResponse:
        context = {
            "cohort": self.cohort,
            "version": self.version,
            "count": self.cases.count(),
            "errors": errors,
            "reason": self.request.POST.get("reason", ""),
            "crumbs": [
                (_("Cohorts"), reverse("cohort-list")),
                (self.cohort.title, self.cohort.get_absolute_url()),
            ],
        }
        return render(self.request, "research/cohort_freeze.html", context, status=status)
