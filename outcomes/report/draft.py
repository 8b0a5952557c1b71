"""The two drafts: context, template, text, and what the text lacks."""

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template import Context
from django.template.loader import get_template
from django.utils.translation import gettext as _

from cases.codes import TreatmentTiming
from cases.models import Case
from outcomes.models import Complication
from outcomes.report import course, disease
from outcomes.report.layout import settle
from outcomes.report.phrases import Missing, Sheet
from outcomes.report.procedure import procedure_facts
from outcomes.views.section import assessments_of
from procedures.models import Procedure
from registry.core.views.display import Reader


@dataclass(frozen=True)
class Draft:
    """A text, and every gap in it."""

    text: str
    gaps: list[Missing]


def procedure_report(
    case: Case,
    procedures: Sequence[Procedure],
    complications: Sequence[Complication],
    reader: Reader,
    *,
    of_all: Sequence[Procedure] | None = None,
) -> Draft:
    """The report of these procedures, which are some ``of_all`` of the case (``case`` as ``records_of`` loads it)."""
    sheet = Sheet(reader)
    context = _context(sheet, case, procedures, complications, of_all or procedures)
    return _write(sheet, "outcomes/report/report.txt", context)


def discharge_letter(
    case: Case,
    procedures: Sequence[Procedure],
    complications: Sequence[Complication],
    reader: Reader,
    today: datetime.date,
) -> Draft:
    """The letter about the whole case; what is planned counts from ``today``."""
    sheet = Sheet(reader)
    rows = assessments_of(case)
    points = course.points_of(sheet, rows)
    context = _context(sheet, case, procedures, complications, procedures)
    context.update(
        center=case.center.name,
        treatments_after=disease.treatments(sheet, list(case.treatments.all()), TreatmentTiming.AFTER),
        scores=course.scores(points),
        scores_unsaid=course.scores_unsaid(points),
        scores_missing=sheet.absent_rows(case, "assessments", _("Outcomes"), _("scores")),
        followup=course.followup_facts(sheet, getattr(case, "followup_status", None)),
        planned=[] if case.patient.publication_id else course.planned(sheet, case, today),
        plan_missing="" if case.patient.publication_id else course.plan_missing(sheet, case, rows),
    )
    return _write(sheet, "outcomes/report/letter.txt", context)


def _context(
    sheet: Sheet,
    case: Case,
    procedures: Sequence[Procedure],
    complications: Sequence[Complication],
    of_all: Sequence[Procedure],
) -> dict[str, Any]:
    kinds = Counter(procedure.kind for procedure in of_all)
    return {
        "patient": disease.patient_facts(sheet, case),
        "case": disease.case_facts(sheet, case),
        "lesions": [disease.lesion_facts(sheet, lesion) for lesion in case.lesions.all()],
        "lesions_missing": sheet.absent_rows(case, "lesions", _("Lesions"), _("lesions")),
        "treatments_before": disease.treatments(sheet, list(case.treatments.all()), TreatmentTiming.BEFORE),
        "procedures": [
            procedure_facts(
                sheet,
                procedure,
                [row for row in complications if row.procedure_id == procedure.pk],
                numbered=kinds[procedure.kind] > 1,
            )
            for procedure in procedures
        ],
        "procedures_missing": sheet.absent_rows(case, "procedures", _("Procedures"), _("procedures")),
    }


def _write(sheet: Sheet, name: str, context: dict[str, Any]) -> Draft:
    """Render a plain-text template: nothing is escaped here, the page escapes the finished text."""
    template: Any = get_template(name)
    text = settle(template.template.render(Context(context, autoescape=False)))
    return Draft(text, sheet.gaps())
