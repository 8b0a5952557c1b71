"""A definition as one sentence: what stands in a list, a receipt or a paper's methods.

“Cases with strategy sacroplasty or sacroplasty+rfa, age at least 60 years, and any lesion with zone III (central);
arms: A (with RFA): strategy sacroplasty+rfa.”
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models import Diagnosis
from registry.core.units import shown_number
from registry.research.cohorts.document import Condition, Definition, Group, Have, How, Part, Rows
from registry.research.cohorts.operators import Operator
from registry.research.cohorts.variables import askable, has_numbers, is_below_case, table_of
from registry.research.cohorts.words import code_label, name_of, number_with_unit, one_row, reason_label
from registry.research.columns import ColumnType
from registry.research.models import CohortVersion
from registry.research.variables import Variable

DIAGNOSIS = "cases.Case.diagnosis"


def diagnosis_labels() -> dict[str, str]:
    """Labels of all diagnoses by slug; lists of cohorts read them once."""
    return dict(Diagnosis.objects.values_list("slug", "label"))


@translation.override("en")
def sentence(definition: Definition, diagnoses: Mapping[str, str] | None = None) -> str:
    """The whole definition in one sentence; in English, whoever asks, as it goes into files and papers."""
    words = _Words(diagnoses)
    if definition.where.parts:
        text = _("Cases %(conditions)s") % {"conditions": words.with_what(definition.where)}
    else:
        text = _("All cases")
    if definition.arms:
        arms = "; ".join(
            (_("%(code)s (%(label)s): %(conditions)s") if arm.label else _("%(code)s: %(conditions)s"))
            % {"code": arm.code, "label": arm.label, "conditions": words.group(arm.where).text}
            for arm in definition.arms
        )
        text = _("%(cases)s; arms: %(arms)s") % {"cases": text, "arms": arms}
    return f"{text}."


def sentence_of(version: CohortVersion, diagnoses: Mapping[str, str] | None = None) -> str:
    """What a kept version says; a remark where it names what the catalogue no longer has."""
    try:
        return sentence(version.definition_document(), diagnoses)
    except ValidationError as refused:
        return _("This version can no longer be read: %(why)s") % {"why": " ".join(refused.messages)}


@translation.override("en")
def phrase(part: Part, diagnoses: Mapping[str, str] | None = None) -> str:
    """One part of a definition, to stand beside its count."""
    return capfirst(_Words(diagnoses).part(part).text)


@dataclass(frozen=True)
class _Phrase:
    """A piece of the sentence.

    ``closed`` is how it stands among others: with brackets where an “and” or “or” of its own would run into theirs.
    ``listed`` says that it holds a list of values, which a comma is enough to end; ``turned`` that it begins with
    “without”, which ranges over what follows.
    """

    text: str
    closed: str = ""
    listed: bool = False
    turned: bool = False

    def among_others(self) -> str:
        return self.closed or self.text


class _Words:
    def __init__(self, diagnoses: Mapping[str, str] | None) -> None:
        self._diagnoses = diagnoses

    @property
    def diagnoses(self) -> Mapping[str, str]:
        if self._diagnoses is None:
            self._diagnoses = diagnosis_labels()
        return self._diagnoses

    # -- groups and blocks -------------------------------------------------------------------------------------------

    def with_what(self, group: Group) -> str:
        """“with a, b, and without c”."""
        found = self.group(group)
        return found.text if found.turned else _("with %(conditions)s") % {"conditions": found.text}

    def group(self, group: Group, within: str = "") -> _Phrase:
        """``within`` is the table whose rows are asked about, where the group stands in such a block."""
        # “Without” ranges over what follows it, so it is said last.
        parts = sorted((self.part(part, within) for part in group.parts), key=lambda found: found.turned)
        word = pgettext("list", "and") if group.how is How.ALL else pgettext("list", "or")
        found = _joined(parts, word)
        if group.how is How.NONE:
            return _Phrase(_("without %(what)s") % {"what": found.among_others()}, turned=True)
        return found

    def part(self, part: Part, within: str = "") -> _Phrase:
        if isinstance(part, Condition):
            return self.condition(part, within)
        if isinstance(part, Rows):
            return self.rows(part)
        return self.group(part, within)

    def rows(self, part: Rows) -> _Phrase:
        text = _HAVE[part.have]() % {"row": one_row(part.rows)}
        if part.where is None or not part.where.parts:
            return _Phrase(text)
        return _of_rows(text, self.group(part.where, part.rows))

    # -- conditions --------------------------------------------------------------------------------------------------

    def condition(self, part: Condition, within: str) -> _Phrase:
        variable = askable()[part.variable]
        found = self.compared(variable, part)
        if within or not is_below_case(table_of(variable)):
            return found
        return _of_rows(_HAVE[Have.ANY]() % {"row": one_row(variable.table)}, found)

    def compared(self, variable: Variable, part: Condition) -> _Phrase:
        name, value = name_of(variable), part.value
        if variable.column.type is ColumnType.BOOLEAN and part.operator in (Operator.EQUAL, Operator.UNEQUAL):
            yes = value == (part.operator is Operator.EQUAL)
            return _Phrase(name if yes else _("%(name)s answered no") % {"name": name})
        values = value if isinstance(value, list) else [] if value is None else [value]
        said = [self.value(variable, part.operator, each) for each in values]
        template = _COMPARED[part.operator]()
        if part.operator is Operator.MISSING and said:
            template = _("%(name)s missing (%(value)s)")
        if part.operator is Operator.BETWEEN:
            return _Phrase(template % {"name": name, "low": shown_number(values[0]), "high": said[1]})
        word = pgettext("list", "and") if part.operator is Operator.HAS_ALL else pgettext("list", "or")
        listed = len(said) > 1 and part.operator is not Operator.MISSING
        return _Phrase(template % {"name": name, "value": _listed(said, word)}, listed=listed)

    def value(self, variable: Variable, operator: Operator, value: Any) -> str:
        if operator is Operator.MISSING:
            return reason_label(value)
        if has_numbers(variable):
            return number_with_unit(variable, value)
        if variable.column.declaration == DIAGNOSIS:
            return self.diagnoses.get(value, value)
        return code_label(variable, value)


_HAVE: dict[Have, Any] = {
    Have.ANY: lambda: _("any %(row)s"),
    Have.EVERY: lambda: _("every %(row)s"),
    Have.NONE: lambda: _("no %(row)s"),
}
_COMPARED: dict[Operator, Any] = {
    Operator.EQUAL: lambda: _("%(name)s %(value)s"),
    Operator.UNEQUAL: lambda: _("%(name)s other than %(value)s"),
    Operator.IN: lambda: _("%(name)s %(value)s"),
    Operator.NOT_IN: lambda: _("%(name)s other than %(value)s"),
    Operator.BETWEEN: lambda: _("%(name)s from %(low)s to %(high)s"),
    Operator.BELOW: lambda: _("%(name)s below %(value)s"),
    Operator.AT_MOST: lambda: _("%(name)s at most %(value)s"),
    Operator.ABOVE: lambda: _("%(name)s above %(value)s"),
    Operator.AT_LEAST: lambda: _("%(name)s at least %(value)s"),
    Operator.HAS_ANY: lambda: _("%(name)s including %(value)s"),
    Operator.HAS_ALL: lambda: _("%(name)s including %(value)s"),
    Operator.MISSING: lambda: _("%(name)s missing"),
    Operator.RECORDED: lambda: _("%(name)s recorded"),
}


def _listed(words: list[str], last: str) -> str:
    """“a, b or c”."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _of_rows(rows: str, what: _Phrase) -> _Phrase:
    """“any lesion with a and b”; among others “any lesion with (a and b)”."""
    if what.turned:
        return _Phrase(f"{rows} {what.text}")
    template = _("%(rows)s with %(conditions)s")
    closed = template % {"rows": rows, "conditions": what.closed} if what.closed else ""
    return _Phrase(template % {"rows": rows, "conditions": what.text}, closed, what.listed)


def _joined(parts: list[_Phrase], word: str) -> _Phrase:
    """“a and b”, “a, b, and c”."""
    if len(parts) == 1:
        return parts[0]
    *first, last = (part.among_others() for part in parts)
    comma = "," if len(first) > 1 or any(part.listed for part in parts) else ""
    text = f"{', '.join(first)}{comma} {word} {last}"
    return _Phrase(text, f"({text})", turned=parts[0].turned)
