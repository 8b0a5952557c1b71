"""Creating, changing and deleting assessments, complications and the state of follow-up."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.views.base import CaseRecordFormView
from cases.views.forms import CaseRecordDeleteView
from outcomes.codes import TimePoint
from outcomes.forms import AssessmentForm, ComplicationForm, FollowUpStatusForm
from outcomes.models import Assessment, Complication, FollowUpStatus
from registry.core.models import Record
from registry.core.views import Part


class AssessmentFormView(CaseRecordFormView):
    """The scores at a time point; ``?time_point=`` chooses it."""

    form_class = AssessmentForm
    parent_field = "case"
    section = "outcomes"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = request.GET.get("time_point", "")
        if self.creating and wanted != TimePoint.UNSCHEDULED:
            there = self.parent.assessments.filter(time_point=wanted).first()
            if there is not None:
                return HttpResponseRedirect(reverse("assessment-edit", args=[there.uuid]))
        return super().get(request, *args, **kwargs)

    def initial(self, part: Part) -> dict[str, Any]:
        wanted = self.request.GET.get("time_point", "")
        return {"time_point": wanted} if wanted in TimePoint.values else {}

    def title(self) -> str:
        if self.creating:
            wanted = self.request.GET.get("time_point", "")
            if wanted in TimePoint.values:
                return _("New assessment: %(when)s") % {"when": TimePoint(wanted).label}
            return _("New assessment")
        return _("Assessment: %(when)s") % {"when": self.record}


class ComplicationFormView(CaseRecordFormView):
    form_class = ComplicationForm
    parent_field = "procedure"
    section = "complications"
    may_add_another = True


class FollowUpFormView(CaseRecordFormView):
    """One per case: the address of the case creates it or edits it."""

    form_class = FollowUpStatusForm
    parent_field = "case"
    section = "followup"

    def stored_record(self) -> Record | None:
        if "parent" in self.kwargs:
            return FollowUpStatus.objects.filter(case=self.parent).select_related("case").first()
        return super().stored_record()

    def title(self) -> str:
        return _("Follow-up")

    def saved_message(self, record: Record) -> str:
        return _("Follow-up saved.")


class AssessmentDeleteView(CaseRecordDeleteView):
    model = Assessment
    section = "outcomes"


class ComplicationDeleteView(CaseRecordDeleteView):
    model = Complication
    section = "complications"


class FollowUpDeleteView(CaseRecordDeleteView):
    model = FollowUpStatus
    section = "followup"
