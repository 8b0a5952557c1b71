"""What a complete case needs of its outcomes (a missing code satisfies each)."""

from typing import Any

from django.utils.translation import gettext as _

from cases.completeness import unanswered
from cases.models import Case
from outcomes.codes import TimePoint
from registry.core.policies import Gap


def gaps(case: Any) -> list[Gap]:
    """Baseline VAS, one of ODI and KPS at baseline, and rows where complications are said to be listed."""
    if not isinstance(case, Case):
        return []
    # Read from all rows, so that a case loaded with them asks the database nothing.
    baseline = next((row for row in case.assessments.all() if row.time_point == TimePoint.BASELINE), None)
    if baseline is None:
        return [Gap(case, "assessments", _("Assessments: enter the scores before the procedure (baseline)."))]
    found = unanswered(baseline, "vas_pain", of=_("Baseline"))
    if baseline.odi_from_sections_is_empty() and unanswered(baseline, "odi") and unanswered(baseline, "kps"):
        found.append(Gap(baseline, "odi", _("Baseline: enter ODI or KPS, or say why they are missing.")))
    for procedure in case.procedures.all():
        if procedure.complications_answered == "present" and not procedure.complications.all():
            found.append(
                Gap(
                    procedure,
                    "complications",
                    _("%(kind)s: complications are said to be listed, but none is.")
                    % {"kind": procedure.get_kind_display()},
                )
            )
    return found
