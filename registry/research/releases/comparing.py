"""Two releases beside each other: definition, rows, cells, main results."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.research.models import Release
from registry.research.releases import shelf
from registry.research.releases.difference import (
    LISTED,
    Moved,
    TableDifference,
    compare_results,
    compare_tables,
)
from registry.research.releases.standing import standing


class Unavailable(Exception):
    """A table of one of them is not there any more, or is not what its hash says."""

    def __init__(self, release: Release, file: str) -> None:
        self.release, self.file = release, file
        super().__init__(f"{release.slug}/{file}")


@dataclass(frozen=True)
class Comparison:
    """What lies between an earlier and a later release, in the order in which they were named."""

    before: Release
    after: Release
    tables: tuple[TableDifference, ...]
    results: tuple[Moved, ...]

    @property
    def same_definition(self) -> bool:
        return bool(self.before.definition == self.after.definition)

    @property
    def same_centers(self) -> bool:
        return _centers(self.before) == _centers(self.after)

    @property
    def same(self) -> bool:
        return all(table.same for table in self.tables) and not self.moved

    @property
    def differing(self) -> tuple[TableDifference, ...]:
        return tuple(table for table in self.tables if not table.same)

    @property
    def moved(self) -> tuple[Moved, ...]:
        return tuple(result for result in self.results if result.moved)

    def as_json(self) -> dict[str, Any]:
        return {
            "before": _about(self.before),
            "after": _about(self.after),
            "same": self.same,
            "same_definition": self.same_definition,
            "same_centers": self.same_centers,
            "tables": [table.as_json() for table in self.tables],
            "results": [result.as_json() for result in self.moved],
        }


def _centers(release: Release) -> set[int]:
    return {center["id"] for center in release.centers}


def _about(release: Release) -> dict[str, Any]:
    return {
        "slug": release.slug,
        "title": release.title,
        "created_at": release.created_at.isoformat(),
        "change": release.sequence,
        "sentence": release.sentence,
        "manifest_sha256": release.manifest_sha256,
    }


def compare(
    before: Release, after: Release, user: Any, *, table: str = "", limit: int = LISTED
) -> Comparison:
    """Compare all tables, or the one named. Rows of patients who withdrew their consent since are left out.

    Raises ``Unavailable`` where a file has been lost or damaged.
    """
    hidden = {*standing(before, user).withdrawn, *standing(after, user).withdrawn}
    one, other = _tables(before), _tables(after)
    names = [name for name in dict.fromkeys((*other, *one)) if not table or name == table]
    tables = tuple(
        compare_tables(
            name,
            (other.get(name) or one[name])["key"],
            _path(before, one.get(name)),
            _path(after, other.get(name)),
            hidden,
            limit,
        )
        for name in names
    )
    return Comparison(before, after, tables, tuple(compare_results(before.results, after.results)))


def _tables(release: Release) -> dict[str, Mapping[str, Any]]:
    return {file["table"]: file for file in release.files if file["table"]}


def _path(release: Release, file: Mapping[str, Any] | None) -> Path | None:
    if file is None:
        return None
    path = shelf.folder_of(release.slug) / file["file"]
    if shelf.sha256_of(path) != file["sha256"]:
        raise Unavailable(release, file["file"])
    return path
