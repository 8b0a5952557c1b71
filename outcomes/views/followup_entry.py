"""A whole time point entered from the follow-up list, without opening the case."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from cases.models import Case
from cases.views.base import CaseRecordFormView, note_identity
from outcomes import codes, plan
from outcomes.ending import ended
from outcomes.models import Assessment
from outcomes.plan import PLAN, State
from outcomes.time_point_form import TimePointForm
from outcomes.views.followup_rows import Line, line_of, shown_cases
from registry.core import limits, policies, records
from registry.core.dates import shown_date
from registry.core.forms.record import CONFIRM_PREFIX, RecordForm
from registry.core.models import Record
from registry.core.views import Part


class TimePointView(CaseRecordFormView):
    """The form of a planned time point: with htmx beneath the case's line in the list, else a page of its own."""

    form_class = TimePointForm
    parent_field = "case"

    # -- which record ------------------------------------------------------------------------------------------------

    @property
    def point(self) -> codes.TimePoint:
        wanted = self.kwargs["time_point"]
        if wanted not in {point.value for point in PLAN}:
            raise Http404
        return codes.TimePoint(wanted)

    def _there(self) -> Any:
        """The assessment of the time point, whoever made it."""
        row = Assessment.objects.for_user(self.request.user).filter(case=self.parent, time_point=self.point)
        return row.first()

    def stored_record(self) -> Record | None:
        """What is stored is edited; a form that was opened before it was stored comes without a version."""
        began_empty = self.request.method == "POST" and not self.request.POST.get(f"{self._prefix}-version")
        return None if began_empty else self._there()

    def _made_before(self) -> Record | None:
        """This form has been sent before, or somebody else has entered the time point meanwhile."""
        found = super()._made_before() or self._there()
        self.repeated = found is not None
        return found

    def new_record(self) -> Record:
        return Assessment(case=self.parent, time_point=self.point)

    @property
    def _prefix(self) -> str:
        """Several lines of the list may be open at once."""
        return f"case-{self.parent.pk}"

    def prefix(self, part: Part) -> str:
        return self._prefix

    def initial(self, part: Part) -> dict[str, Any]:
        """Today's date where today is in the window, and the instrument that was used before."""
        given: dict[str, Any] = {}
        today, index_day = timezone.localdate(), self.parent.index_day()
        if index_day is not None and plan.at(self.point, index_day, today).state == State.DUE:
            given["date"] = today
        before = self.parent.assessments.exclude(pain_instrument=None).order_by("-date", "-pk").first()
        if before is not None:
            given["pain_instrument"] = before.pain_instrument
        return given

    # -- afterwards --------------------------------------------------------------------------------------------------

    def saved(self, forms: list[tuple[Part, RecordForm]]) -> HttpResponse:
        """Back to the line, or once more to the form when a value is unusual and nobody has been asked yet."""
        part, form = forms[0]
        stored = Assessment.objects.for_user(self.request.user).get(pk=form.instance.pk)
        said = [_("%(point)s saved.") % {"point": capfirst(str(self.point.label))}]
        problem = self._end_followup(form)
        unusual = {crossing.field for crossing in limits.unconfirmed(stored)}
        asked = any(key.startswith(f"{self._prefix}-{CONFIRM_PREFIX}") for key in self.request.POST)
        if unusual and not asked:
            self.record, self.creating, self.repeated = stored, False, False
            self.saved_words = ngettext(
                "Saved. One value is unusual: correct it, or say why it is right.",
                "Saved. %(count)d values are unusual: correct them, or say why they are right.",
                len(unusual),
            ) % {"count": len(unusual)}
            return self.show([(part, self.form(part, None, self.fresh()))])
        line = self.line()
        if unusual:
            said.append(_("The unusual value stays listed until somebody explains it."))
        said.append(problem or next_words(line))
        text = " ".join(said)
        if self.request.htmx:  # type: ignore[attr-defined]
            context = {"line": line, "said": text, "problem": bool(problem or unusual)}
            return render(self.request, "outcomes/_followup_line.html", context)
        (messages.warning if problem or unusual else messages.success)(self.request, text)
        return HttpResponseRedirect(self.cancel_url())

    def _end_followup(self, form: Any) -> str:
        """Note in the follow-up status that the patient is lost or has died. Answers with why that was refused."""
        state = form.ending
        if not state:
            return ""
        user = self.request.user
        case = Case.objects.for_user(user).get(pk=self.parent.pk)
        with override("en"):  # what is stored is the same whoever reads it
            usual = _("Entered at %(point)s in the follow-up list.") % {"point": self.point.label}
        try:
            status = ended(case, state, user)
            records.save(
                status,
                by=user,
                reason=form.why or ("" if case.is_settled() else usual),
                expected_version=status.version if status.pk else None,
            )
        except (records.Conflict, ValidationError, PermissionDenied) as refused:
            why = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
            return _("The follow-up status was not changed: %(why)s") % {"why": why}
        return ""

    # -- drawing -----------------------------------------------------------------------------------------------------

    def form(self, part: Part, data: Any, record: Record) -> RecordForm:
        """On a page of its own the first score has the cursor; in the list a script puts it there."""
        form = super().form(part, data, record)
        if data is None and not self.request.htmx:  # type: ignore[attr-defined]
            form.fields["vas_pain"].widget.attrs["autofocus"] = True
        return form

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.creating:
            self.seen()  # an empty form shows whose it is, too
        return super().get(request, *args, **kwargs)

    def seen(self) -> None:
        note_identity(self.request, self.parent)

    @cached_property
    def template_name(self) -> str:  # type: ignore[override]
        return "outcomes/_followup_line.html" if self.request.htmx else "outcomes/followup_entry.html"  # type: ignore[attr-defined]

    @cached_property
    def conflict_template_name(self) -> str:  # type: ignore[override]
        return "outcomes/_followup_conflict.html" if self.request.htmx else "core/conflict.html"  # type: ignore[attr-defined]

    def line(self, shown: str = "") -> Line:
        case = shown_cases(self.request.user).get(pk=self.parent.pk)
        return line_of(case, timezone.localdate(), shown=shown)

    def page(self) -> dict[str, Any]:
        index_day = self.parent.index_day()
        window = plan.at(self.point, index_day, timezone.localdate()) if index_day else None
        return {
            **super().page(),
            "line": self.line(self.point.value),
            "entry": self,
            "point": self.point,
            "window": window,
            "asking": getattr(self, "saved_words", ""),
            "already": not self.creating and not self.repeated and self.request.method == "GET",
            "action": self.request.path,
            "inline": bool(self.request.htmx),  # type: ignore[attr-defined]
        }

    def title(self) -> str:
        return _("%(case)s: %(point)s") % {"case": self.parent, "point": self.point.label}

    def crumbs(self) -> list[tuple[str, str]]:
        return [(_("Follow-up"), reverse("followup"))]

    def cancel_url(self) -> str:
        return reverse("followup")


def followup_line(request: HttpRequest, parent: Any) -> HttpResponse:
    """A case's line without a form: what closing a form leads to. Without htmx, the list."""
    case = get_object_or_404(shown_cases(request.user), uuid=parent)
    if not policies.may_write(request.user, case):
        raise PermissionDenied
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("followup"))
    note_identity(request, case)
    line = line_of(case, timezone.localdate())
    return render(request, "outcomes/_followup_line.html", {"line": line})


def next_words(line: Line) -> str:
    """What comes next for this case."""
    if line.ending is not None:
        return _("Follow-up has ended: %(why)s.") % {"why": line.ending.label}
    if line.open is None:
        return _("Nothing more is planned.")
    if line.open.state == State.UPCOMING:
        return _("Next: %(point)s, from %(date)s.") % {
            "point": line.open.point.label,
            "date": shown_date(line.open.first),
        }
    return _("Next: %(point)s, %(state)s.") % {
        "point": line.open.point.label,
        "state": line.open.state.label,
    }
