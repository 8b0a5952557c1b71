"""Creating, changing and deleting patients, cases, lesions and treatments."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from cases import extensions
from cases.forms import (
    CaseForm,
    ConsentForm,
    DiagnosisForm,
    LesionForm,
    NewCaseForm,
    NewPatientForm,
    PatientForm,
    TreatmentForm,
)
from cases.identity import lookup_hash
from cases.models import Case, Lesion, Patient, PatientCounter, Treatment
from cases.views.base import CaseRecordFormView, case_crumbs, case_url, note_identity
from registry.access.models import Center
from registry.access.scope import writable_centers
from registry.core import policies, records
from registry.core.forms.record import RecordForm
from registry.core.models import Record
from registry.core.views import Part, RecordDeleteView, RecordFormView
from registry.core.views.segments import draw_short_lists_as_buttons


def _same_number(patient: Patient) -> list[Patient]:
    """Other patients of the centre with this hospital number, with the case to open."""
    return list(patient.same_hospital_number().prefetch_related("cases"))


class NewCaseView(CaseRecordFormView):
    """The start of a case: what it needs to exist, of a new patient or of the one named by ``?patient=``.

    Everything after that is a draft on the server, filled in section by section.
    """

    form_class = NewCaseForm
    template_name = "cases/case_new.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.request = request
        if not writable_centers(request.user).exists():
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def patient(self) -> Patient | None:
        """The patient who is known already."""
        known = self.request.GET.get("patient")
        if not known:
            return None
        return get_object_or_404(
            Patient.objects.for_user(self.request.user).select_related("center"), uuid=_uuid_or_404(known)
        )

    def new_record(self) -> Case:
        return Case(patient=self.patient) if self.patient is not None else Case()

    def demand_right(self) -> None:
        if not self.creating:
            super().demand_right()
        elif self.patient is not None and not policies.may_write(self.request.user, self.patient):
            raise PermissionDenied

    def parts(self) -> list[Part]:
        asked = [Part("", NewCaseForm, self._case, stand_in=self._some_case)]
        if self.patient is None:
            asked.insert(0, Part("patient", NewPatientForm, self._patient, stand_in=self._some_patient))
        return [*asked, *(part for start in extensions.starts() for part in start.parts(self))]

    def form(self, part: Part, data: QueryDict | None, record: Record) -> RecordForm:
        form = super().form(part, data, record)
        draw_short_lists_as_buttons(form, "kind")
        return form

    def attempt(self, data: QueryDict) -> tuple[list[tuple[Part, RecordForm]], bool]:
        """With the case comes what other floors make of the answers, or nothing at all."""
        with records.together():
            forms, done = super().attempt(data)
            if done and self.creating:
                saved = {part.name: form.instance for part, form in forms}
                for start in extensions.starts():
                    start.done(saved, self.request.user)
        return forms, done

    def _patient(self, _saved: Mapping[str, Record]) -> Record:
        return Patient() if self.creating else self.record.patient  # type: ignore[attr-defined]

    def _some_patient(self) -> Patient:
        return Patient(center=writable_centers(self.request.user).first())

    def _some_case(self) -> Case:
        return Case(patient=self._patient_saved)

    def _case(self, saved: Mapping[str, Record]) -> Record:
        case = self.fresh()
        self._patient_saved: Any = saved.get("patient") or self.patient
        if self.creating and saved.get("patient") is not None:
            case.patient = saved["patient"]
            if case.patient.pk is not None:
                case.center = case.patient.center
        return case

    def page(self) -> dict[str, Any]:
        return {**super().page(), "patient": self.patient, "same_number": getattr(self, "same_number", [])}

    def title(self) -> str:
        if self.patient is not None:
            return _("New case of %(patient)s") % {"patient": self.patient}
        return _("New case")

    def crumbs(self) -> list[tuple[str, str]]:
        return [(_("Cases"), reverse("case-list"))]

    def cancel_url(self) -> str:
        return reverse("case-list")

    def saved(self, forms: list[tuple[Part, RecordForm]]) -> HttpResponse:
        """On to the sections, where unusual values are asked about too."""
        case = next(form.instance for part, form in forms if not part.name)
        return HttpResponseRedirect(reverse("case-editor", args=[case.uuid]))

    # -- the same hospital number ------------------------------------------------------------------------------------

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Somebody with this hospital number is known: ask once before a second patient is made, then save."""
        self.same_number = self._known_patients() if self.creating and self.patient is None else []
        if self.same_number and "same_number_seen" not in request.POST:
            with records.together():
                forms, _done = self.attempt(request.POST)
                transaction.set_rollback(True)
            return self.show(forms)
        return super().post(request, *args, **kwargs)

    def lock(self) -> None:
        """The counter of the centre gives out one registry id after the other.

        The centre itself comes first, as it does in the write door, which has a freeze of it wait for new patients.
        """
        center = self._center()
        if self.creating and center is not None:
            Center.objects.select_for_update(no_key=True).filter(pk=center.pk).first()
            PatientCounter.objects.select_for_update().filter(center=center).first()
        elif not self.creating:
            super().lock()

    def _center(self) -> Center | None:
        """The centre that the form names, or the only one there is."""
        centers = writable_centers(self.request.user)
        chosen = self.request.POST.get("patient-center", "")
        if chosen:
            return centers.filter(pk=int(chosen)).first() if chosen.isdecimal() and len(chosen) < 10 else None
        return centers.first()

    def _known_patients(self) -> list[Patient]:
        center = self._center()
        number = self.request.POST.get("patient-hospital_number", "")
        if center is None or not number:
            return []
        typed = Patient(center=center, hospital_number=number)
        typed.hospital_number_hash = lookup_hash(center.pk, number)
        return _same_number(typed)


def _uuid_or_404(text: str) -> Any:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


class CaseFormView(CaseRecordFormView):
    """Patient and disease at the index procedure."""

    form_class = CaseForm
    section = "diagnosis"

    def title(self) -> str:
        return _("Diagnosis and findings")


class PatientFormView(CaseRecordFormView):
    """The person: shows who else has the same hospital number."""

    form_class: Any = PatientForm
    template_name = "cases/patient_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The address of a merged patient leads to the one who survived."""
        survivor = Patient.objects.for_user(request.user).filter(merged__uuid=kwargs["uuid"]).first()
        if survivor is not None:
            return redirect("patient-edit", survivor.uuid)
        return super().dispatch(request, *args, **kwargs)

    def last_case(self) -> Case | None:
        return self.record.cases.select_related("center", "patient").order_by("-number").first()  # type: ignore[attr-defined]

    def seen(self) -> None:
        case = self.last_case()
        if case is not None:
            note_identity(self.request, case)

    def crumbs(self) -> list[tuple[str, str]]:
        case = self.last_case()
        return case_crumbs(case) if case is not None else [(_("Cases"), reverse("case-list"))]

    def title(self) -> str:
        return _("Patient %(patient)s") % {"patient": self.record}

    def saved_message(self, record: Record) -> str:
        return _("Patient %(patient)s saved.") % {"patient": record}

    def page(self) -> dict[str, Any]:
        same = _same_number(self.record) if self.record.hospital_number else []  # type: ignore[attr-defined,arg-type]
        return {**super().page(), "same_number": same, "delete_url": ""}

    def success_url(self, record: Record) -> str:
        return self.cancel_url()

    def cancel_url(self) -> str:
        case = self.last_case()
        return case_url(case, "patient") if case is not None else reverse("case-list")


class ConsentFormView(PatientFormView):
    """Consent alone: it may change while everything else about the patient is signed or frozen."""

    form_class = ConsentForm
    template_name = "core/record_form.html"
    passes_locks = True

    def title(self) -> str:
        return _("Consent of %(patient)s") % {"patient": self.record}


class LesionFormView(CaseRecordFormView):
    form_class = LesionForm
    parent_field = "case"
    section = "lesions"
    may_add_another = True


class TreatmentFormView(CaseRecordFormView):
    form_class = TreatmentForm
    parent_field = "case"
    section = "treatments"
    may_add_another = True


class DiagnosisFormView(RecordFormView):
    """The code list of diagnoses: written by administrators."""

    form_class = DiagnosisForm

    def success_url(self, record: Record) -> str:
        return reverse("diagnosis-edit", args=[record.uuid])


class CaseRecordDeleteView(RecordDeleteView):
    """Deletes a record of a case and goes back to the case."""

    section = ""

    def crumbs(self) -> list[tuple[str, str]]:
        return case_crumbs(self.root)  # type: ignore[arg-type]

    def success_url(self) -> str:
        return case_url(self.root, self.section)  # type: ignore[arg-type]


class LesionDeleteView(CaseRecordDeleteView):
    model = Lesion
    section = "lesions"


class TreatmentDeleteView(CaseRecordDeleteView):
    model = Treatment
    section = "treatments"


class CaseDeleteView(CaseRecordDeleteView):
    """Deletes a case, and its patient when there is no other case: a patient without a case is on no list."""

    model = Case

    def _takes_patient(self) -> bool:
        return not self.record.patient.cases.exclude(pk=self.record.pk).exists()

    def goes_too(self) -> list[tuple[str, int]]:
        found = super().goes_too()
        if self._takes_patient():
            found.append(
                (_("patient %(patient)s, who has no other case") % {"patient": self.record.patient}, 1)
            )
        return found

    def delete(self, reason: str, version: int) -> None:
        patient, takes_patient = self.record.patient, self._takes_patient()
        super().delete(reason, version)
        if takes_patient:
            records.delete(patient, by=self.request.user, reason=reason)

    def success_url(self) -> str:
        return reverse("case-list") if self.request.method == "POST" else case_url(self.record)
