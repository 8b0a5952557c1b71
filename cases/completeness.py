"""What a complete case needs of its patient, diagnosis and lesions (a missing code satisfies each)."""

from typing import Any

from django.utils.translation import gettext as _

from cases.models import Case
from registry.core.models import Record
from registry.core.policies import Gap
from registry.core.rules import label_of


def unanswered(record: Record, *names: str, of: str = "") -> list[Gap]:
    """A gap for each field that has neither a value nor a missing code; ``of`` says which record it is about."""
    model = type(record)
    columns = {field.name: field.attname for field in model._meta.concrete_fields}
    return [
        Gap(record, name, _sentence(label_of(model, name), of))
        for name in names
        if getattr(record, columns[name]) is None and not record.missing.get(name)
    ]


def _sentence(label: str, of: str) -> str:
    if of:
        return _("%(record)s, %(label)s: enter a value or say why it is missing.") % {
            "record": of,
            "label": label,
        }
    return _("%(label)s: enter a value or say why it is missing.") % {"label": label}


def gaps(case: Any) -> list[Gap]:
    """Sex, age, diagnosis, disease status, and at least one lesion with a level."""
    if not isinstance(case, Case):
        return []
    found = unanswered(case.patient, "sex") + unanswered(case, "age_years", "diagnosis", "disease_status")
    lesions = list(case.lesions.all())
    if not lesions:
        found.append(Gap(case, "lesions", _("Lesions: enter at least one lesion.")))
    for lesion in lesions:
        found += unanswered(lesion, "levels", of=_("Lesion %(number)s") % {"number": lesion.number})
    return found
