"""A draft of a cohort as the builder draws it: each part with its controls, its errors and its count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from registry.core.codes import MissingCode
from registry.core.units import shown_number, shown_unit
from registry.research.cohorts.document import Have, How
from registry.research.cohorts.drafting import Draft, how_of, parts_of
from registry.research.cohorts.operators import FITTING, Expects, Operator, expected
from registry.research.cohorts.variables import askable, choices_of, has_numbers, is_choosable
from registry.research.cohorts.words import OPERATORS, one_row, table_label
from registry.research.columns import ColumnType, Identity
from registry.research.variables import Variable

HOW = {
    How.ALL: gettext_lazy("all of these hold"),
    How.ANY: gettext_lazy("any of these holds"),
    How.NONE: gettext_lazy("none of these holds"),
}
HAVE = {
    Have.ANY: pgettext_lazy("before the name of a row", "any"),
    Have.EVERY: pgettext_lazy("before the name of a row", "every"),
    Have.NONE: pgettext_lazy("before the name of a row", "no"),
}
#: Up to so many values are chosen side by side; more stand in a box that scrolls.
SIDE_BY_SIDE = 12
#: Up to so many stand beside the operator.
NARROW = 3


@dataclass
class Drawing:
    """What every part of one drawing shares."""

    user: Any
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    #: The part that is looked at next, and the group to which a condition is being added.
    focus: str = ""
    picking: str = ""
    _choices: dict[str, Any] = field(default_factory=dict)

    def choices(self, variable: Variable) -> Any:
        """What may be chosen; asked of the database once for a page."""
        source = variable.column.declaration or variable.key
        if source not in self._choices:
            self._choices[source] = choices_of(variable, self.user)
        return self._choices[source]


@dataclass
class DrawnPart:
    """A part, named as its fields are; ``path`` is where it stands in the document."""

    part: dict[str, Any]
    id: str
    path: str
    drawing: Drawing

    @property
    def count(self) -> int | None:
        return self.drawing.counts.get(self.path)

    @property
    def is_counted(self) -> bool:
        """Whether a number belongs beside it: conditions within a block are about rows, not cases."""
        return ".where" not in self.path.removeprefix("where") and self.path.startswith("where.")

    @property
    def errors(self) -> list[str]:
        return self.drawing.errors.get(self.path, [])

    @property
    def focused(self) -> bool:
        return self.drawing.focus == self.id

    def errors_at(self, key: str) -> list[str]:
        return self.drawing.errors.get(f"{self.path}.{key}", [])


class DrawnGroup(DrawnPart):
    """A group with its parts; within a block it is about rows."""

    kind = "group"
    template = "research/_cohort_group.html"
    #: The table whose rows are asked about.
    within = ""
    #: How deep it stands; the outermost is 0.
    depth = 0
    #: Whether it is the group of a block, which is named and taken away with the block.
    of_block = False

    @property
    def how(self) -> str:
        return how_of(self.part)

    @property
    def hows(self) -> list[tuple[str, Any]]:
        return [(how.value, label) for how, label in HOW.items()]

    @property
    def errors(self) -> list[str]:
        return [*super().errors, *self.errors_at(self.how)]

    @cached_property
    def parts(self) -> list["DrawnPart"]:
        return [
            drawn(
                part,
                f"{self.id}-{number}",
                f"{self.path}.{self.how}[{number}]",
                self.drawing,
                within=self.within,
                depth=self.depth + 1,
            )
            for number, part in enumerate(parts_of(self.part))
        ]

    @property
    def picking(self) -> bool:
        return self.drawing.picking == self.id

    @property
    def add_focused(self) -> bool:
        """Whether adding a condition comes next: after one was taken away, and in a group that has just been made."""
        return self.drawing.focus in (self.id, f"{self.id}-add")


class DrawnRows(DrawnPart):
    """A block about the rows of a table."""

    kind = "rows"
    template = "research/_cohort_rows.html"
    depth = 0

    @property
    def rows(self) -> str:
        return str(self.part["rows"])

    @property
    def row(self) -> str:
        return one_row(self.rows)

    @property
    def table(self) -> str:
        return table_label(self.rows)

    @property
    def have(self) -> str:
        return str(self.part["have"])

    @property
    def haves(self) -> list[tuple[str, Any]]:
        return [(have.value, label) for have, label in HAVE.items()]

    @property
    def errors(self) -> list[str]:
        return [*super().errors, *self.errors_at("where"), *self.errors_at("rows")]

    @cached_property
    def group(self) -> DrawnGroup:
        """The conditions on a row; their fields are named as the block's own."""
        made = DrawnGroup(self.part["where"], self.id, f"{self.path}.where", self.drawing)
        made.within, made.depth, made.of_block = self.rows, self.depth, True
        return made


class DrawnCondition(DrawnPart):
    """One condition with the controls that fit its variable and operator."""

    kind = "condition"
    template = "research/_cohort_condition.html"

    @cached_property
    def variable(self) -> Variable | None:
        return askable().get(self.part["variable"])

    @property
    def errors(self) -> list[str]:
        return [
            *super().errors,
            *self.errors_at("variable"),
            *self.errors_at("is"),
            *self.errors_at("value"),
        ]

    @property
    def label(self) -> str:
        return self.variable.column.label if self.variable else self.part["variable"]

    @property
    def table(self) -> str:
        return table_label(self.variable.table) if self.variable else ""

    @property
    def operator(self) -> Operator:
        return Operator(self.part["is"])

    @property
    def operators(self) -> list[tuple[str, Any]]:
        """Those that fit; of yes and no, “is not yes” says nothing that “is no” does not."""
        if self.variable is None:
            return []
        yes_no = self.variable.column.type is ColumnType.BOOLEAN
        return [
            (operator.value, OPERATORS[operator])
            for operator in FITTING[self.variable.column.type]
            if not (yes_no and operator is Operator.UNEQUAL and self.operator is not Operator.UNEQUAL)
        ]

    # -- the value -------------------------------------------------------------------------------------------------

    @property
    def control(self) -> str:
        """Which control takes the value: one of the names that the template knows."""
        if self.variable is None:
            return ""
        needs = expected(self.operator)
        if needs is Expects.NOTHING:
            return ""
        if needs is Expects.REASONS:
            return "reasons" if self.variable.missable else ""
        if needs is Expects.TWO:
            return "two"
        if self.variable.column.type is ColumnType.BOOLEAN:
            return "yes_no"
        if is_choosable(self.variable):
            return "several" if needs is Expects.SEVERAL else "one_of"
        if needs is Expects.SEVERAL:
            return "list"
        return "number" if has_numbers(self.variable) else "text"

    @property
    def values(self) -> list[str]:
        value = self.part.get("value")
        if value is None:
            return []
        return [_as_typed(each) for each in (value if isinstance(value, list) else [value])]

    @property
    def value(self) -> str:
        return next(iter(self.values), "")

    @property
    def second_value(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    @property
    def listed(self) -> str:
        return "; ".join(self.values)

    @cached_property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Value, label and whether it is chosen; what was chosen and is no longer offered stays in sight."""
        offered = dict(self.drawing.choices(self.variable)) if self.variable else {}
        chosen = self.values
        offered |= {value: value for value in chosen if value and value not in offered}
        return [(value, label, value in chosen) for value, label in offered.items()]

    @property
    def is_wide(self) -> bool:
        """Whether what is chosen from needs a line of its own."""
        return self.control == "reasons" or (self.control == "several" and len(self.choices) > NARROW)

    @property
    def scrolls(self) -> bool:
        return len(self.choices) > SIDE_BY_SIDE

    @property
    def reasons(self) -> list[tuple[str, Any, bool]]:
        chosen = self.values
        return [(code.value, code.label, code.value in chosen) for code in MissingCode]

    @property
    def unit(self) -> str:
        return str(shown_unit(self.variable.column.unit)) if self.variable else ""

    @property
    def range(self) -> str:
        """Which values there can be, as a hint below the control."""
        if self.variable is None or self.variable.limits is None:
            return ""
        if self.variable.column.identity is Identity.AGE:
            return _("0 to %(most)d; older counts as %(most)d") % {"most": HIGHEST_SHOWN_AGE_YEARS}
        low, high = self.variable.limits.low, self.variable.limits.high
        if low is None or high is None:
            return ""
        return _("%(low)s to %(high)s") % {"low": shown_number(low), "high": shown_number(high)}


def _as_typed(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown_number(value) if isinstance(value, int | float) else str(value)


@dataclass
class DrawnArm:
    """An arm: code, label and its group."""

    arm: dict[str, Any]
    number: int
    drawing: Drawing

    @property
    def id(self) -> str:
        return f"arm{self.number}"

    @property
    def path(self) -> str:
        return f"arms[{self.number}]"

    @property
    def code(self) -> str:
        return str(self.arm["code"])

    @property
    def label(self) -> str:
        return str(self.arm["label"])

    @property
    def code_errors(self) -> list[str]:
        return self.drawing.errors.get(f"{self.path}.code", [])

    @property
    def label_errors(self) -> list[str]:
        return self.drawing.errors.get(f"{self.path}.label", [])

    @property
    def count(self) -> int | None:
        return self.drawing.counts.get(self.path)

    @property
    def focused(self) -> bool:
        return self.drawing.focus == self.id

    @cached_property
    def group(self) -> DrawnGroup:
        return DrawnGroup(self.arm["where"], self.id, f"{self.path}.where", self.drawing)


def drawn(
    part: dict[str, Any], identifier: str, path: str, drawing: Drawing, *, within: str = "", depth: int = 0
) -> DrawnPart:
    """A part as the template for its kind takes it."""
    if "variable" in part:
        return DrawnCondition(part, identifier, path, drawing)
    if "rows" in part:
        block = DrawnRows(part, identifier, path, drawing)
        block.depth = depth
        return block
    group = DrawnGroup(part, identifier, path, drawing)
    group.within, group.depth = within, depth
    return group


def root_of(draft: Draft, drawing: Drawing) -> DrawnGroup:
    return DrawnGroup(draft["where"], "where", "where", drawing)


def arms_of(draft: Draft, drawing: Drawing) -> list[DrawnArm]:
    return [DrawnArm(arm, number, drawing) for number, arm in enumerate(draft["arms"])]
