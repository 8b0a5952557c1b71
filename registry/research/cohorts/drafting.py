"""A definition while somebody builds it in the browser: read from a form's fields, changed step by step.

A draft is a document of the shape of a definition whose values are still as they were typed, so that nothing is lost
while it cannot be read yet. A part is named in the form by where it stands: ``where-1-0`` is the first part of the
second part of the outermost group, ``arm0-2`` the third part of the first arm's.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.http import QueryDict

from registry.research.cohorts.document import MOST_ARMS, Have, How
from registry.research.cohorts.operators import FITTING, Expects, Operator, expected
from registry.research.cohorts.variables import askable, is_choosable, row_tables, table_of
from registry.research.columns import ColumnType
from registry.research.variables import Variable

Draft = dict[str, Any]
Part = dict[str, Any]

#: Deeper than a definition may be, so that its own refusal is met; what is deeper was never offered.
_DEEPEST = 24
_ID = re.compile(rf"(where|arm\d{{1,2}})((?:-\d{{1,3}}){{0,{_DEEPEST}}})")
ROOT = "where"


def blank() -> Draft:
    return {"format": 1, "title": "", "note": "", "where": {"all": []}, "arms": []}


# -- from the fields of a form ---------------------------------------------------------------------------------------


def from_form(data: QueryDict) -> Draft:
    """The draft that the fields describe; what no field of ours would send is passed over."""
    kinds = {
        name.removesuffix(".kind"): str(kind)
        for name, kind in data.items()
        if name.endswith(".kind") and _ID.fullmatch(name.removesuffix(".kind"))
    }
    below: dict[str, list[str]] = {}
    for identifier in kinds:
        parent, dash, _number = identifier.rpartition("-")
        if dash:
            below.setdefault(parent, []).append(identifier)
    form = _Form(data, kinds, below)
    arms = sorted((name for name in kinds if re.fullmatch(r"arm\d+", name)), key=_numbers)
    return {
        "format": 1,
        "title": data.get("title", ""),
        "note": data.get("note", ""),
        "where": form.group(ROOT),
        "arms": [
            {
                "code": data.get(f"{arm}.code", ""),
                "label": data.get(f"{arm}.label", ""),
                "where": form.group(arm),
            }
            for arm in arms[:MOST_ARMS]
        ],
    }


def _numbers(identifier: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", identifier)]


class _Form:
    def __init__(self, data: QueryDict, kinds: dict[str, str], below: dict[str, list[str]]) -> None:
        self.data, self.kinds, self.below = data, kinds, below

    def group(self, identifier: str) -> Part:
        how = self.data.get(f"{identifier}.how", "")
        parts = (self.part(each) for each in sorted(self.below.get(identifier, ()), key=_numbers))
        return {how if how in set(How) else How.ALL.value: [part for part in parts if part is not None]}

    def part(self, identifier: str) -> Part | None:
        match self.kinds[identifier]:
            case "condition":
                return self.condition(identifier)
            case "rows":
                have, rows = self.data.get(f"{identifier}.have", ""), self.data.get(f"{identifier}.rows", "")
                if rows not in row_tables():
                    return None
                return {
                    "rows": rows,
                    "have": have if have in set(Have) else Have.ANY.value,
                    "where": self.group(identifier),
                }
            case "group":
                return self.group(identifier)
        return None

    def condition(self, identifier: str) -> Part | None:
        key = self.data.get(f"{identifier}.variable", "")
        variable = askable().get(key)
        if variable is None:
            # A name that the catalogue no longer has is kept, so that it can be seen and taken away.
            return {"variable": key, "is": Operator.RECORDED.value}
        operator = self.data.get(f"{identifier}.is", "")
        if operator not in FITTING[variable.column.type]:
            operator = first_operator(variable)
        value = self.value(identifier, variable, Operator(operator))
        return {
            "variable": key,
            "is": str(operator),
            **({} if value is None else {"value": value}),
        }

    def value(self, identifier: str, variable: Variable, operator: Operator) -> Any:
        """As typed. A value of another operator is taken along as far as it goes."""
        given = self.data.getlist(f"{identifier}.value")
        match expected(operator):
            case Expects.NOTHING:
                return None
            case Expects.REASONS:
                return self.data.getlist(f"{identifier}.reason") or None
            case Expects.TWO:
                return [*given[:2], *[""] * (2 - len(given))]
            case Expects.SEVERAL:
                if is_choosable(variable):
                    return given
                return [text.strip() for typed in given for text in typed.split(";") if text.strip()]
        return given[0] if given else ""


def first_operator(variable: Variable) -> Operator:
    """What is most often asked of such a variable."""
    fitting = FITTING[variable.column.type]
    return Operator.IN if is_choosable(variable) and Operator.IN in fitting else fitting[0]


def drawable(document: Draft) -> Draft:
    """A document of sound shape as the builder draws it: a block without conditions has an empty group."""
    draft = blank() | document
    waiting: list[Part] = [draft["where"], *(arm["where"] for arm in draft["arms"])]
    while waiting:
        part = waiting.pop()
        if "rows" in part:
            waiting.append(part.setdefault("where", {"all": []}))
        elif "variable" not in part:
            waiting += parts_of(part)
    return draft


# -- steps -------------------------------------------------------------------------------------------------------------


def identifier_of(path: str) -> str:
    """The identifier of the part at this path, or of the field: ``where.all[1].value`` is of ``where-1``."""
    found = re.match(r"where|arms\[(\d+)\](\.where)?", path)
    if found is None:
        return f"id_{path}" if path in ("title", "note") else ""
    root = ROOT if found[1] is None else f"arm{found[1]}"
    if root != ROOT and not found[2]:
        return f"{root}-{path.rpartition('.')[2]}"
    return "-".join([root, *(str(number) for number in _numbers(path[found.end() :]))])


def group_at(draft: Draft, identifier: str) -> Part | None:
    """The group that an identifier names, or the group within the block that it names."""
    part = part_at(draft, identifier)
    if part is None:
        return None
    return part.get("where") if "rows" in part else part if "variable" not in part else None


def part_at(draft: Draft, identifier: str) -> Part | None:
    found = _ID.fullmatch(identifier)
    if found is None:
        return None
    if found[1] == ROOT:
        at: Part = draft["where"]
    else:
        number = int(found[1].removeprefix("arm"))
        if number >= len(draft["arms"]):
            return None
        at = draft["arms"][number]["where"]
    for number in _numbers(found[2]):
        parts = parts_of(at["where"] if "rows" in at else at)
        if number >= len(parts):
            return None
        at = parts[number]
    return at


def how_of(group: Part) -> str:
    return next(how.value for how in How if how.value in group)


def parts_of(group: Part) -> list[Part]:
    """The parts of a group; a condition has none."""
    return next((group[how.value] for how in How if how.value in group), [])


def within_of(draft: Draft, identifier: str) -> str:
    """The table whose rows are asked about where this group stands; empty where it is cases."""
    steps = identifier.split("-")
    for length in range(len(steps), 0, -1):
        part = part_at(draft, "-".join(steps[:length]))
        if part is not None and "rows" in part:
            return str(part["rows"])
    return ""


def new_condition(variable: Variable, within: str) -> Part:
    """A condition to be filled in. A question about rows begins a block, to which more can be added."""
    operator = first_operator(variable)
    condition: Part = {"variable": variable.key, "is": operator.value}
    match expected(operator):
        case Expects.SEVERAL:
            condition["value"] = []
        case Expects.TWO:
            condition["value"] = ["", ""]
        case Expects.ONE:
            condition["value"] = "true" if variable.column.type is ColumnType.BOOLEAN else ""
    if variable.table in row_tables() and not within:
        return {"rows": variable.table, "have": Have.ANY.value, "where": {"all": [condition]}}
    return condition


def step(draft: Draft, name: str, *about: str) -> str:
    """Carry out what a button of the builder says; answers with the identifier of what is to be looked at next."""
    match name, about:
        case "add", (identifier, key) if key in askable():
            group, within = group_at(draft, identifier), within_of(draft, identifier)
            variable = askable()[key]
            if group is not None and (not within or table_of(variable).name == within):
                parts_of(group).append(new_condition(variable, within))
                added = f"{identifier}-{len(parts_of(group)) - 1}"
                return f"{added}-0" if "rows" in parts_of(group)[-1] else added
        case "group", (identifier,):
            group = group_at(draft, identifier)
            if group is not None:
                other = How.ALL if how_of(group) == How.ANY else How.ANY
                parts_of(group).append({other.value: []})
                return f"{identifier}-{len(parts_of(group)) - 1}"
        case "rows", (identifier, table) if table in row_tables():
            group = group_at(draft, identifier)
            if group is not None and not within_of(draft, identifier):
                parts_of(group).append({"rows": table, "have": Have.ANY.value, "where": {"all": []}})
                return f"{identifier}-{len(parts_of(group)) - 1}"
        case "remove", (identifier,):
            parent, _dash, number = identifier.rpartition("-")
            group = group_at(draft, parent)
            if group is not None and number.isdecimal() and int(number) < len(parts_of(group)):
                del parts_of(group)[int(number)]
                return parent
        case "arm", ():
            if len(draft["arms"]) < MOST_ARMS:
                draft["arms"].append({"code": _free_code(draft), "label": "", "where": {"all": []}})
                return f"arm{len(draft['arms']) - 1}"
        case "remove-arm", (number,) if number.isdecimal() and int(number) < len(draft["arms"]):
            del draft["arms"][int(number)]
            return "arms"
    return ""


def _free_code(draft: Draft) -> str:
    taken = {str(arm["code"]).casefold() for arm in draft["arms"]}
    return next(letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter.casefold() not in taken)


# -- what can be counted already --------------------------------------------------------------------------------------


def counted_draft(draft: Draft) -> tuple[Draft, dict[str, str]]:
    """The draft without what is not filled in yet, and the path there of each part → its path here."""
    paths: dict[str, str] = {}
    where = _filled(draft["where"], "where", "where", paths)
    arms: list[dict[str, Any]] = []
    for number, arm in enumerate(draft["arms"]):
        here, there = f"arms[{number}]", f"arms[{len(arms)}]"
        filled = _filled(arm["where"], f"{here}.where", f"{there}.where", paths)
        if parts_of(filled):
            paths[there] = here
            arms.append({**arm, "where": filled})
    return {**draft, "where": where if parts_of(where) else {"all": []}, "arms": arms}, paths


def _filled(group: Part, here: str, there: str, paths: dict[str, str]) -> Part:
    how = how_of(group)
    kept: list[Part] = []
    paths[there] = here
    for number, part in enumerate(group[how]):
        at, to = f"{here}.{how}[{number}]", f"{there}.{how}[{len(kept)}]"
        if "variable" in part:
            if not _is_filled(part):
                continue
        elif "rows" in part:
            where = _filled(part["where"], f"{at}.where", f"{to}.where", paths)
            if not parts_of(where):
                if part["have"] == Have.EVERY or parts_of(part["where"]):
                    continue
                where = {"all": []}
            part = {**part, "where": where}
        else:
            part = _filled(part, at, to, paths)
            if not parts_of(part):
                continue
        paths[to] = at
        kept.append(part)
    return {how: kept}


def _is_filled(part: Part) -> bool:
    try:
        needs = expected(Operator(part["is"]))
    except ValueError:
        return True
    if needs in (Expects.NOTHING, Expects.REASONS):
        return True
    value = part.get("value")
    return (
        all(each not in ("", None) for each in value) and bool(value)
        if isinstance(value, list)
        else bool(value not in ("", None))
    )


def original(path: str, paths: dict[str, str]) -> str:
    """The path in the draft of what has this path in the part of it that was counted."""
    for length in _ends(path):
        if path[:length] in paths:
            return paths[path[:length]] + path[length:]
    return path


def _ends(path: str) -> Iterator[int]:
    yield len(path)
    for at in range(len(path) - 1, 0, -1):
        if path[at] in ".[":
            yield at
