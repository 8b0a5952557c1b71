"""The publications, and a page for each: its tables as printed, its checks, reported values and the series it cites."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from registry.core.views.listing import is_partial
from registry.literature.consistency.result import Check, Family, Verdict
from registry.literature.consistency.run import checks_of, checks_of_all, tally
from registry.literature.lines import lines_of
from registry.literature.models import Publication, ReportedValue
from registry.literature.printed_cells import shown_tables
from registry.literature.words import time_point_words, variable_label


@require_safe
def publication_list(request: HttpRequest) -> HttpResponse:
    """All publications, with how much of each the registry holds and what its checks say."""
    publications = list(
        Publication.objects.defer("tables")
        .prefetch_related("arms")
        .annotate(
            values_count=Count("reported_values", distinct=True),
            patients_count=Count("published_patients", distinct=True),
        )
        .order_by("year", "slug")
    )
    checks = checks_of_all(publications)
    rows = [(publication, _counts(checks[publication.pk])) for publication in publications]
    return render(request, "literature/publication_list.html", {"rows": rows})


def _counts(checks: list[Check]) -> list[tuple[Verdict, int]]:
    return list(tally(checks).items())


class ValueFilterForm(forms.Form):
    """Narrows the table of reported values."""

    variable = forms.ChoiceField(label=gettext_lazy("Variable"), required=False)
    time_point = forms.ChoiceField(label=gettext_lazy("Time point"), required=False)

    def __init__(self, data: Any, *, values: list[ReportedValue]) -> None:
        super().__init__(data)
        variables = sorted(
            {(value.variable, variable_label(value.variable)) for value in values}, key=lambda v: v[1]
        )
        points = list(dict.fromkeys(value.time_point for value in values if value.time_point))
        everything = [("", gettext_lazy("All"))]
        self._choose("variable", everything + variables)
        self._choose("time_point", everything + [(point, time_point_words(point)) for point in points])

    def _choose(self, name: str, choices: list) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def passes(self, value: ReportedValue) -> bool:
        return all(not wanted or getattr(value, name) == wanted for name, wanted in self.cleaned_data.items())


@dataclass(frozen=True)
class CheckList:
    """The checks of a publication: how many of each kind answer what, and those that are asked for."""

    checks: list[Check]
    verdict: str
    family: str

    @classmethod
    def asked(cls, checks: list[Check], params: Any) -> "CheckList":
        """What an address asks for. Without a word it is what is inconsistent; an unknown word is passed over."""
        verdict, family = params.get("verdict"), params.get("family", "")
        if verdict is None:
            verdict = "" if family in Family.values else Verdict.INCONSISTENT.value
        return cls(
            checks,
            verdict if verdict in Verdict.values else "",
            family if family in Family.values else "",
        )

    @property
    def shown(self) -> list[Check]:
        return [
            check
            for check in self.checks
            if (not self.verdict or check.verdict == self.verdict)
            and (not self.family or check.family == self.family)
        ]

    @property
    def groups(self) -> list[tuple[Family, list[Check]]]:
        found = [(family, [check for check in self.shown if check.family == family]) for family in Family]
        return [(family, checks) for family, checks in found if checks]

    @property
    def verdicts(self) -> list[tuple[Verdict, int]]:
        return _counts(self.checks)

    @property
    def table(self) -> list[tuple[Family, list[tuple[Verdict, int]]]]:
        """Kind of check × verdict, kinds without a check left out."""
        found = []
        for family in Family:
            own = [check for check in self.checks if check.family == family]
            if own:
                found.append((family, _counts(own)))
        return found


@require_safe
@vary_on_headers("HX-Request", "HX-Target")
def publication_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One publication; with htmx its table of values or its list of checks alone."""
    publication = get_object_or_404(Publication, slug=slug)
    checks = checks_of(publication)
    context: dict[str, Any] = {"publication": publication, "check_list": CheckList.asked(checks, request.GET)}
    partial = is_partial(request)
    if partial and request.headers.get("HX-Target") == "checks":
        return render(request, "literature/_checks.html", context)
    arms = list(publication.arms.all())
    values = list(publication.reported_values.select_related("arm").order_by("order"))
    context |= _values_context(request, arms, values)
    if partial:
        return render(request, "literature/_values.html", context)
    cited = list(publication.cited_series.all())
    tables = shown_tables(publication, values, cited, checks)
    context |= {
        "arms": arms,
        "cited": cited,
        "tables": [table for table in tables if not table.printed.lists_series],
        "cited_tables": [table for table in tables if table.printed.lists_series],
        "patients": publication.published_patients.count(),
    }
    return render(request, "literature/publication_detail.html", context)


def _values_context(request: HttpRequest, arms: list, values: list[ReportedValue]) -> dict[str, Any]:
    form = ValueFilterForm(request.GET, values=values)
    form.is_valid()
    lines = lines_of([value for value in values if form.passes(value)])
    used = [arm for arm in arms if any(arm.code in line.cells for line in lines)]
    whole = any("" in line.cells for line in lines)
    columns = [("", _("Series"))] * whole + [(arm.code, arm.label or arm.code) for arm in used]
    return {
        "form": form,
        "columns": columns,
        "lines": [
            {
                "line": line,
                "cells": [
                    {"group": label, "text": line.cell(code), "link": line.link(code)}
                    for code, label in columns
                ],
                "first": position == 0
                or (lines[position - 1].variable, lines[position - 1].location)
                != (line.variable, line.location),
            }
            for position, line in enumerate(lines)
        ],
        "has_p": any(line.p_values for line in lines),
        "width": 3 + len(columns) + any(line.p_values for line in lines),
        "count": len(values),
        "filtered": any(form.cleaned_data.values()),
    }
