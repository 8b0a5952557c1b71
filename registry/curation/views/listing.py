"""The list of data queries: filtered, the oldest first, and the same as a CSV file."""

import csv
import datetime
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from registry.access import log
from registry.access.models import AccessEvent, Membership, User
from registry.access.scope import WRITING_ROLES, writable_centers
from registry.core.reading import refuse_nul
from registry.core.spreadsheets import defused_text
from registry.core.views.listing import Pages, capped_count, count_words, is_partial, without_place
from registry.curation.models import DataQuery
from registry.curation.models.query import State
from registry.curation.quality.rules import BY_CODE
from registry.curation.views.lines import Line, lines_of, loaded, note_seen

WAITING, ALL = "", "all"
PERSON, ANY_RULE = "person", "any"
ME, NOBODY = "me", "nobody"
AGES_DAYS = (7, 30, 90)
EVERYTHING = [("", gettext_lazy("All"))]
#: Rows of the file that are looked up together.
BATCH = 500
COLUMNS = (
    "query_id",
    "center",
    "case",
    "record",
    "field",
    "rule",
    "question",
    "state",
    "silenced",
    "asked_at",
    "asked_by",
    "days",
    "assigned_to",
    "answered_at",
    "answered_by",
    "answer",
    "closed_at",
    "closed_by",
)


class QueryFilterForm(forms.Form):
    """Filters; a value that cannot be read is named at its field and left out."""

    q = forms.CharField(label=gettext_lazy("Patient"), required=False, max_length=40)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            (WAITING, gettext_lazy("Waiting")),
            *State.choices,
            ("silenced", gettext_lazy("Silenced")),
            (ALL, gettext_lazy("All")),
        ],
    )
    center = forms.ChoiceField(label=gettext_lazy("Centre"), required=False)
    rule = forms.ChoiceField(label=gettext_lazy("Asked by"), required=False)
    age = forms.TypedChoiceField(
        label=gettext_lazy("Older than"), required=False, coerce=int, empty_value=None
    )
    assigned = forms.ChoiceField(label=gettext_lazy("Assigned to"), required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.centers = list(writable_centers(user).order_by("code"))
        fields: Any = self.fields
        fields["center"].choices = EVERYTHING + [
            (center.code, f"{center.code} · {center.name}") for center in self.centers
        ]
        fields["rule"].choices = [
            *EVERYTHING,
            (PERSON, _("A person")),
            (ANY_RULE, _("Any rule")),
            *((code, rule.label) for code, rule in BY_CODE.items()),
        ]
        fields["age"].choices = [
            *EVERYTHING,
            *((str(days), _("%(days)d days") % {"days": days}) for days in AGES_DAYS),
        ]
        writing = Membership.objects.in_force().filter(center__in=self.centers, role__in=WRITING_ROLES)
        asked = DataQuery.objects.for_user(user).waiting().values("assigned_to")  # also those who have left
        others = User.objects.filter(Q(pk__in=writing.values("user")) | Q(pk__in=asked)).exclude(pk=user.pk)
        fields["assigned"].choices = [
            *EVERYTHING,
            (ME, _("Me")),
            (NOBODY, _("Nobody")),
            *(
                (other.username, other.get_full_name() or other.username)
                for other in others.order_by("username")
            ),
        ]

    def clean_q(self) -> str:
        return refuse_nul(self.cleaned_data["q"]).strip()

    def rows(self) -> Any:
        """The queries of the user's centres that fit, the oldest first."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        rows = DataQuery.objects.for_user(self.user).order_by("raised_at", "pk")
        state = given.get("state", WAITING)
        if state == WAITING:
            rows = rows.waiting()
        elif state == "silenced":
            rows = rows.filter(silenced=True)
        elif state != ALL:
            rows = rows.filter(state=state)
        if "center" in given:
            rows = rows.filter(center__code=given["center"])
        if "rule" in given:
            rows = rows.filter(_of_rule(given["rule"]))
        if "age" in given:
            rows = rows.filter(raised_at__lt=timezone.now() - datetime.timedelta(days=given["age"]))
        if "assigned" in given:
            rows = rows.filter(self._assigned(given["assigned"]))
        if "q" in given:
            rows = rows.filter(case__patient__registry_id__icontains=given["q"])
        return rows

    def _assigned(self, who: str) -> Q:
        if who == NOBODY:
            return Q(assigned_to__isnull=True)
        return Q(assigned_to=self.user) if who == ME else Q(assigned_to__username=who)


def _of_rule(rule: str) -> Q:
    if rule == PERSON:
        return Q(rule="")
    return ~Q(rule="") if rule == ANY_RULE else Q(rule=rule)


def _form_of(request: HttpRequest) -> QueryFilterForm:
    form = QueryFilterForm(request.GET, user=request.user)
    form.is_valid()
    return form


@require_safe
@vary_on_headers("HX-Request")
def query_list(request: HttpRequest) -> HttpResponse:
    """The page, or with htmx the results alone."""
    form = _form_of(request)
    pages = Pages.of(request)
    rows = form.rows()
    found, more = pages.cut(loaded(rows))
    lines = lines_of(found, request.user)
    note_seen(request, lines)
    counted = capped_count(rows)
    chosen = without_place(request)
    context = {
        "form": form,
        "lines": lines,
        "counted": counted,
        "count": count_words(counted),
        **pages.links(request, len(lines), more),
        "filtered": any(request.GET.get(name) for name in form.fields),
        "may_answer": bool(form.centers),
        "csv_url": reverse("query-csv") + (f"?{chosen.urlencode()}" if chosen else ""),
    }
    template = "curation/_query_results.html" if is_partial(request) else "curation/query_list.html"
    return render(request, template, context)


class _Echo:
    """What a CSV writer writes to, where each line goes out at once."""

    def write(self, line: str) -> str:
        return line


@require_safe
def query_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What the filters let through, as UTF-8 with a mark for spreadsheets; the access log says who took it."""
    rows = _form_of(request).rows()
    log.note(
        AccessEvent.Kind.EXPORT,
        user=request.user,
        request=request,
        subject="data queries",
        detail=without_place(request).urlencode(),
    )
    answer = StreamingHttpResponse(_written(rows, request.user), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="queries.csv"'
    return answer


def _written(rows: Any, user: Any) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)
    keys = list(rows.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        by_key = {query.pk: query for query in loaded(DataQuery.objects.filter(pk__in=some))}
        for line in lines_of([by_key[key] for key in some if key in by_key], user):
            yield writer.writerow([defused_text(cell) for cell in _cells(line)])


def _cells(line: Line) -> list[Any]:
    query, answer = line.query, line.last_answer
    return [
        query.uuid,
        query.center.code,
        str(query.case) if query.case is not None else "",
        line.target.name,
        query.field,
        query.rule,
        query.words,
        query.state,
        "true" if query.silenced else "false",
        _moment(query.raised_at),
        query.raised_by,
        query.days,
        query.assigned_to.username if query.assigned_to is not None else "",
        _moment(answer.at) if answer else "",
        answer.user_name if answer else "",
        answer.text if answer else "",
        _moment(query.closed_at),
        query.closed_by,
    ]


def _moment(at: datetime.datetime | None) -> str:
    """A moment to the second, in UTC."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
