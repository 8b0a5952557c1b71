"""The definition of a cohort: a document that says which cases belong to it, and to which of its arms.

``where`` is a tree of groups (``all``, ``any``, ``none`` of what stands in them), conditions on variables of the
catalogue, and blocks that ask about the rows of a table below the case (“any lesion for which …”). The unit of a cohort
is the case.

    {"format": 1, "title": "Sacroplasty from 60", "note": "",
     "where": {"all": [
       {"variable": "case_summary.strategy", "is": "in", "value": ["sacroplasty", "sacroplasty+rfa"]},
       {"variable": "cases.age_years", "is": ">=", "value": 60},
       {"rows": "lesions", "have": "any",
        "where": {"all": [{"variable": "lesions.zone_central", "is": "=", "value": true}]}}]},
     "arms": [{"code": "A", "label": "with RFA", "where": {"all": [...]}}]}

``read`` takes such a document from any door and refuses it with a message at every path that is wrong; what it
returns can be compiled, said as a sentence, and kept.
"""

import enum
import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from registry.research.cohorts.operators import Operator

#: The only format there has been.
FORMAT = 1
LONGEST_TITLE, LONGEST_NOTE, LONGEST_CODE, LONGEST_LABEL = 150, 2000, 20, 100
MOST_ARMS = 10


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Condition(_Part):
    """One question about one variable. Of a variable below the case, any row may answer it."""

    variable: str
    operator: Operator = Field(alias="is", strict=False)
    value: Any = None


class Have(enum.StrEnum):
    """How many rows of a table must meet what is asked of them."""

    ANY = "any"
    EVERY = "every"
    NONE = "none"


class Rows(_Part):
    """A question about the rows of a case in one table: any of them, every one (of at least one), or none."""

    rows: str
    have: Have = Field(strict=False)
    #: Without it: any row at all.
    where: "Group | None" = None


def _kind_of(part: Any) -> str | None:
    """Which kind of part this is, told by the key that only that kind has."""
    if isinstance(part, BaseModel):
        return f"<{type(part).__name__.lower()}>"
    if not isinstance(part, dict):
        return None
    if "variable" in part or "is" in part:
        return "<condition>"
    if "rows" in part or "have" in part:
        return "<rows>"
    return "<group>" if any(how in part for how in How) else None


class How(enum.StrEnum):
    """How the parts of a group go together."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


Part = Annotated[
    Annotated[Condition, Tag("<condition>")]
    | Annotated[Rows, Tag("<rows>")]
    | Annotated["Group", Tag("<group>")],
    Discriminator(_kind_of),
]


class Group(_Part):
    """Parts of which all, any or none must hold."""

    all: list[Part] | None = None
    any: list[Part] | None = None
    none: list[Part] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Group":
        if sum(getattr(self, how) is not None for how in How) != 1:
            raise ValueError("group")
        return self

    @property
    def how(self) -> How:
        return next(how for how in How if getattr(self, how) is not None)

    @property
    def parts(self) -> "list[Condition | Rows | Group]":
        return getattr(self, self.how)

    @classmethod
    def of(cls, how: How, parts: list[Any]) -> "Group":
        made: dict[str, Any] = {how.value: parts}
        return cls.model_construct(**made)


class Arm(_Part):
    """A named part of the cohort."""

    code: str = Field(min_length=1, max_length=LONGEST_CODE, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    label: str = Field(default="", max_length=LONGEST_LABEL)
    where: Group


class Definition(_Part):
    """A whole definition. Made by ``reading.read``, which also checks it against the catalogue."""

    format: Literal[1] = 1
    title: str = Field(default="", max_length=LONGEST_TITLE)
    note: str = Field(default="", max_length=LONGEST_NOTE)
    where: Group
    arms: list[Arm] = Field(default=[], max_length=MOST_ARMS)

    def as_json(self) -> dict[str, Any]:
        """The document as it is kept: plain JSON values, and nothing that is not said."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def canonical(self) -> str:
        """The one way to write this definition down."""
        return json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def sha256(self) -> str:
        """Tells two definitions apart, and says that two are the same."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


Rows.model_rebuild()
Group.model_rebuild()
