"""The three data sets of the oracles, as columns; R reads the same files."""

import csv
import functools
from pathlib import Path
from typing import Any

R = Path(__file__).parents[1] / "r"


def _read(text: str) -> Any:
    if text == "NA":
        return None
    try:
        return float(text)
    except ValueError:
        return text


@functools.cache
def rows(name: str) -> list[dict[str, Any]]:
    with (R / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [{key: _read(value) for key, value in row.items()} for row in csv.DictReader(file)]


def column(name: str, key: str, **where: Any) -> list[Any]:
    """One column, of the rows that agree with ``where``."""
    return [row[key] for row in rows(name) if all(row[of] == value for of, value in where.items())]


def counts(variable: str) -> list[list[int]]:
    """A two by two table of Tian et al. 2022."""
    return [[int(row["a"]), int(row["b"])] for row in rows("tian_counts") if row["variable"] == variable]


def crossed(name: str, by: str, of: str, groups: Any) -> list[list[int]]:
    """How often each category of ``of`` stands in each group, categories in the order of their names."""
    categories = sorted({row[of] for row in rows(name)})
    return [[column(name, of, **{by: group}).count(category) for category in categories] for group in groups]
