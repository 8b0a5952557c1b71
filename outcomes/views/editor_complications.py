"""Complications in the section editor: asked of each procedure, graded by three questions."""

import json
import uuid as uuids
from dataclasses import dataclass
from typing import Any

from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.html import escape
from django.views import View

from cases import editor
from cases.models import Case
from cases.views.editor import Block, SectionView, block_of
from cases.views.rows import AddRowView
from outcomes import sir
from outcomes.codes import ComplicationKind, SirGrade
from outcomes.contradictions import named, ungraded_leaks
from outcomes.models import Complication
from outcomes.models.complication import MAJOR_GRADES
from outcomes.views.doubts import doubts_of
from procedures.codes import Answer, Kind
from procedures.models import Procedure
from registry.core import records
from registry.core.models import Record
from registry.core.views.display import words

_CEMENT = (
    ComplicationKind.CEMENT_LEAK,
    ComplicationKind.RADICULAR_PAIN,
    ComplicationKind.NEUROLOGIC_DEFICIT,
    ComplicationKind.EMBOLISM,
    ComplicationKind.INFECTION,
    ComplicationKind.FRACTURE,
)
#: What is one click away after a procedure of each kind (a judgement of this registry); everything else is in the list.
USUAL: dict[str, tuple[ComplicationKind, ...]] = {
    Kind.REBOA: (
        ComplicationKind.BLEEDING,
        ComplicationKind.LIMB_ISCHEMIA,
        ComplicationKind.THROMBOSIS,
        ComplicationKind.ACUTE_KIDNEY_INJURY,
        ComplicationKind.HYPERTENSION,
        ComplicationKind.WOUND,
    ),
    Kind.SACROPLASTY: _CEMENT,
    Kind.VERTEBROPLASTY: (*_CEMENT, ComplicationKind.POST_EMBOLIZATION_SYNDROME),
    Kind.RFA: (
        ComplicationKind.THERMAL_INJURY,
        ComplicationKind.RADICULAR_PAIN,
        ComplicationKind.NEUROLOGIC_DEFICIT,
        ComplicationKind.HEMATOMA,
        ComplicationKind.INFECTION,
    ),
}
QUESTIONS = (("treatment", sir.Treatment), ("stay", sir.Stay), ("harm", sir.Harm))


@dataclass(frozen=True)
class OneComplication(Block):
    """A complication as the page lays it out."""

    @property
    def name(self) -> str:
        return named(self.record)

    @property
    def happened(self) -> list[Any]:
        return self._rows("kind", "lesion", "onset_day", "symptomatic", "resolved", "treatment")

    @property
    def graded(self) -> list[Any]:
        return self._rows("sir_grade")

    @property
    def further(self) -> list[Any]:
        return self._rows("cirse_grade", "clavien_dindo")

    @property
    def chip(self) -> dict[str, Any]:
        return chip_of(self.record)

    def _rows(self, *names: str) -> list[Any]:
        return [self.form[name] for name in names]


def complication_block(record: Record, user: Any) -> OneComplication:
    block = block_of(record, user)
    for field in block.form.fields.values():
        if isinstance(field, ModelChoiceField):
            del field.widget.attrs["data-search"]  # a case has few lesions
    return OneComplication(block.record, block.form, block.layout)


@dataclass(frozen=True)
class Leak:
    """A cement leak recorded at a treated lesion and not graded yet."""

    treated: Any

    @property
    def lesion(self) -> str:
        return str(self.treated.lesion)

    @property
    def sites(self) -> str:
        return words(type(self.treated)._meta.get_field("leak_sites"), self.treated.leak_sites)


def leaks_of(procedure: Any) -> list[Leak]:
    return [Leak(row) for row in ungraded_leaks(procedure)]


@dataclass(frozen=True)
class OfProcedure:
    """A procedure with the question, its leaks that are still to be graded, and its complications."""

    procedure: Any
    answer: Block
    leaks: list[Leak]
    complications: list[OneComplication]

    @property
    def prefix(self) -> str:
        return self.answer.prefix

    @property
    def usual(self) -> list[tuple[str, Any]]:
        return [(kind.value, kind.label) for kind in USUAL[self.procedure.kind]]

    @property
    def others(self) -> list[tuple[str, Any]]:
        return [choice for choice in ComplicationKind.choices if choice[0] not in USUAL[self.procedure.kind]]


class ComplicationsSection(SectionView):
    slug = "complications"
    template_name = "outcomes/editor/complications.html"

    def blocks(self) -> dict[str, Any]:
        user = self.request.user
        return {
            "procedures": [
                OfProcedure(
                    procedure,
                    block_of(procedure, user),
                    leaks_of(procedure),
                    [complication_block(row, user) for row in procedure.complications.all()],
                )
                for procedure in self.case.procedures.all()
            ],
            "doubts": doubts_of(self.case)[self.slug],
            "questions": [(name, scale.choices) for name, scale in QUESTIONS],
            "token": uuids.uuid4(),
        }


class AddComplication(AddRowView):
    """A complication, or a leak of a treated lesion as one; adding it answers the question of the procedure."""

    parent_model = Procedure
    slug = "complications"
    template_name = "outcomes/editor/_complication_rows.html"

    def new_records(self, parent: Any) -> list[Record]:
        post = self.request.POST
        leaking = post.get("leak")
        if not leaking:
            kind: Any = post.get("kind") or post.get("other_kind") or None
            return [Complication(procedure=parent, uuid=self.token, kind=kind)]
        try:
            leak = uuids.UUID(leaking)
        except ValueError:
            raise Http404 from None
        treated = get_object_or_404(parent.treated_lesions.select_related("lesion"), uuid=leak)
        return [
            Complication(
                procedure=parent,
                uuid=uuids.uuid5(treated.uuid, ComplicationKind.CEMENT_LEAK),
                kind=ComplicationKind.CEMENT_LEAK,
                lesion=treated.lesion,
                symptomatic=treated.leak_symptomatic,
            )
        ]

    def make(self, record: Any) -> Record:
        """The row comes first: a complete case may not say “yes, listed” while nothing is.

        The procedure is read again under the lock of its case: what somebody has stored in it meanwhile stays.
        """
        user = self.request.user
        with records.together():
            case = get_object_or_404(
                Case.objects.for_user(user).select_for_update(), pk=record.procedure.case_id
            )
            procedure = get_object_or_404(Procedure.objects.for_user(user), pk=record.procedure.pk)
            procedure.case, record.procedure = case, procedure
            answered = procedure.complications_answered == Answer.PRESENT
            procedure.complications_answered = Answer.PRESENT
            procedure.missing = {
                name: code for name, code in procedure.missing.items() if name != "complications_answered"
            }
            made = super().make(record)
            if not answered:
                records.save(procedure, by=user, reason=self.why)
        return made

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        answer = super().post(request, uuid)
        if answer.status_code == 200:
            name = f"procedure-{uuid}-complications_answered"
            answer["HX-Trigger"] = json.dumps(
                {"registry:stored": {name: [Answer.PRESENT.value], f"{name}__missing": []}}
            )
        return answer

    def block(self, record: Record) -> OneComplication:
        return complication_block(record, self.request.user)

    def more(self, case: Case, parent: Any) -> dict[str, Any]:
        return {"questions": [(name, scale.choices) for name, scale in QUESTIONS]}


class SirProposal(View):
    """The grade that the answers amount to: shown beside the field, never written. The answers are not stored."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        record = get_object_or_404(Complication.objects.for_user(request.user), uuid=uuid)
        answers = {
            name: said if (said := request.GET.get(name, "")) in scale.values else ""
            for name, scale in QUESTIONS
        }
        proposed = sir.propose(**answers)
        return render(
            request,
            "outcomes/editor/_sir_proposal.html",
            {
                "proposed": proposed,
                "major": proposed in MAJOR_GRADES,
                "least": sir.possible(**answers)[0] if any(answers.values()) else None,
                "open_": [name for name, said in answers.items() if not said],
                "control": f"{editor.prefix_of(record)}-sir_grade",
            },
        )


def chip_of(record: Complication) -> dict[str, Any]:
    """What the head of a complication says of its grade."""
    grade = SirGrade(record.sir_grade) if record.sir_grade in SirGrade.values else None
    return {
        "grade": grade.value.upper() if grade is not None else "",
        "explained": bool(record.missing.get("sir_grade")),
        "major": record.derived_value("major"),
    }


def complication_slots(record: Complication) -> dict[str, str]:
    prefix = editor.prefix_of(record)
    return {
        f"grade-{prefix}": render_to_string("outcomes/editor/_grade.html", {"chip": chip_of(record)}),
        f"name-{prefix}": escape(named(record)),
        **procedure_slots(record.procedure),
    }


def procedure_slots(procedure: Any) -> dict[str, str]:
    prefix = editor.prefix_of(procedure)
    context = {"leaks": leaks_of(procedure), "procedure": procedure, "prefix": prefix}
    return {f"leaks-{prefix}": render_to_string("outcomes/editor/_leaks.html", context)}
