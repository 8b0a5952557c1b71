"""The values behind the statistics of a cohort: a few queries in one snapshot, however many cases there are.

Everything comes from the columns of the export tables as a pseudonymised export shows them, so that a number on a page
can be found again from an export of the same cohort.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case as Switch
from django.db.models import IntegerField, Q, Value, When
from django.utils.translation import gettext as _

from registry.research.cohorts.choosing import Chosen
from registry.research.cohorts.compiler import arm_condition
from registry.research.cohorts.document import Definition
from registry.research.profiles import PSEUDONYMISED
from registry.research.snapshot import Snapshot
from registry.research.tables import Table, tables

#: The code of the group of all cases; arms have codes of their own.
WHOLE = ""
#: What is read of each export table, beside the keys that tie its rows to cases and patients.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "case_summary": (
        "sex",
        "age_years",
        "diagnosis",
        "diagnosis_label",
        "disease_status",
        "recurrent",
        "asa_class",
        "strategy",
        "treatments_before",
        "lesion_count",
        "levels",
        "volume_ml__max",
        "volume_ml__sum",
        "vas_pain__baseline",
        "odi__baseline",
        "kps__baseline",
        "last_contact_day",
        "vital_status",
        "death_day",
        "local_recurrence",
        "recurrence_day",
    ),
    "lesions": ("denis_zone", "volume_ml"),
    "procedures": (
        "kind",
        "sequence",
        "duration_min",
        "blood_loss_ml",
        "hospital_stay_days",
        "technical_success",
        "complications_answered",
    ),
    "treated_lesions": (
        "cement_volume_ml",
        "cement_filling_percent",
        "leak",
        "needle_count",
        "rfa_complete",
    ),
    "assessments": (
        "time_point",
        "day",
        "vas_pain",
        "odi",
        "kps",
        "analgesic_scale",
        "barthel",
        "responder_points",
        "responder_30_percent",
    ),
    "complications": ("kind", "sir_grade"),
}


@dataclass(frozen=True)
class Frame:
    """Rows of one export table, column by column. ``case`` holds the position of each row's case."""

    columns: Mapping[str, list[Any]]
    case: Sequence[int]

    def __getitem__(self, name: str) -> list[Any]:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.case)


@dataclass(frozen=True)
class Group:
    """All cases of the cohort, or those of one arm: positions in the frame of cases."""

    code: str
    label: str
    members: tuple[int, ...]
    patients: int

    @property
    def n(self) -> int:
        return len(self.members)

    @property
    def name(self) -> str:
        """What heads its column."""
        return self.label or self.code


@dataclass(frozen=True)
class CohortData:
    """What the statistics are computed from. Frames by the name of their table; that of cases is ``case_summary``."""

    frames: Mapping[str, Frame]
    #: Patient of each case, whatever identifies one within this reading.
    patients: Sequence[Any]
    published: Sequence[bool]
    whole: Group
    arms: tuple[Group, ...] = ()
    #: Two arms and how many cases are in both.
    overlaps: tuple[tuple[str, str, int], ...] = ()
    #: How many cases are in no arm, where there are arms.
    without_arm: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def cases(self) -> Frame:
        return self.frames["case_summary"]

    @property
    def groups(self) -> tuple[Group, ...]:
        return (self.whole, *self.arms)

    @property
    def compared(self) -> tuple[Group, ...]:
        """The arms that are compared: two or more, with cases, and no case in two of them."""
        there = tuple(arm for arm in self.arms if arm.n)
        return there if len(there) > 1 and not self.overlaps else ()

    def why_not_compared(self) -> str:
        """Why no arm is compared with another; empty where they are, or where there are none."""
        if not self.arms or self.compared:
            return ""
        if self.overlaps:
            return " ".join(
                _("%(cases)d in both %(first)s and %(second)s.")
                % {"cases": cases, "first": first, "second": second}
                for first, second, cases in self.overlaps
            )
        return _("Fewer than two arms have a case.")


def read(chosen: Chosen) -> CohortData:
    """Everything of a cohort, in one snapshot: a query per table, whatever the size."""
    with closing(Snapshot()) as snapshot:
        return read_in(snapshot, chosen)


def read_in(snapshot: Snapshot, chosen: Chosen) -> CohortData:
    """The same in a view of the database that is open already."""
    arms = chosen.definition.arms
    flags = {f"arm {n}": _flag(arm_condition(arm)) for n, arm in enumerate(arms)}
    cases = _rows(snapshot, chosen, tables()["case_summary"], COLUMNS["case_summary"], flags)
    at = {key: position for position, key in enumerate(cases["case_id"])}
    frames = {"case_summary": Frame(cases, range(len(at)))}
    for name in list(COLUMNS)[1:]:
        columns = _rows(snapshot, chosen, tables()[name], COLUMNS[name], {})
        frames[name] = Frame(columns, [at[key] for key in columns["case_id"]])
    members = {arm.code: cases[f"arm {n}"] for n, arm in enumerate(arms)}
    return gathered(frames, cases["patient_id"], cases["published"], chosen.definition, members)


def gathered(
    frames: Mapping[str, Frame],
    patients: Sequence[Any],
    published: Iterable[Any],
    definition: Definition,
    members: Mapping[str, Sequence[Any]],
) -> CohortData:
    """The whole and its arms; ``members`` says of every arm whether each case is in it."""

    def group(code: str, label: str, positions: Iterable[int]) -> Group:
        found = tuple(positions)
        return Group(code, label, found, len({patients[position] for position in found}))

    arms = tuple(
        group(arm.code, arm.label, (n for n, inside in enumerate(members[arm.code]) if inside))
        for arm in definition.arms
    )
    overlaps = tuple(
        (one.code, other.code, both)
        for one, other in itertools.combinations(arms, 2)
        if (both := len(set(one.members) & set(other.members)))
    )
    inside = {position for arm in arms for position in arm.members}
    return CohortData(
        frames,
        patients,
        [bool(one) for one in published],
        group(WHOLE, _("All cases"), range(len(patients))),
        arms,
        overlaps,
        len(patients) - len(inside) if arms else 0,
    )


def _flag(condition: Q) -> Any:
    return Switch(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _rows(
    snapshot: Snapshot, chosen: Chosen, table: Table, names: Iterable[str], flags: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """The columns of the table's rows that belong to the cohort, with ``flags`` under their names."""
    columns = {column.name: column for column in table.columns}
    wanted = ["patient_id", "case_id", *names]
    expressions = [PSEUDONYMISED.expression(columns[name], table.published) for name in wanted]
    expressions += [_flag(table.published), *flags.values()]
    aliases = {f"column_{n}": expression for n, expression in enumerate(expressions)}
    rows = table.visible(chosen.user).filter(chosen.rows_of(table)).alias(**table.relations())
    queryset = rows.annotate(**aliases).order_by("pk").values_list(*aliases)
    found: list[list[Any]] = [[] for _name in aliases]
    for row in snapshot.rows(queryset):
        for column, value in zip(found, row, strict=True):
            column.append(value)
    return dict(zip([*wanted, "published", *flags], found, strict=True))
