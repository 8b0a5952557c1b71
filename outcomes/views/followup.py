"""The follow-up list: who is due, overdue, to come, lost, and whose dates cannot be counted."""

import datetime
from typing import Any

from django import forms
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from cases import extensions
from cases.models import Case, Patient
from cases.views.case_filters import EVERYTHING, found
from outcomes import plan
from outcomes.plan import PLAN, Ending, State
from outcomes.views.followup_rows import Line, lines_of
from registry.access.models import User
from registry.access.scope import WRITING_ROLES, writable_centers
from registry.core import identity_shown
from registry.core.reading import refuse_nul
from registry.core.views.listing import (
    Heading,
    Pages,
    capped_count,
    count_words,
    headings,
    is_partial,
    without_place,
)

TO_DO = (State.DUE, State.OVERDUE)
#: What a tab of the list asks of a case: states of its open time points.
WAITING = {"": TO_DO, "due": (State.DUE,), "overdue": (State.OVERDUE,), "upcoming": (State.UPCOMING,)}
LOST, UNDATED = "lost", "no_index_date"
TABS = (
    ("", _("Due and overdue")),
    ("due", _("Due")),
    ("overdue", _("Overdue")),
    ("upcoming", _("Upcoming")),
    (LOST, _("Lost to follow-up")),
    (UNDATED, _("No index date")),
)
ME = ".me"
#: Overdue windows are looked for in wider and wider bands: the list begins with what closed last.
BANDS_DAYS = (14, 120, None)
#: In the order of the ids so many patients are looked at first, then twice as many, up to the most.
PATIENTS_AT_ONCE, MOST_PATIENTS_AT_ONCE = 250, 4000
HEADINGS = (
    Heading("case", _("Case")),
    Heading("strategy", _("Strategy")),
    Heading("date", _("Index date")),
    Heading("point", _("Time point")),
    Heading("window", _("Window")),
    Heading("clinician", _("Entered by")),
    Heading("", _("Action"), hidden=True),
)


class FollowUpFilterForm(forms.Form):
    """Search and filters; a value that cannot be read is named at its field and left out of the search."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    center = forms.ChoiceField(label=_("Centre"), required=False)
    clinician = forms.ChoiceField(label=_("Entered or changed by"), required=False)
    time_point = forms.ChoiceField(
        label=_("Time point"),
        required=False,
        choices=[*EVERYTHING, *((point.value, point.label) for point in PLAN)],
    )
    state = forms.ChoiceField(required=False, choices=TABS)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.centers = list(writable_centers(user).order_by("code"))
        self._choose("center", [(center.code, f"{center.code} · {center.name}") for center in self.centers])
        # Whoever has worked here at any time: who has left the centre has left cases behind.
        colleagues = User.objects.filter(
            memberships__center__in=self.centers, memberships__role__in=WRITING_ROLES
        )
        self._choose(
            "clinician",
            [
                (ME, _("Me")),
                *(
                    (other.username, other.get_full_name() or other.username)
                    for other in colleagues.exclude(pk=user.pk).distinct().order_by("username")
                ),
            ],
        )
        for added in extensions.filters():
            self.fields[added.name] = forms.ChoiceField(
                label=added.label, required=False, choices=EVERYTHING + list(added.choices())
            )

    def _choose(self, name: str, choices: Any) -> None:
        self.fields[name].choices = EVERYTHING + list(choices)  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        return refuse_nul(self.cleaned_data["q"]).strip()

    @property
    def tab(self) -> str:
        return str(self.cleaned_data.get("state") or "")

    @property
    def wanted(self) -> str:
        """The one time point asked for, or an empty text."""
        return str(self.cleaned_data.get("time_point") or "")

    def cases(self) -> Any:
        """The cases of the centres whose follow-up the user enters, narrowed by every filter but the tab."""
        given = {name: value for name, value in self.cleaned_data.items() if value}
        cases = Case.objects.for_user(self.user).filter(center__in=[center.pk for center in self.centers])
        if "center" in given:
            cases = cases.filter(center__code=given["center"])
        if "clinician" in given:
            who = self.user.username if given["clinician"] == ME else given["clinician"]
            cases = cases.filter(Q(created_by__username=who) | Q(modified_by__username=who))
        for added in extensions.filters():
            if added.name in given:
                cases = added.apply(cases, given[added.name])
        if "q" in given:
            cases = cases.filter(found(given["q"], self.user))
        return cases


def of_tab(cases: Any, tab: str, wanted: str, today: datetime.date) -> Any:
    """The cases that a tab lists."""
    if tab in WAITING:
        return plan.waiting(cases, today, WAITING[tab], wanted)
    if tab == LOST:
        return cases.filter(plan.ended_sql(Ending.LOST))
    return cases.exclude(plan.known_to_the_day()).exclude(plan.ended_sql())


def _sort_key(sort: str, tab: str, wanted: str, today: datetime.date) -> Any:
    """What a column sorts by; ``None`` for what cannot be sorted by on this tab."""
    keys: dict[str, Any] = {
        "date": F("index_date"),
        "clinician": F("created_by__username"),
        **{column.name: column.expression() for column in extensions.columns()},
    }
    if tab in WAITING:
        keys["point"] = plan.position_sql(today, WAITING[tab], wanted)
        keys["window"] = plan.window_sql(today, WAITING[tab], wanted)
    return keys.get(sort.removeprefix("-"))


def _by_case(
    form: FollowUpFilterForm, pages: Pages, today: datetime.date, *, descending: bool
) -> tuple[list[int], bool]:
    """The pages in the order of the ids, patient by patient: only as many are judged as it takes to fill them.

    In one query a database judges every case of the centre before it sorts: each judgement looks at all time points.
    """
    patients = Patient.objects.for_user(form.user).filter(center__in=[center.pk for center in form.centers])
    key = F("registry_id").desc() if descending else F("registry_id").asc()
    within = F("patient__registry_id").desc() if descending else F("patient__registry_id").asc()
    found: list[int] = []
    seen, step = 0, PATIENTS_AT_ONCE
    while len(found) <= pages.stop:
        some = list(patients.order_by(key).values_list("pk", flat=True)[seen : seen + step])
        if not some:
            break
        rows = of_tab(form.cases().filter(patient__in=some), form.tab, form.wanted, today)
        found += rows.order_by(within, "number", "pk").values_list("pk", flat=True)
        seen, step = seen + step, min(2 * step, MOST_PATIENTS_AT_ONCE)
    return found[pages.start : pages.stop], len(found) > pages.stop


def _page(form: FollowUpFilterForm, sort: str, pages: Pages, today: datetime.date) -> tuple[list[int], bool]:
    """The primary keys of the cases on the pages asked for, in order, and whether more follow."""
    tab, wanted, cases = form.tab, form.wanted, form.cases()
    if sort.removeprefix("-") == "case":
        return _by_case(form, pages, today, descending=sort.startswith("-"))
    key = _sort_key(sort, tab, wanted, today)
    if key is not None:
        ordered = of_tab(cases, tab, wanted, today).annotate(key=key)
        by = F("key").desc(nulls_last=True) if sort.startswith("-") else F("key").asc(nulls_last=True)
        return pages.cut(ordered.order_by(by, "number", "pk").values_list("pk", flat=True))
    if tab not in WAITING:
        rows = of_tab(cases, tab, wanted, today).order_by("patient__registry_id", "number")
        return pages.cut(rows.values_list("pk", flat=True))
    states = WAITING[tab]
    found_keys: tuple[list[Any], bool] = ([], False)
    for within in BANDS_DAYS if State.OVERDUE in states else (None,):
        near = plan.waiting(cases, today, states, wanted, within=within)
        near = near.annotate(key=plan.urgency_sql(today, states, wanted)).order_by("key", "pk")
        found_keys = pages.cut(near.values_list("pk", flat=True))
        if found_keys[1]:
            break  # the pages are full, and what lies further back comes after them
    return found_keys


@require_safe
@vary_on_headers("HX-Request")
def followup(request: HttpRequest) -> HttpResponse:
    """The page, or with htmx the results alone."""
    form = FollowUpFilterForm(request.GET, user=request.user)
    form.is_valid()
    today = timezone.localdate()
    tab, wanted, sort = form.tab, form.wanted, request.GET.get("sort", "")
    pages = Pages.of(request)
    keys, more = _page(form, sort, pages, today)
    lines = lines_of(request.user, keys, today, WAITING.get(tab, ()), wanted)
    cases = form.cases()
    # Rows that are added beneath others leave the tabs above as they are.
    counted = [tab] if "from" in request.GET and is_partial(request) else [code for code, _label in TABS]
    counts = {code: capped_count(of_tab(cases, code, wanted, today)) for code in counted}
    note_identity(request, lines)
    added = {column.name for column in extensions.columns()}
    sortable = {"case", "date", "clinician", *added, *(("point", "window") if tab in WAITING else ())}
    context = {
        "form": form,
        "list_name": "followup",
        "list_url": reverse("followup"),
        "lines": lines,
        "headings": headings(
            request,
            [Heading(head.key if head.key in sortable else "", head.label, head.hidden) for head in HEADINGS],
            sort,
        ),
        "tabs": [
            {
                "code": code,
                "label": label,
                "count": count_words(counts.get(code, 0)),
                "url": _tab_url(request, code),
                "current": code == tab,
            }
            for code, label in TABS
        ],
        "tab": tab,
        "counted": counts[tab],
        "count": count_words(counts[tab]),
        **pages.links(request, len(lines), more),
        "filtered": any(request.GET.get(name) for name in form.fields if name != "state"),
        "may_enter": bool(form.centers),
        "sort": sort,
        "clear_url": reverse("followup") + (f"?state={tab}" if tab else ""),
    }
    template = "outcomes/_followup_results.html" if is_partial(request) else "outcomes/followup.html"
    return render(request, template, context)


def _tab_url(request: HttpRequest, code: str) -> str:
    params = without_place(request, "state", "sort")
    if code:
        params["state"] = code
    return f"{reverse('followup')}?{params.urlencode()}" if params else reverse("followup")


def note_identity(request: HttpRequest, lines: list[Line]) -> None:
    """The list shows dates of its patients: the access log names whose."""
    identity_shown.note(request, [line.case for line in lines], whole=True)
