"""What an import says: errors and remarks, each with file, row and column."""

from dataclasses import asdict, dataclass
from typing import Any

#: Longest value that is repeated in a message or a difference.
LONGEST = 80


@dataclass(frozen=True)
class Finding:
    """One thing to say. ``row`` is a line of a table or a path in a bundle; empty where it concerns the whole file."""

    file: str
    row: str
    column: str
    message: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Findings:
    """Findings in the order of files and rows, none of them twice."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}

    def say(self, file: str, row: object, column: str, message: object) -> None:
        self._found[Finding(file, str(row), column, str(message))] = None

    def places(self) -> frozenset[tuple[str, str, str]]:
        """Where something has been said: file, row and column."""
        return frozenset((each.file, each.row, each.column) for each in self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def listed(self) -> list[Finding]:
        """By file as they were given, then by row; what concerns a whole file comes first."""
        files = {name: place for place, name in enumerate(dict.fromkeys(f.file for f in self._found))}
        return sorted(self._found, key=lambda f: (files[f.file], _natural(f.row)))


def _natural(row: str) -> tuple[int, int, str]:
    return (0, 0, "") if not row else (1, int(row), "") if row.isdecimal() else (2, 0, row)


def shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class Unreadable(Exception):
    """A file that cannot be read at all; the message says why and what to do."""
