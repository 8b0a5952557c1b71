"""Freezes of the centres that somebody curates: the list, a new one of a whole centre, and thawing."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from registry.access import scope
from registry.core.reading import read_reason
from registry.core.views.listing import Pages
from registry.curation import freezing


class FreezesPage(View):
    """Freezes, those in force first; a form freezes a whole centre."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.centers = scope.curated_centers(request.user)
        if not self.centers:
            raise PermissionDenied(_("Freezing is for the curators of the centre."))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show({})

    def post(self, request: HttpRequest) -> HttpResponse:
        code = request.POST.get("center", "")
        center = next((center for center in self.centers if center.code == code), None)
        if center is None:
            return self.show({"center": [_("Choose one of your centres.")]}, 422)
        try:
            freezing.freeze_center(center, by=request.user, reason=read_reason(request.POST.get("reason")))
        except ValidationError as refused:
            errors = refused.message_dict if hasattr(refused, "error_dict") else {"__all__": refused.messages}
            return self.show(errors, 422)
        messages.success(
            request,
            _("%(center)s is frozen. Nothing of it changes until you thaw it.") % {"center": center.code},
        )
        return HttpResponseRedirect(reverse("freezes"))

    def show(self, errors: dict[str, Any], status: int = 200) -> HttpResponse:
        request = self.request
        rows = freezing.visible(request.user)
        in_force = list(rows.filter(thaw__isnull=True)[:100])
        pages = Pages.of(request)
        pages = Pages(pages.first, pages.first, pages.first, pages.size)
        past, more = pages.cut(rows.filter(thaw__isnull=False))
        context = {
            "in_force": in_force,
            "past": past,
            "centers": self.centers,
            "chosen": request.POST.get("center", self.centers[0].code if len(self.centers) == 1 else ""),
            "reason": request.POST.get("reason", ""),
            "errors": errors,
            **pages.links(request, len(past), more),
            "append_url": "",
        }
        return render(request, "curation/freezes.html", context, status=status)


class ThawPage(View):
    """Ends a freeze, with a reason."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.freeze = get_object_or_404(freezing.visible(request.user), pk=kwargs["pk"])
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.freeze.thawed is not None:
            return HttpResponseRedirect(reverse("freezes"))
        return self.show({})

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        try:
            freezing.thaw(self.freeze, by=request.user, reason=read_reason(request.POST.get("reason")))
        except ValidationError as refused:
            if hasattr(refused, "error_dict"):
                return self.show(refused.message_dict, 422)
            return self.show({"__all__": refused.messages}, 409)
        messages.success(request, _("Thawed. Changes are possible again."))
        return HttpResponseRedirect(reverse("freezes"))

    def show(self, errors: dict[str, Any], status: int = 200) -> HttpResponse:
        context = {
            "freeze": self.freeze,
            "crumbs": [(_("Freezes"), reverse("freezes"))],
            "errors": errors,
            "reason": self.request.POST.get("reason", ""),
        }
        return render(self.request, "curation/thaw.html", context, status=status)
