"""The list of cases: own and published ones together, searched, filtered, sorted, paged."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Case as Switch
from django.db.models import F, Q, Value, When
from django.db.models.fields import DateField, IntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.vary import vary_on_headers

from cases import codes, extensions
from cases.codes import level_name
from cases.diagnosis_names import labels_with, shown_name
from cases.identity import HIGHEST_SHOWN_AGE_YEARS, lookup_hash
from cases.models import Case, Diagnosis
from registry.access.models import Center
from registry.access.scope import may_identify, visible_centers, writable_centers
from registry.core.reading import refuse_nul

PAGE_SIZE = 50
#: Counting stops here: beyond it the exact number costs more than it tells.
COUNT_CAP = 1000
LAST_PAGE = 2000
DEFAULT_SORT = "-changed"
#: Choices of the filter for centres that name several; no code of a centre contains a dot.
OWN, PUBLISHED = ".own", ".published"


@dataclass(frozen=True)
class Heading:
    """A column head; ``key`` sorts by it, where the column can be sorted."""

    key: str
    label: Any


FIRST_HEADINGS = (
    Heading("case", gettext_lazy("Case")),
    Heading("status", gettext_lazy("Status")),
    Heading("patient", gettext_lazy("Patient")),
    Heading("diagnosis", gettext_lazy("Diagnosis")),
)
LAST_HEADINGS = (
    Heading("", gettext_lazy("Levels")),
    Heading("date", gettext_lazy("Index date")),
    Heading("changed", gettext_lazy("Changed")),
)


class CaseFilterForm(forms.Form):
    """Search and filters; a value that cannot be read is named at its field and left out of the search."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    center = forms.ChoiceField(label=gettext_lazy("Centre or publication"), required=False)
    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    diagnosis = forms.ChoiceField(label=gettext_lazy("Diagnosis"), required=False)
    disease_status = forms.ChoiceField(label=gettext_lazy("Disease"), required=False)
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), required=False)
    age_from = forms.IntegerField(label=gettext_lazy("Age from"), required=False, min_value=0, max_value=120)
    age_to = forms.IntegerField(label=gettext_lazy("to"), required=False, min_value=0, max_value=120)
    publication = forms.SlugField(required=False, widget=forms.HiddenInput)
    mine = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", gettext_lazy("All"))]
        centers = visible_centers(user).order_by("kind", "code").values_list("code", "name", "kind")
        self._choose(
            "center",
            [*everything, (OWN, gettext_lazy("Own centres")), (PUBLISHED, gettext_lazy("All published"))]
            + [
                (code, f"{code} · {name}" if kind == Center.Kind.CLINICAL else f"{code} ({_('published')})")
                for code, name, kind in centers
            ],
        )
        self._choose("status", everything + list(codes.CaseStatus.choices))
        diagnoses = [
            (slug, shown_name(label)) for slug, label in Diagnosis.objects.values_list("slug", "label")
        ]
        self._choose("diagnosis", everything + sorted(diagnoses, key=lambda choice: choice[1].casefold()))
        self._choose("disease_status", everything + list(codes.DiseaseStatus.choices))
        self._choose("sex", everything + list(codes.Sex.choices))
        for added in extensions.filters():
            self.fields[added.name] = forms.ChoiceField(
                label=added.label, required=False, choices=everything + list(added.choices())
            )
        self.order_fields(
            ["q", "center", "status", "diagnosis", "disease_status", "kind", "sex", "age_from", "age_to"]
        )

    def _choose(self, name: str, choices: list) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        return refuse_nul(self.cleaned_data["q"]).strip()

    def apply(self, cases: Any, user: Any) -> Any:
        """The queryset narrowed by every filter that could be read."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "", False)}
        plain = {
            "status": "status",
            "diagnosis": "diagnosis__slug",
            "disease_status": "disease_status",
            "sex": "patient__sex",
            "age_from": "shown_age__gte",
            "age_to": "shown_age__lte",
            "publication": "patient__publication__slug",
        }
        if "center" in given:
            cases = cases.filter(**_of_center(given["center"]))
        for name, lookup in plain.items():
            if name in given:
                cases = cases.filter(**{lookup: given[name]})
        for added in extensions.filters():
            if added.name in given:
                cases = added.apply(cases, given[added.name])
        if "mine" in given:
            cases = cases.filter(Q(created_by=user) | Q(modified_by=user))
        if "q" in given:
            cases = cases.filter(self._found(given["q"], user))
        return cases

    @staticmethod
    def _found(text: str, user: Any) -> Q:
        condition = (
            Q(patient__registry_id__icontains=text)
            | Q(diagnosis__label__icontains=text)
            | Q(diagnosis__label__in=labels_with(text))
            | Q(patient__source_label__icontains=text)
        )
        hashes = [found for center in writable_centers(user) if (found := lookup_hash(center.pk, text))]
        if hashes:
            condition |= Q(patient__hospital_number_hash__in=hashes)
        return condition


def _of_center(choice: str) -> dict[str, Any]:
    if choice == OWN:
        return {"center__kind": Center.Kind.CLINICAL}
    if choice == PUBLISHED:
        return {"center__kind": Center.Kind.PUBLISHED}
    return {"center__code": choice}


def _ordering(sort: str) -> list[Any]:
    """Ends in the id, so that the order is the same on every page."""
    descending = sort.startswith("-")
    keys: dict[str, list[str]] = {
        "case": ["patient__registry_id", "number"],
        "status": ["status"],
        "patient": ["shown_age"],
        "diagnosis": ["diagnosis__label"],
        "date": ["shown_date"],
        "changed": ["modified_at"],
        **{column.name: [column.name] for column in extensions.columns()},
    }
    names = keys.get(sort.removeprefix("-"))
    if names is None:
        return [F("modified_at").desc(), F("pk").desc()]
    if descending:
        return [*(F(name).desc(nulls_last=True) for name in names), F("pk").desc()]
    return [*(F(name).asc(nulls_last=True) for name in names), F("pk").asc()]


def _identified_centers(user: Any) -> list[int]:
    """The visible centres whose patients this user may identify: their dates are shown and sorted by."""
    return [pk for pk in visible_centers(user).values_list("pk", flat=True) if may_identify(user, pk)]


def listed_cases(user: Any) -> Any:
    """The cases a user sees, with everything a line of the list shows."""
    identified = _identified_centers(user)
    shown_date = Switch(
        When(center__in=identified, then=F("index_date")), default=Value(None), output_field=DateField()
    )
    shown_age = Switch(
        When(
            ~Q(center__in=identified) & Q(age_years__gte=HIGHEST_SHOWN_AGE_YEARS),
            then=Value(HIGHEST_SHOWN_AGE_YEARS),
        ),
        default=F("age_years"),
        output_field=IntegerField(),
    )
    cases = Case.objects.for_user(user).select_related("patient__publication", "center", "diagnosis")
    return extensions.annotate(cases.annotate(shown_date=shown_date, shown_age=shown_age))


def _headings(request: HttpRequest, sort: str) -> list[dict[str, Any]]:
    added = (Heading(column.name, column.label) for column in extensions.columns())
    heads: list[Heading] = [*FIRST_HEADINGS, *added, *LAST_HEADINGS]
    found = []
    for head in heads:
        current = sort.removeprefix("-") == head.key
        descending = current and sort.startswith("-")
        params = request.GET.copy()
        params.pop("page", None)
        params["sort"] = f"-{head.key}" if current and not descending else head.key
        found.append(
            {
                "label": head.label,
                "url": f"?{params.urlencode()}" if head.key else "",
                "sort": ("descending" if descending else "ascending") if current else "",
            }
        )
    return found


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return min(int(text), LAST_PAGE) if text.isdecimal() and len(text) < 7 and int(text) > 0 else 1


@vary_on_headers("HX-Request")
def case_list(request: HttpRequest) -> HttpResponse:
    """The page, or with htmx the results alone."""
    form = CaseFilterForm(request.GET, user=request.user)
    form.is_valid()
    cases = form.apply(listed_cases(request.user), request.user)
    sort = request.GET.get("sort", DEFAULT_SORT)
    number = _page_number(request)
    start = (number - 1) * PAGE_SIZE
    rows = list(cases.order_by(*_ordering(sort)).prefetch_related("lesions")[start : start + PAGE_SIZE + 1])
    counted = cases.order_by().values("pk")[: COUNT_CAP + 1].count()
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    params = request.GET.copy()
    params.pop("page", None)
    base = params.urlencode()
    filtered = any(params.get(name) for name in form.fields)
    context = {
        "form": form,
        "rows": [line_of(case, request.user) for case in rows],
        "headings": _headings(request, sort),
        "count": _("1,000+") if counted > COUNT_CAP else str(counted),
        "counted": counted,
        "first": start + 1,
        "last": start + len(rows),
        "previous_url": f"?{urlencode({'page': number - 1})}&{base}" if number > 1 else "",
        "next_url": f"?{urlencode({'page': number + 1})}&{base}" if more else "",
        "filtered": filtered,
        "more_open": any(params.get(name) for name in ("disease_status", "sex", "age_from", "age_to")),
        "may_create": writable_centers(request.user).exists(),
        "sort": sort if sort != DEFAULT_SORT else "",
        "clear_url": reverse("case-list"),
    }
    htmx: Any = getattr(request, "htmx", None)
    partial = htmx and not htmx.history_restore_request and not htmx.boosted
    return render(request, "cases/_case_results.html" if partial else "cases/case_list.html", context)


def line_of(case: Any, user: Any) -> dict[str, Any]:
    """One line of the list."""
    levels: list[str] = []
    for lesion in case.lesions.all():
        levels += [level for level in (lesion.levels or "").split(";") if level and level not in levels]
    published = case.center.kind == Center.Kind.PUBLISHED
    return {
        "case": case,
        "published": published,
        "source_label": case.patient.source_label,
        "publication": case.patient.publication,
        "levels": ", ".join(level_name(level) for level in levels),
        "extra": [column.words(getattr(case, column.name)) for column in extensions.columns()],
        "age": person_age(case, may_identify(user, case.center_id)),
        "dates": may_identify(user, case.center_id) and not published,
    }


def person_age(case: Any, identify: bool) -> str:
    """Age in years; from 90 on those without identity only read that it is so."""
    if case.age_years is None:
        return ""
    return (
        str(case.age_years)
        if identify or case.age_years < HIGHEST_SHOWN_AGE_YEARS
        else f"{HIGHEST_SHOWN_AGE_YEARS}+"
    )
