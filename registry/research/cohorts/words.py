"""Variables, codes, numbers and tables of a cohort as a sentence calls them.

Labels of variables and codes are English, as they are in the codebook and in every file.
"""

from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from registry.core.codes import MissingCode
from registry.core.units import shown_number, with_unit
from registry.research.cohorts.operators import Operator
from registry.research.variables import Variable

#: One row and several rows of a table.
ROWS: dict[str, tuple[Any, Any]] = {
    "lesions": (gettext_lazy("lesion"), gettext_lazy("Lesions")),
    "procedures": (gettext_lazy("procedure"), gettext_lazy("Procedures")),
    "treated_lesions": (gettext_lazy("treated lesion"), gettext_lazy("Treated lesions")),
    "balloon_inflations": (gettext_lazy("balloon inflation"), gettext_lazy("Balloon inflations")),
    "assessments": (gettext_lazy("assessment"), gettext_lazy("Assessments")),
    "complications": (gettext_lazy("complication"), gettext_lazy("Complications")),
    "treatments": (gettext_lazy("other treatment"), gettext_lazy("Other treatments")),
    "ablations": (gettext_lazy("ablation cycle"), gettext_lazy("Ablation cycles")),
    "transarterial_sessions": (
        gettext_lazy("transarterial session"),
        gettext_lazy("Transarterial sessions"),
    ),
    "transarterial_drugs": (gettext_lazy("transarterial drug"), gettext_lazy("Transarterial drugs")),
}
#: The tables of which a case has one row.
ONE_ROW: dict[str, Any] = {
    "patients": gettext_lazy("Patient"),
    "cases": gettext_lazy("Case"),
    "case_summary": gettext_lazy("Summed up for the case"),
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


# -- variables -------------------------------------------------------------------------------------------------------


def name_of(variable: Variable) -> str:
    """The variable within a sentence: “age”, “VAS pain (3 months)”."""
    short = SHORT.get(variable.column.declaration)
    if short is not None:
        return str(short)
    # A comma within a name would run into those of the sentence.
    name, comma, rest = variable.column.label.partition(", ")
    return f"{name} ({rest})" if comma else name


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
    return dict(variable.column.codes).get(code, code)


def reason_label(code: str) -> str:
    return str(MissingCode(code).label)
