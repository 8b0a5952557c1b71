"""Stata: variable and value labels, and the reasons for missing values as the extended missing values ``.a`` … ``.i``.

Names that are too long for Stata are cut (``variable_name``); the full name then begins the variable's label.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from registry.core.codes import MISSING_SUFFIX
from registry.research.columns import Column
from registry.research.formats.base import Format, Rows, Sheet
from registry.research.formats.labelled import (
    EXTRA,
    MODULES,
    MOST_CELLS,
    Spool,
    Variable,
    collected,
    cut,
    frame,
    label_of,
    labels_of,
    reason_labels,
)

#: Stata takes 32 characters; the library names the value labels after the variable and its place in the file.
LONGEST_NAME = 28
LETTERS = "abcdefghijklmnopqrstuvwxyz"
#: What the file format holds, in characters; bytes are the stricter count.
_LABEL, _FILE_LABEL = 80, 80


def variable_name(name: str) -> str:
    """A column's name in Stata. It depends on the name alone, so the same variable is called the same in every file.

    ``__missing`` becomes ``__why`` where the name is too long; what still is loses its end, and four characters of its
    hash keep it apart from others that begin alike.
    """
    if len(name) <= LONGEST_NAME:
        return name
    short = name.removesuffix(MISSING_SUFFIX) + "__why" if name.endswith(MISSING_SUFFIX) else name
    if len(short) <= LONGEST_NAME:
        return short
    return f"{short[: LONGEST_NAME - 5]}_{hashlib.sha256(name.encode()).hexdigest()[:4]}"


def _label(column: Column) -> str:
    cut_name = variable_name(column.name) != column.name
    return cut(f"{column.name}: {label_of(column)}" if cut_name else label_of(column), _LABEL)


def _values(variable: Variable) -> Any:
    import numpy

    if not variable.numeric:
        return variable.values
    values = numpy.frombuffer(variable.values, dtype=float)
    if variable.reasons is None or not any(variable.reasons):
        return values.copy()
    reasons = numpy.frombuffer(variable.reasons, dtype=numpy.uint8)
    mixed = values.astype(object)
    for place in numpy.unique(reasons[reasons > 0]):
        mixed[reasons == place] = LETTERS[place - 1]
    return mixed


def encode(sheet: Sheet, rows: Rows) -> Iterator[bytes]:
    import pyreadstat

    variables = collected(sheet, rows)
    reasons = reason_labels()
    labels: dict[str, dict[Any, str]] = {}
    user_missing: dict[str, list[str]] = {}
    for variable in variables:
        name = variable_name(variable.column.name)
        listed: dict[Any, str] = dict(labels_of(variable.column))
        if variable.reasons is not None:
            listed |= {LETTERS[place - 1]: label for place, label in reasons.items()}
            user_missing[name] = [LETTERS[place - 1] for place in reasons]
        if listed:
            labels[name] = listed
    with Spool(".dta") as spool:
        pyreadstat.write_dta(
            frame({variable_name(variable.column.name): _values(variable) for variable in variables}),
            spool.path,
            file_label=cut(f"{sheet.name}: {sheet.note}" if sheet.note else sheet.name, _FILE_LABEL),
            column_labels={variable_name(column.name): _label(column) for column in sheet.columns},
            variable_value_labels=labels,
            missing_user_values=user_missing,
            version=15,
        )
        del variables
        yield from spool.chunks()


DTA = Format(
    "dta",
    "Stata",
    "application/x-stata-dta",
    encode,
    modules=MODULES,
    extra=EXTRA,
    cost=10,
    most_cells=MOST_CELLS,
)
