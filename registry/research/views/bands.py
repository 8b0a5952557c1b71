"""Pages and fragments of this floor in the browser: the course of a case beside the published course."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from cases.views.base import CaseContext, case_or_404, note_identity
from outcomes.views.section import assessments_of
from procedures.codes import Kind
from registry.research.course import SCORES, courses
from registry.research.published import Group, Match, groups_reporting, matches, silent


def kinds_in_words(kinds: Any) -> str:
    """Kinds of procedure in the order in which a strategy names them: “sacroplasty and radiofrequency ablation”."""
    labels = [str(kind.label) for kind in Kind if kind.value in kinds]
    if len(labels) < 2:
        return "".join(labels)
    return _("%(first)s and %(last)s") % {"first": ", ".join(labels[:-1]), "last": labels[-1]}


@dataclass(frozen=True)
class Beside:
    """A group that is drawn beside a case, with the reason in words."""

    group: Group
    why: str


def why(match: Match, own: bool) -> str:
    """Why a group stands beside this case, and where the two differ."""
    if own:
        return _("The series this patient belongs to.")
    if match.same:
        return ngettext(
            "Same kind of procedure: %(kinds)s.", "Same kinds of procedure: %(kinds)s.", len(match.shared)
        ) % {"kinds": kinds_in_words(match.shared)}
    parts = [_("Shares %(kinds)s.") % {"kinds": kinds_in_words(match.shared)}]
    if match.theirs:
        parts.append(
            _("The published patients also had %(kinds)s.") % {"kinds": kinds_in_words(match.theirs)}
        )
    if match.ours:
        parts.append(_("The published patients had no %(kinds)s.") % {"kinds": kinds_in_words(match.ours)})
    return " ".join(parts)


class PublishedBands(View):
    """VAS, ODI and KPS of one case beside the matching published groups; with htmx the section alone."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = case_or_404(request, uuid, "assessments", "procedures")
        context = CaseContext(request, case)
        htmx: Any = getattr(request, "htmx", None)
        if not htmx:
            note_identity(request, case)
        kinds = {procedure.kind for procedure in case.procedures.all()}
        groups = groups_reporting(request.user, SCORES)
        found = matches(kinds, groups)
        published = case.patient.publication
        drawn = courses(context.reader, assessments_of(case), found, always=published is not None)
        beside = [match for match in found if any(match in course.matches for course in drawn)]
        return render(
            request,
            "research/_published_bands.html" if htmx else "research/published_bands.html",
            context.as_dict(
                courses=drawn,
                kinds=kinds_in_words(kinds),
                beside=[
                    Beside(match.group, why(match, match.group.publication == published)) for match in beside
                ],
                silent=silent(kinds, groups),
            ),
        )
