"""Days counted from the index procedure: what remains of a date for those who may not see it."""

from typing import Any

from registry.core.api.fields import ShownField


def days_between(start: Any, end: Any) -> int | None:
    return None if start is None or end is None else (end - start).days


def day_field(of: Any, text: str) -> ShownField:
    """A day counted from the index procedure."""
    return ShownField(of=of, schema={"type": ["number", "null"]}, help_text=text)
