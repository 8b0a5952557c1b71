"""A moved index date or birth year must fit everything that hangs on it."""

from typing import Any

from django.core.exceptions import ValidationError

from cases.models import Case, Patient


def hold_together(attempt: Any) -> None:
    """A check of the write door.

    Raises ``ValidationError`` at the field that moved.
    """
    record, stored = attempt.record, attempt.stored
    if attempt.deleting or stored is None:
        return
    if isinstance(record, Case) and record.index_date != stored.index_date:
        _recheck([record], "index_date")
    elif isinstance(record, Patient) and record.birth_year != stored.birth_year:
        cases = list(record.cases.all())
        for case in cases:
            case.patient = record
        _recheck(cases, "birth_year", with_case=True)


def _recheck(cases: list[Case], field: str, *, with_case: bool = False) -> None:
    for case in cases:
        rows: list[Any] = [case] if with_case else []
        rows += [*case.procedures.all(), *case.assessments.all()]
        followup = getattr(case, "followup_status", None)
        rows += [followup] if followup is not None else []
        for row in rows:
            if row is not case:
                row.case = case
            try:
                row.check_across_rows()
            except ValidationError as refused:
                raise ValidationError({field: refused.messages[:1]}) from None
