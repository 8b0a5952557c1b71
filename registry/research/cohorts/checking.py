"""A document from outside becomes a definition, or is refused with a message at every path that is wrong.

Size and depth are looked at first and without recursion, so that no document can hurt whatever reads it afterwards.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import BaseModel
from pydantic import ValidationError as ShapeError
from pydantic_core import ErrorDetails

from registry.core import reading
from registry.research.cohorts.document import (
    MOST_ARMS,
    Arm,
    Condition,
    Definition,
    Group,
    Have,
    How,
    Part,
    Rows,
)
from registry.research.cohorts.operators import FITTING, Operator
from registry.research.cohorts.values import meant, read_value
from registry.research.cohorts.variables import askable, closest, refusal, row_tables
from registry.research.variables import Variable, catalogue

Errors = dict[str, list[str]]

#: How deep groups and blocks may stand in each other, and how many conditions one document may hold.
DEEPEST, MOST_CONDITIONS = 20, 200
#: Lists and objects within each other in a document that deep: two for each group, three for a block of rows.
_DEEPEST_JSON = 3 * DEEPEST + 6
#: Messages given at once: a document that is wrong everywhere is not answered with a list as long as itself.
MOST_MESSAGES = 50
DOCUMENT = "document"


def read(raw: Any, user: Any) -> Definition:
    """The definition in ``raw``: a JSON text, or what a parser has made of one.

    ``user`` says which codes the database holds for them. Raises ``ValidationError`` with messages by path, such as
    ``where.all[1].variable``.
    """
    return _Check(user).definition(sound(raw))


def sound(raw: Any) -> Definition:
    """A definition of sound shape, whose values and variables nobody has looked at. Raises ``ValidationError``."""
    data = _parsed(raw)
    _refuse_depth(data)
    try:
        return Definition.model_validate(data)
    except ShapeError as error:
        raise ValidationError(_at_paths(error)) from None


def restored(data: Any) -> Definition:
    """A definition that was kept; it was checked when it came in, against the catalogue of that day.

    Raises ``ValidationError`` where it names what the catalogue no longer has.
    """
    return read(data, None)


# -- before anything recursive ---------------------------------------------------------------------------------------


def _parsed(raw: Any) -> dict[str, Any]:
    if isinstance(raw, str | bytes):
        try:
            raw = json.loads(raw)
        except RecursionError:
            raise ValidationError({DOCUMENT: [_too_deep()]}) from None
        except ValueError as error:
            message = _("This is not valid JSON: %(error)s") % {"error": str(error)[:200]}
            raise ValidationError({DOCUMENT: [message]}) from None
    if not isinstance(raw, dict):
        raise ValidationError({DOCUMENT: [_("A definition is one JSON object.")]})
    return raw


def _too_deep() -> str:
    return _("Conditions are nested more than %(deepest)d deep.") % {"deepest": DEEPEST}


def _is_group(value: Any) -> bool:
    return isinstance(value, dict) and any(how in value for how in How)


def _refuse_depth(data: dict[str, Any]) -> None:
    """Refuse what is nested too deeply or holds too many conditions; no recursion, so that depth cannot hurt."""
    conditions = groups = 0
    waiting: list[tuple[Any, str, int, int]] = [(data, "", 0, 0)]
    while waiting:
        value, path, depth, nested = waiting.pop()
        if depth > _DEEPEST_JSON or nested > DEEPEST:
            raise ValidationError({path: [_too_deep()]})
        if isinstance(value, dict):
            is_group = _is_group(value)
            groups += is_group
            # Whatever stands in a group counts, however little it makes sense: each would be refused by itself.
            conditions += sum(
                sum(not _is_group(part) for part in value[how])
                for how in How
                if isinstance(value.get(how), list)
            )
            for key, inner in value.items():
                at = f"{path}.{key}" if path else str(key)[:60]
                waiting.append((inner, at, depth + 1, nested + is_group))
        elif isinstance(value, list | tuple):
            waiting += [(inner, f"{path}[{n}]", depth + 1, nested) for n, inner in enumerate(value)]
    if conditions > MOST_CONDITIONS or groups > MOST_CONDITIONS:
        message = _("A definition holds at most %(most)d conditions; this one holds %(count)d.")
        raise ValidationError(
            {"where": [message % {"most": MOST_CONDITIONS, "count": max(conditions, groups)}]}
        )


# -- shape -----------------------------------------------------------------------------------------------------------


def _at_paths(error: ShapeError) -> Errors:
    found: Errors = {}
    for details in error.errors(include_url=False)[:MOST_MESSAGES]:
        message = _in_words(details)
        if message not in found.setdefault(_path(details["loc"]), []):
            found[_path(details["loc"])].append(message)
    return found


def _path(location: tuple[int | str, ...]) -> str:
    """``where.all[1].variable``; the names of the kinds of parts are not in the document, so not in its paths."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not step.startswith("<"):
            path += f".{step[:60]}" if path else step[:60]
    return path or DOCUMENT


def _in_words(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    match details["type"]:
        case "missing":
            return _("This is needed.")
        case "extra_forbidden":
            return _("This is not known here. Known: %(known)s.") % {
                "known": ", ".join(_known(details["loc"]))
            }
        case "union_tag_not_found":
            return _(
                "Enter a condition (“variable”, “is”, “value”), a block (“rows”, “have”, “where”), or a group (“all”, "
                "“any” or “none”)."
            )
        case "value_error":
            return _("A group has exactly one of: all, any, none.")
        case "enum" | "literal_error":
            expected = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
            return _("“%(value)s” is not one of: %(codes)s.") % {
                "value": str(details["input"])[:60],
                "codes": expected,
            }
        case "string_too_short":
            return _("Enter text.")
        case "string_too_long":
            return _("Enter at most %(most)d characters.") % {"most": context["max_length"]}
        case "string_pattern_mismatch":
            return _("Enter letters, digits, “_”, “-” and “.” only.")
        case "too_long":
            return _("A cohort has at most %(most)d arms.") % {"most": MOST_ARMS}
        case "string_type":
            return _("Enter text.")
        case "list_type":
            return _("Enter a list.")
    return _("Enter an object.")


def _known(location: tuple[int | str, ...]) -> Iterator[str]:
    """The keys of the part in which an unknown one stands."""
    kinds: dict[str, type[BaseModel]] = {
        "<condition>": Condition,
        "<rows>": Rows,
        "<group>": Group,
        "where": Group,
        "arms": Arm,
    }
    inside = [step for step in location[:-1] if isinstance(step, str) and step in kinds]
    model = kinds[inside[-1]] if inside else Definition
    for name, field in model.model_fields.items():
        yield field.alias or name


# -- meaning ---------------------------------------------------------------------------------------------------------


class _Check:
    """Walks a definition of sound shape, reads its values by their types, and gathers what cannot be."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.errors: Errors = {}

    def definition(self, definition: Definition) -> Definition:
        """The definition with every value read. Raises ``ValidationError``."""
        read = definition.model_copy(
            update={
                "title": self.text(definition.title, "title"),
                "note": self.text(definition.note, "note"),
                "where": self.group(definition.where, "where", may_be_empty=True),
                "arms": [self.arm(arm, f"arms[{n}]") for n, arm in enumerate(definition.arms)],
            }
        )
        seen: set[str] = set()
        for n, arm in enumerate(definition.arms):
            if arm.code.casefold() in seen:
                self.refuse(f"arms[{n}].code", _("Two arms have the code “%(code)s”.") % {"code": arm.code})
            seen.add(arm.code.casefold())
        if self.errors:
            raise ValidationError(dict(list(self.errors.items())[:MOST_MESSAGES]))
        return read

    def refuse(self, path: str, message: str) -> None:
        self.errors.setdefault(path, []).append(message)

    def text(self, text: str, path: str) -> str:
        try:
            return reading.refuse_nul(text).strip()
        except ValidationError as refused:
            self.refuse(path, refused.messages[0])
            return ""

    def arm(self, arm: Arm, path: str) -> Arm:
        where = self.group(arm.where, f"{path}.where")
        return arm.model_copy(update={"label": self.text(arm.label, f"{path}.label"), "where": where})

    def group(self, group: Group, path: str, rows: str = "", *, may_be_empty: bool = False) -> Group:
        """``rows`` is the table whose rows are asked about, where the group stands in such a block."""
        at = f"{path}.{group.how}"
        if not group.parts and not (may_be_empty and group.how is How.ALL):
            self.refuse(at, _("This group holds no condition. Add one, or take the group away."))
        return Group.of(
            group.how, [self.part(part, f"{at}[{n}]", rows) for n, part in enumerate(group.parts)]
        )

    def part(self, part: Part, path: str, rows: str) -> Part:
        if isinstance(part, Condition):
            return self.condition(part, path, rows)
        if isinstance(part, Rows):
            return self.rows(part, path, rows)
        return self.group(part, path, rows)

    def rows(self, part: Rows, path: str, rows: str) -> Rows:
        known = row_tables()
        if rows:
            self.refuse(path, _("A block of rows cannot stand within another one."))
        if part.rows not in known:
            codes = {"value": part.rows[:60], "codes": ", ".join(known)}
            self.refuse(f"{path}.rows", _("“%(value)s” is not one of: %(codes)s.") % codes)
            return part
        if part.where is None:
            if part.have is Have.EVERY:
                self.refuse(f"{path}.where", _("Say what must hold for every row."))
            return part
        may_be_empty = part.have is not Have.EVERY
        where = self.group(part.where, f"{path}.where", part.rows, may_be_empty=may_be_empty)
        return part.model_copy(update={"where": where})

    def condition(self, part: Condition, path: str, rows: str) -> Condition:
        variable = self.variable(part.variable, f"{path}.variable", rows)
        if variable is None:
            return part
        fitting = FITTING[variable.column.type]
        if part.operator not in fitting:
            self.refuse(f"{path}.is", _unfit(part.operator, variable, fitting))
            return part
        try:
            value = read_value(variable, part.operator, part.value, self.user)
        except ValidationError as refused:
            self.refuse(f"{path}.value", " ".join(refused.messages))
            return part
        return part.model_copy(update={"value": value})

    def variable(self, key: str, path: str, rows: str) -> Variable | None:
        known = catalogue()
        variable = known.get(key)
        if variable is None:
            message = _("There is no variable “%(key)s”.") % {"key": key[:80]}
            self.refuse(path, f"{message} {meant(closest(key, askable()))}".strip())
            return None
        why = refusal(variable)
        if why:
            message = _("%(key)s cannot be asked about: %(why)s.")
            self.refuse(path, message % {"key": key, "why": why})
            return None
        if rows and variable.table != rows:
            message = _(
                "Among rows of %(rows)s only their own variables are asked about. Put the condition on %(key)s beside "
                "the block."
            )
            self.refuse(path, message % {"rows": rows, "key": key})
            return None
        return variable


def _unfit(operator: Operator, variable: Variable, fitting: tuple[Operator, ...]) -> str:
    return _("“%(operator)s” does not fit %(key)s, which is a %(type)s. Operators that fit: %(fitting)s.") % {
        "operator": operator,
        "key": variable.key,
        "type": variable.column.type,
        "fitting": ", ".join(fitting),
    }
