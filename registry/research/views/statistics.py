"""The statistics of a cohort in the browser: tables whose numbers open to how they were found, and figures."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.views import View

from registry.core.views.listing import is_partial
from registry.research.api.statistics import PROFILES, cohort_or_404, computed
from registry.research.cohort_statistics import aggregate
from registry.research.cohort_statistics.figure_parts import Figure
from registry.research.cohort_statistics.figures import figure_of, figures, names
from registry.research.cohort_statistics.outcomes import SCORES
from registry.research.cohort_statistics.tables import StatisticsTable
from registry.research.cohort_statistics.whole import CohortStatistics
from registry.research.cohort_statistics.words import Opened, ShownLine, Words
from registry.research.cohorts.choosing import Chosen, of_version
from registry.research.cohorts.sentence import sentence
from registry.research.profiles import PSEUDONYMISED

#: Up to so many cases the page comes with its numbers; of more they follow, and the page says so meanwhile.
AT_ONCE = 1500


@dataclass(frozen=True)
class Part:
    """A table, or the part of one that is about one score, with its figure."""

    title: str
    lines: list[ShownLine]
    opened: list[Opened]
    #: The figure, for a wide screen and for a narrow one; none where there is nothing to draw.
    figures: list[Figure]


@dataclass(frozen=True)
class Section:
    """One table of the statistics as the page shows it."""

    table: StatisticsTable
    columns: list[tuple[str, str, int | None]]
    parts: list[Part]

    @property
    def has_comparison(self) -> bool:
        return any(line.comparison for part in self.parts for line in part.lines)

    @property
    def has_difference(self) -> bool:
        return any(
            line.comparison and line.comparison.difference for part in self.parts for line in part.lines
        )

    @property
    def width(self) -> int:
        return 1 + len(self.columns) + 2 * self.has_comparison + self.has_difference


def chosen_or_404(request: HttpRequest, slug: str) -> Chosen:
    """The version that the address asks for."""
    try:
        return of_version(cohort_or_404(request.user, slug), request.GET.get("version"), request.user)
    except ValidationError:
        raise Http404 from None


def profile_of(request: HttpRequest) -> str:
    """The profile that the address asks for; any other word is none."""
    profile = request.GET.get("profile", PSEUDONYMISED.name)
    if profile not in PROFILES:
        raise Http404
    return profile


class StatisticsPage(View):
    """Everything of a cohort on one page; with htmx, or where it is asked for, the numbers alone."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        chosen, profile = chosen_or_404(request, slug), profile_of(request)
        partial = is_partial(request)
        cases = chosen.cases.order_by().count()
        now = partial or cases <= AT_ONCE or "now" in request.GET
        context = {
            "cohort": chosen.cohort,
            "version": chosen.version,
            "latest": chosen.version.number == chosen.cohort.latest_number,
            "sentence": sentence(chosen.definition),
            "cases": cases,
            "profile": profile,
            "aggregate": profile == aggregate.NAME,
            "now": now,
            "profiles": [(name, _address(chosen, name)) for name in PROFILES],
            "here": _address(chosen, profile),
            "query": _query(chosen, profile),
        }
        if now:
            context |= shown(computed(chosen, profile))
        template = "research/_statistics.html" if partial else "research/statistics.html"
        return render(request, template, context)


class StatisticsFigure(View):
    """One figure as a drawing of its own, for a publication: black on white, each group told by line and mark too."""

    def get(self, request: HttpRequest, slug: str, name: str) -> HttpResponse:
        chosen, profile = chosen_or_404(request, slug), profile_of(request)
        if name not in names():
            raise Http404
        figure = figure_of(computed(chosen, profile, "outcomes"), name)
        if figure is None:
            raise Http404
        drawn = render_to_string("research/_figure.svg", {"figure": figure, "standalone": True})
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n{drawn.strip()}\n'
        response = HttpResponse(text, content_type="image/svg+xml")
        file_name = f"{chosen.cohort.slug}-v{chosen.version.number}-{name}.svg"
        response["Content-Disposition"] = f'attachment; filename="{file_name}"'
        response["Cache-Control"] = "no-store"
        return response


def _query(chosen: Chosen, profile: str) -> str:
    """The parameters that name version and profile; none for the usual ones."""
    asked: dict[str, Any] = {}
    if chosen.version.number != chosen.cohort.latest_number:
        asked["version"] = chosen.version.number
    if profile != PSEUDONYMISED.name:
        asked["profile"] = profile
    return urlencode(asked)


def _address(chosen: Chosen, profile: str) -> str:
    query = _query(chosen, profile)
    return reverse("cohort-statistics", args=[chosen.cohort.slug]) + (f"?{query}" if query else "")


def shown(found: CohortStatistics) -> dict[str, Any]:
    """The tables in words, with their figures."""
    groups = {group.code: group for group in found.data.groups if group.code in found.groups}
    heads = {code: group.name for code, group in groups.items()}
    drawn = figures(found)
    sections = []
    for table in found.tables:
        if not table.blocks or not found.data.whole.n:
            continue
        columns = [
            (code, group.label if code and group.label else "", table.sizes.get(code))
            for code, group in groups.items()
        ]
        sections.append(Section(table, columns, _parts(table, heads, drawn)))
    return {"statistics": found, "sections": sections, "compared": found.data.compared}


def _parts(table: StatisticsTable, heads: dict[str, str], drawn: dict[str, list[Figure]]) -> list[Part]:
    words = Words(table, heads)
    if table.name != "outcomes":
        lines = words.lines()
        return [Part("", lines, words.opened(lines), drawn.get(table.name, []))]
    parts = []
    for score in SCORES:
        lines = words.lines(f"assessments.{score}")
        if lines:
            title = next(
                str(block.about.label)
                for block in table.blocks
                if block.about.variable == f"assessments.{score}"
            )
            parts.append(Part(title, lines, words.opened(lines), drawn.get(score, [])))
    return parts
