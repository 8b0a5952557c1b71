"""The page on which a patient is erased: it says what goes, asks why, and has the registry id typed once more."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from cases.models import Patient
from registry.core import identity_shown
from registry.curation import erasure


class ErasureForm(forms.Form):
    """Why, and the registry id as a confirmation."""

    reason = forms.CharField(
        label=gettext_lazy("Reason for the erasure"),
        max_length=400,
        help_text=gettext_lazy(
            "Kept in the history with your name. Do not name the patient or anything about the disease."
        ),
    )
    registry_id = forms.CharField(label=gettext_lazy("Registry id, to confirm"), max_length=40)

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.patient = patient

    def clean_registry_id(self) -> str:
        typed = self.cleaned_data["registry_id"].strip()
        if typed != self.patient.registry_id:
            raise ValidationError(
                _("Type %(registry_id)s to confirm.") % {"registry_id": self.patient.registry_id}
            )
        return typed


class ErasePatient(View):
    """Curators of the centre and superusers; for others of the centre it is forbidden, for all else not there."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.patient: Patient = get_object_or_404(
            Patient.objects.for_user(request.user).select_related("center"), uuid=kwargs["uuid"]
        )
        if not erasure.may_erase(request.user, self.patient) or erasure.is_published(self.patient):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(ErasureForm(patient=self.patient))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ErasureForm(request.POST, patient=self.patient)
        if not form.is_valid():
            return self.show(form, 422)
        try:
            erasure.erase(self.patient, by=request.user, reason=form.cleaned_data["reason"])
        except ValidationError as refused:
            form.add_error(None, refused.messages)
            return self.show(form, 422)
        messages.success(request, _("%(patient)s has been erased.") % {"patient": self.patient.registry_id})
        return HttpResponseRedirect(reverse("case-list"))

    def show(self, form: ErasureForm, status: int = 200) -> HttpResponse:
        identity_shown.note(self.request, [self.patient])
        context = {
            "form": form,
            "patient": self.patient,
            "goes": erasure.what_goes(self.patient),
            "cancel_url": reverse("patient-edit", args=[self.patient.uuid]),
        }
        return render(self.request, "curation/patient_erase.html", context, status=status)
