"""Variables and codes as a page calls them: in the reader's language, where the models have words for them.

The catalogue is English, as files and programs need it. A page shows the same variable under the label that the model
itself declares.
"""

from functools import cache
from typing import Any

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from cases.codes import LEVEL_CHOICES, TreatmentKind
from outcomes.codes import TimePoint
from procedures.strategy import STRATEGY
from registry.research.columns import codes_of
from registry.research.variables import Variable, catalogue

#: What sums up several rows is declared by no model.
LABELS: dict[str, Any] = {
    "case_summary.lesion_count": _("number of lesions"),
    "case_summary.levels": _("levels of all lesions"),
    "case_summary.volume_ml__max": _("lesion volume, largest of the lesions"),
    "case_summary.volume_ml__sum": _("lesion volume, sum over the lesions"),
    "case_summary.treatments_before": _("treatments before the index procedure"),
    "case_summary.strategy": STRATEGY.label,
}
CODES: dict[str, Any] = {
    "case_summary.levels": LEVEL_CHOICES,
    "case_summary.treatments_before": TreatmentKind.choices,
}


def label_of(key: str) -> str:
    """The variable's label with a capital."""
    variable = catalogue()[key]
    if key in LABELS:
        return capfirst(str(LABELS[key]))
    declared = _declared(variable)
    own = getattr(declared, "verbose_name", None) or getattr(declared, "label", None)
    if own is None:
        return capfirst(variable.column.label)
    if not variable.column.time_point:
        return capfirst(str(own))
    return capfirst(f"{own}, {TimePoint(variable.column.time_point).label}")


def codes_in_words(key: str) -> dict[str, str]:
    """What each code of a variable means."""
    variable = catalogue()[key]
    declared = _declared(variable)
    listed = CODES.get(key) or (codes_of(declared) if hasattr(declared, "get_attname") else ())
    return {str(code): str(label) for code, label in listed or variable.column.codes}


def _declared(variable: Variable) -> Any:
    """The field or derived value behind a variable; ``None`` for what is made up of several rows."""
    return _found(variable.column.declaration)


@cache
def _found(declaration: str) -> Any:
    label, _dot, name = declaration.rpartition(".")
    if not label:
        return None
    model: Any = apps.get_model(label)
    fields = (field for field in model._meta.concrete_fields if field.name == name)
    return next(fields, None) or next((value for value in model.derived if value.name == name), None)
