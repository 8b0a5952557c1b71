"""A definition evaluated in plain Python over the rows of the export tables, as an oracle for the compiler."""

from collections import defaultdict

from registry.research.cohorts.document import Condition, Rows
from registry.research.cohorts.variables import row_tables
from registry.research.export import select
from registry.research.tables import tables


class Registry:
    """The export tables as a user reads them: table → case → rows, each row a dict by column name."""

    def __init__(self, user):
        self.rows = defaultdict(lambda: defaultdict(list))
        for name in ("cases", "case_summary", *row_tables()):
            for row in self.read(name, user):
                self.rows[name][str(row["case_id"])].append(row)
        patients = {row["patient_id"]: row for row in self.read("patients", user)}
        for case, (row,) in self.rows["cases"].items():
            self.rows["patients"][case] = [patients[row["patient_id"]]]

    @staticmethod
    def read(name, user):
        selection = select(tables()[name], user, {})
        names = [column.name for column in selection.columns]
        return [dict(zip(names, row, strict=True)) for row in selection.queryset]

    def cases_of(self, group):
        return {case for case in self.rows["cases"] if self.holds(group, case)}

    def holds(self, part, case):
        if isinstance(part, Condition):
            table, _dot, name = part.variable.partition(".")
            return any(met(row, name, part) for row in self.rows[table][case])
        if isinstance(part, Rows):
            rows = self.rows[part.rows][case]
            found = [part.where is None or in_row(part.where, row) for row in rows]
            return {"any": any(found), "none": not any(found), "every": bool(found) and all(found)}[part.have]
        return grouped(part, [self.holds(each, case) for each in part.parts])


def grouped(group, found):
    return {"all": all(found), "any": any(found), "none": not any(found)}[group.how]


def in_row(part, row):
    if isinstance(part, Condition):
        return met(row, part.variable.partition(".")[2], part)
    return grouped(part, [in_row(each, row) for each in part.parts])


def met(row, name, part):
    """Whether a row meets a condition; one on an unknown value is not met, whatever the operator."""
    value, wanted = row[name], part.value
    if value == "":
        value = None
    if part.operator == "missing":
        return value is None and (wanted is None or row[f"{name}__missing"] in wanted)
    if value is None:
        return False
    if isinstance(wanted, int | float) and not isinstance(wanted, bool):
        value = float(value)
    if isinstance(wanted, list) and wanted and isinstance(wanted[0], int | float):
        value = float(value)
    if hasattr(value, "hex") and not isinstance(value, float):
        value = str(value)
    codes = set(str(value).split(";"))
    return {
        "recorded": lambda: True,
        "=": lambda: value == wanted,
        "!=": lambda: value != wanted,
        "in": lambda: value in wanted,
        "not_in": lambda: value not in wanted,
        "between": lambda: wanted[0] <= value <= wanted[1],
        "<": lambda: value < wanted,
        "<=": lambda: value <= wanted,
        ">": lambda: value > wanted,
        ">=": lambda: value >= wanted,
        "has_any": lambda: bool(codes & set(wanted)),
        "has_all": lambda: codes >= set(wanted),
    }[part.operator]()
