"""Variables, codes, numbers and tables of a cohort as a reader calls them, in the reader's language."""

from functools import cache
from typing import Any

from django.apps import apps
from django.utils import translation
from django.utils.translation import gettext_lazy, ngettext

from outcomes.codes import TimePoint
from procedures.codes import Kind
from registry.core.codes import MissingCode
from registry.core.units import shown_number, with_unit
from registry.research.cohorts.operators import Operator
from registry.research.columns import codes_of
from registry.research.variables import Variable

#: One row and several rows of a table.
ROWS: dict[str, tuple[Any, Any]] = {
    "lesions": (gettext_lazy("lesion"), gettext_lazy("Lesions")),
    "procedures": (gettext_lazy("procedure"), gettext_lazy("Procedures")),
    "treated_lesions": (gettext_lazy("treated lesion"), gettext_lazy("Treated lesions")),
    "balloon_inflations": (gettext_lazy("balloon inflation"), gettext_lazy("Balloon inflations")),
    "assessments": (gettext_lazy("assessment"), gettext_lazy("Assessments")),
    "complications": (gettext_lazy("complication"), gettext_lazy("Complications")),
}
#: The tables of which a case has one row.
ONE_ROW: dict[str, Any] = {
    "patients": gettext_lazy("Patient"),
    "cases": gettext_lazy("Case"),
    "case_summary": gettext_lazy("Whole case"),
}
#: What a variable is called in a sentence, where its label says more than a sentence needs.
SHORT = {"cases.Case.age_years": gettext_lazy("age")}

OPERATORS: dict[Operator, Any] = {
    Operator.EQUAL: gettext_lazy("is"),
    Operator.UNEQUAL: gettext_lazy("is not"),
    Operator.IN: gettext_lazy("is one of"),
    Operator.NOT_IN: gettext_lazy("is none of"),
    Operator.BETWEEN: gettext_lazy("from … to"),
    Operator.BELOW: gettext_lazy("below"),
    Operator.AT_MOST: gettext_lazy("at most"),
    Operator.ABOVE: gettext_lazy("above"),
    Operator.AT_LEAST: gettext_lazy("at least"),
    Operator.HAS_ANY: gettext_lazy("includes any of"),
    Operator.HAS_ALL: gettext_lazy("includes all of"),
    Operator.MISSING: gettext_lazy("is missing"),
    Operator.RECORDED: gettext_lazy("is recorded"),
}


def one_row(table: str) -> str:
    return str(ROWS[table][0])


def table_label(table: str) -> str:
    return str(ROWS[table][1] if table in ROWS else ONE_ROW[table])


# -- variables ---------------------------------------------------------------------------------------------------------


@cache
def _declared(declaration: str) -> Any:
    """The field or derived value behind a column; ``None`` for what is made up of several rows."""
    label, _dot, name = declaration.rpartition(".")
    if not label:
        return None
    model: Any = apps.get_model(label)
    fields = (field for field in model._meta.concrete_fields if field.name == name)
    return next(fields, None) or next((value for value in model.derived if value.name == name), None)


def label_of(variable: Variable) -> str:
    """The variable's label. The catalogue's is English; of another language is what the models declare."""
    label = variable.column.label
    if translation.get_language() in (None, "en"):
        return label
    for part in (_label_of_declared(variable), *TimePoint, *Kind):
        label = _translated(label, part)
    return label


def _label_of_declared(variable: Variable) -> Any:
    declared = _declared(variable.column.declaration)
    return getattr(declared, "verbose_name", None) or getattr(declared, "label", None)


def _translated(text: str, part: Any) -> str:
    """``text`` with a piece of English in the language of the reader."""
    lazy = getattr(part, "label", part)
    if lazy is None:
        return text
    with translation.override("en"):
        english = str(lazy)
    return text.replace(english, str(lazy)) if english else text


def name_of(variable: Variable) -> str:
    """The variable within a sentence: “VAS pain (3 months)”."""
    short = SHORT.get(variable.column.declaration)
    if short is not None and not variable.column.time_point:
        return str(short)
    label = label_of(variable)
    if variable.column.time_point:
        point = str(TimePoint(variable.column.time_point).label)
        return f"{label.removesuffix(f', {point}')} ({point})"
    return label


# -- values ------------------------------------------------------------------------------------------------------------


def number_with_unit(variable: Variable, number: Any) -> str:
    """``60 years``, ``6.8 mL``."""
    unit, several = variable.column.unit, 1 if number == 1 else 2
    if unit == "y":
        return ngettext("%(n)s year", "%(n)s years", several) % {"n": shown_number(number)}
    if unit == "d":
        return ngettext("%(n)s day", "%(n)s days", several) % {"n": shown_number(number)}
    return with_unit(number, unit)


def code_label(variable: Variable, code: str) -> str:
    """What a code means; the code itself where nobody has said."""
    found = dict(codes_in_words(variable))
    return found.get(code, code)


def codes_in_words(variable: Variable) -> tuple[tuple[str, str], ...]:
    """The code list with labels in the reader's language."""
    declared = _declared(variable.column.declaration or variable.column.source)
    if declared is not None and hasattr(declared, "get_attname"):
        listed = codes_of(declared)
        if listed:
            return listed
    return variable.column.codes


def reason_label(code: str) -> str:
    return str(MissingCode(code).label)
