"""The list of cases: own and published ones together, searched, filtered, sorted, paged."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Case as Switch
from django.db.models import F, Min, OuterRef, Q, Subquery, Value, When
from django.db.models.fields import DateField, IntegerField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from cases import codes, extensions
from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from cases.models import Case, Diagnosis, Lesion
from cases.views.case_filters import CaseFilterForm
from registry.access.models import Center
from registry.access.scope import may_identify, visible_centers, writable_centers
from registry.core import identity_shown
from registry.core.dates import shown_date
from registry.core.views.listing import (
    Heading,
    Pages,
    capped_count,
    count_words,
    headings,
    is_partial,
    without_place,
)

DEFAULT_SORT = "-changed"
FIRST_HEADINGS = (
    Heading("case", gettext_lazy("Case")),
    Heading("status", gettext_lazy("Status")),
    Heading("patient", gettext_lazy("Patient")),
    Heading("diagnosis", gettext_lazy("Diagnosis")),
)
LAST_HEADINGS = (
    Heading("levels", gettext_lazy("Levels")),
    Heading("date", gettext_lazy("Index date")),
    Heading("changed", gettext_lazy("Changed")),
)


def _ordered(cases: Any, sort: str) -> Any:
    """Ends in the id, so that the order is the same on every page."""
    keys: dict[str, list[str]] = {
        "case": ["patient__registry_id", "number"],
        "status": ["status"],
        "patient": ["shown_age"],
        "diagnosis": ["diagnosis_place"],
        "levels": ["highest_level"],
        "date": ["shown_date"],
        "changed": ["modified_at"],
        **{column.name: [column.name] for column in extensions.columns()},
    }
    names = keys.get(sort.removeprefix("-"))
    if names is None:
        return cases.order_by(F("modified_at").desc(), F("pk").desc())
    if "highest_level" in names:
        cases = cases.annotate(highest_level=_highest_level())
    if "diagnosis_place" in names:
        cases = cases.annotate(diagnosis_place=_diagnosis_place())
    if sort.startswith("-"):
        return cases.order_by(*(F(name).desc(nulls_last=True) for name in names), F("pk").desc())
    return cases.order_by(*(F(name).asc(nulls_last=True) for name in names), F("pk").asc())


def _highest_level() -> Any:
    """Where the case's lesions begin, counted from the neck down; code sets are kept in that order."""
    whens = [
        When(Q(levels=level) | Q(levels__startswith=f"{level};"), then=Value(number))
        for number, level in enumerate(codes.LEVELS)
    ]
    place = Switch(*whens, default=Value(None), output_field=IntegerField())
    lesions = Lesion.objects.filter(case=OuterRef("pk")).order_by().values("case")
    return Subquery(lesions.annotate(place=Min(place)).values("place"))


def _diagnosis_place() -> Any:
    """Where a diagnosis stands among the names in the reader's language."""
    named = sorted(Diagnosis.objects.all(), key=lambda row: str(row).casefold())
    whens = [When(diagnosis=row.pk, then=Value(place)) for place, row in enumerate(named)]
    return Switch(*whens, default=Value(None), output_field=IntegerField())


def _identified_centers(user: Any) -> list[int]:
    """The visible centres whose patients this user may identify: their dates are shown and sorted by."""
    return [pk for pk in visible_centers(user).values_list("pk", flat=True) if may_identify(user, pk)]


def listed_cases(user: Any) -> Any:
    """The cases a user sees, with what the list filters and sorts by."""
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
    cases = Case.objects.for_user(user).annotate(shown_date=shown_date, shown_age=shown_age)
    return extensions.annotate(cases)


def lines_of(cases: Any, keys: Iterable[int], user: Any) -> list[dict[str, Any]]:
    """The lines of the cases with these primary keys, in their order.

    Which cases are shown is found out first, so that nothing is computed for those that are not.
    """
    keys = list(keys)
    rows = cases.order_by().filter(pk__in=keys)
    rows = rows.select_related("patient__publication", "center", "diagnosis").prefetch_related("lesions")
    by_key = {case.pk: case for case in rows}
    return [line_of(by_key[key], user) for key in keys if key in by_key]


@require_safe
@vary_on_headers("HX-Request")
def case_list(request: HttpRequest) -> HttpResponse:
    """The page, or with htmx the results alone."""
    form = CaseFilterForm(request.GET, user=request.user)
    form.is_valid()
    listed = listed_cases(request.user)
    cases = form.apply(listed)
    sort = request.GET.get("sort", DEFAULT_SORT)
    pages = Pages.of(request)
    keys, more = pages.cut(_ordered(cases, sort).values_list("pk", flat=True))
    rows = lines_of(listed, keys, request.user)
    identity_shown.note(request, [row["case"] for row in rows], ["index_date"])
    counted = capped_count(cases)
    added = [Heading(column.name, column.label) for column in extensions.columns()]
    tokens = [
        {"token": token, "url": f"?{without_place(request, token.name).urlencode()}"}
        for token in form.tokens()
    ]
    context = {
        "form": form,
        "list_name": "case",
        "list_url": reverse("case-list"),
        "rows": rows,
        "headings": headings(request, [*FIRST_HEADINGS, *added, *LAST_HEADINGS], sort),
        "counted": counted,
        "count": count_words(counted),
        **pages.links(request, len(rows), more),
        "tokens": tokens,
        "filtered": any(request.GET.get(name) for name in form.fields),
        "may_create": writable_centers(request.user).exists(),
        "sort": sort if sort != DEFAULT_SORT else "",
        "clear_url": reverse("case-list"),
    }
    template = "cases/_case_results.html" if is_partial(request) else "cases/case_list.html"
    return render(request, template, context)


def line_of(case: Any, user: Any) -> dict[str, Any]:
    """One line of the list."""
    reached = {level for lesion in case.lesions.all() for level in (lesion.levels or "").split(";")}
    published = case.center.kind == Center.Kind.PUBLISHED
    labels = dict(codes.LEVEL_CHOICES)
    return {
        "case": case,
        "published": published,
        "source_label": case.patient.source_label,
        "publication": case.patient.publication,
        "levels": ", ".join(str(labels[level]) for level in codes.LEVELS if level in reached),
        "extra": [column.words(getattr(case, column.name)) for column in extensions.columns()],
        "age": person_age(case, may_identify(user, case.center_id)),
        "dates": may_identify(user, case.center_id) and not published,
        "index_date": date_as_known(case.shown_date, case.index_date_precision),
        # What is entered during the operation would tell its day.
        "changed": shown_date(case.modified_at) if may_identify(user, case.center_id) else "",
    }


def date_as_known(date: Any, precision: str | None) -> str:
    """A date as far as it is known: the day, the month or the year."""
    if date is None:
        return ""
    if precision == codes.DatePrecision.YEAR:
        return str(date.year)
    if precision == codes.DatePrecision.MONTH:
        return date_format(date, "YEAR_MONTH_FORMAT")
    return shown_date(date)


def person_age(case: Any, identify: bool) -> str:
    """Age in years; from 90 on those without identity only read that it is so."""
    if case.age_years is None:
        return ""
    return (
        str(case.age_years)
        if identify or case.age_years < HIGHEST_SHOWN_AGE_YEARS
        else f"{HIGHEST_SHOWN_AGE_YEARS}+"
    )
