"""The builder of a cohort: fields in, a draft out, drawn again with its counts, its sentence and its errors.

The rules of a definition are the server's alone. Every button and every change sends the whole form; what comes back
is the builder, or with a change of a value only what was found. Without script each button loads the page anew.
"""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from registry.core.views.listing import is_partial
from registry.research.cohorts import drafting, keeping
from registry.research.cohorts.checking import Errors, read, sound
from registry.research.cohorts.counts import Counts, counted
from registry.research.cohorts.document import LONGEST_NOTE, LONGEST_TITLE, MOST_ARMS, Definition
from registry.research.cohorts.drafting import Draft
from registry.research.cohorts.offering import found
from registry.research.cohorts.sentence import sentence
from registry.research.models import Cohort, CohortVersion
from registry.research.views.cohort_parts import Drawing, arms_of, root_of

#: How the definition is being written: in the builder, or as its document.
FORM, TEXT = "form", "text"


class CohortBuilder(View):
    """A new cohort (``?copy=<short name>`` begins with another's definition), or a new version of one's own."""

    template_name = "research/cohort_builder.html"

    def cohort(self) -> Cohort | None:
        """The cohort to be changed; 404 unless it is the user's own."""
        slug = self.kwargs.get("slug")
        if slug is None:
            return None
        return get_object_or_404(Cohort.objects.filter(owner_id=self.request.user.pk), slug=slug)

    # -- looking -----------------------------------------------------------------------------------------------------

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        cohort = self.cohort()
        draft = drafting.blank()
        if cohort is not None:
            draft = drafting.drawable(cohort.latest.definition)
        elif "copy" in request.GET:
            copied = get_object_or_404(Cohort.objects.for_user(request.user), slug=request.GET["copy"])
            draft = drafting.drawable(copied.latest.definition)
            draft["title"] = _("Copy of %(title)s") % {"title": copied.title}
            draft["title"] = draft["title"][:LONGEST_TITLE]
        state = _State(request, cohort, draft)
        if cohort is not None:
            state.base, state.shared = cohort.latest_number, cohort.shared
        return self.shown(state)

    # -- building ----------------------------------------------------------------------------------------------------

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        state = _State(request, self.cohort(), drafting.blank())
        state.shared = bool(request.POST.get("shared"))
        base = request.POST.get("base", "")
        state.base = int(base) if base.isdecimal() and len(base) < 10 else None
        name, *about = request.POST.get("do", "show").split(":")
        if request.POST.get("mode") == TEXT:
            state.text = request.POST.get("document", "")
        else:
            state.draft = drafting.from_form(request.POST)
        if name == "save":
            return self.saved(state)
        if name == "count":
            return self.counted(state)
        if name == "as-text":
            state.as_text()
        elif name == "as-form":
            state.as_form()
        elif name in ("pick", "show"):
            picking = about[0] if name == "pick" and about else request.POST.get("picking", "")
            if state.text is None and drafting.group_at(state.draft, picking) is not None:
                state.picking = picking
        elif name == "close":
            state.focus = f"{about[0]}-add" if about else ""
        elif state.text is None:
            state.focus = drafting.step(state.draft, name, *about)
        return self.shown(state)

    def saved(self, state: "_State") -> HttpResponse:
        request: Any = self.request
        try:
            definition = read(state.document(), request.user)
            if state.cohort is None:
                cohort = keeping.create(definition, request.user, shared=state.shared)
            else:
                cohort = keeping.change(
                    state.cohort, definition, request.user, shared=state.shared, base=state.base
                )
        except ValidationError as refused:
            state.errors, state.refused = dict(refused.message_dict), True
            return self.shown(state, 422)
        except keeping.StaleVersion as stale:
            state.stale, state.base = stale.latest, stale.latest.number
            return self.shown(state, 409)
        url = cohort.get_absolute_url()
        return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)

    def shown(self, state: "_State", status: int = 200) -> HttpResponse:
        template = "research/_cohort_builder.html" if is_partial(self.request) else self.template_name
        return render(self.request, template, state.context(), status=status)

    def counted(self, state: "_State") -> HttpResponse:
        """What the draft finds, and beside each part its number and what is wrong with it."""
        return render(self.request, "research/_cohort_outcome_parts.html", state.context())


class CohortVariables(View):
    """Variables to choose from, for the builder's search."""

    def get(self, request: HttpRequest) -> HttpResponse:
        offers, more = found(request.GET.get("q", "")[:100], request.GET.get("within", ""))
        context = {
            "offers": offers,
            "more": more,
            "q": request.GET.get("q", "")[:100],
            "into": request.GET.get("into", "where"),
            "within": request.GET.get("within", ""),
        }
        return render(request, "research/_cohort_offers.html", context)


class _State:
    """Everything that one drawing of the builder shows."""

    def __init__(self, request: HttpRequest, cohort: Cohort | None, draft: Draft) -> None:
        self.request, self.cohort, self.draft = request, cohort, draft
        #: The document as text, while it is written as such.
        self.text: str | None = None
        self.shared = False
        #: The version that is being changed, and one that somebody has saved meanwhile.
        self.base: int | None = None
        self.stale: CohortVersion | None = None
        self.errors: Errors = {}
        self.refused = False
        self.focus = self.picking = ""
        #: Where the parts that are counted stand in the draft.
        self.paths: dict[str, str] = {}

    def document(self) -> Any:
        return self.draft if self.text is None else self.text

    # -- from the builder to the text and back -------------------------------------------------------------------------

    def as_text(self) -> None:
        if self.text is None:
            try:
                document: Any = read(self.draft, self.request.user).as_json()
            except ValidationError:
                document = self.draft
            self.text = json.dumps(document, ensure_ascii=False, indent=2)

    def as_form(self) -> None:
        """The text as a draft; it stays text while the builder could not draw it."""
        if self.text is None:
            return
        try:
            document = sound(self.text).as_json()
        except ValidationError as refused:
            self.errors, self.refused = dict(refused.message_dict), True
            return
        self.draft, self.text = drafting.drawable(document), None

    # -- what it finds -------------------------------------------------------------------------------------------------

    def found(self) -> tuple[Definition | None, Counts | None, Errors]:
        """The definition as far as it is filled in, what it finds, and what is wrong with what is filled in."""
        document = self.document()
        if self.text is None:
            document, self.paths = drafting.counted_draft(self.draft)
        try:
            definition = read(document, self.request.user)
        except ValidationError as refused:
            said = refused.message_dict.items()
            return None, None, {drafting.original(path, self.paths): each for path, each in said}
        return definition, counted(definition, self.request.user), {}

    def context(self) -> dict[str, Any]:
        definition, counts, errors = self.found()
        drawing = Drawing(
            self.request.user,
            errors=self.errors or errors,
            counts=self.counts_by_path(definition, counts),
            focus=self.focus,
            picking=self.picking,
        )
        offers, more = found(self.request.POST.get("q", "")[:100], self.within()) if self.picking else ([], 0)
        return {
            "cohort": self.cohort,
            "draft": self.draft,
            "text": self.text,
            "shared": self.shared,
            "base": self.base,
            "stale": self.stale,
            "refused": self.refused,
            "errors": drawing.errors,
            "summary": [
                {"path": path, "target": drafting.identifier_of(path), "said": " ".join(said)}
                for path, said in drawing.errors.items()
            ],
            "drawing": drawing,
            "root": root_of(self.draft, drawing),
            "arms": arms_of(self.draft, drawing),
            "may_add_arm": len(self.draft["arms"]) < MOST_ARMS,
            "definition": definition,
            "counts": counts,
            "arm_counts": zip(definition.arms, counts.arms.values(), strict=True)
            if definition and counts
            else (),
            "sentence": sentence(definition) if definition else "",
            "focus": self.focus,
            "picking": self.picking,
            "within": self.within(),
            "offers": offers,
            "more": more,
            "q": self.request.POST.get("q", "")[:100] if self.picking else "",
            "longest_title": LONGEST_TITLE,
            "longest_note": LONGEST_NOTE,
            "build_url": self.url(),
        }

    def counts_by_path(self, definition: Definition | None, counts: Counts | None) -> dict[str, int]:
        if definition is None or counts is None:
            return {}
        found = {drafting.original(path, self.paths): cases for path, cases in counts.conditions.items()}
        for number, (_code, arm) in enumerate(counts.arms.items()):
            path = f"arms[{number}]"
            found[self.paths.get(path, path)] = arm.cases
        return found

    def within(self) -> str:
        return drafting.within_of(self.draft, self.picking) if self.picking else ""

    def url(self) -> str:
        if self.cohort is None:
            return reverse("cohort-new")
        return reverse("cohort-edit", args=[self.cohort.slug])
