"""What somebody says of a release that is to be made: title, authors, notes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.core.api.problems import Errors
from registry.core.reading import refuse_nul
from registry.research.models.cohort import LONGEST_TITLE
from registry.research.models.release import LONGEST_NOTES

LONGEST_AUTHOR, MOST_AUTHORS = 150, 100


@dataclass(frozen=True)
class Wish:
    """Read and found to be possible. ``token`` makes the same request twice one release."""

    title: str
    authors: tuple[str, ...]
    notes: str = ""
    token: uuid.UUID = field(default_factory=uuid.uuid4)

    @classmethod
    def read(cls, title: Any, authors: Any, notes: Any = "", token: uuid.UUID | None = None) -> "Wish":
        """``authors`` are a list, or a text with one on each line. Raises ``ValidationError``, with fields."""
        errors: Errors = {}
        values = {
            "title": _read(errors, "title", title, LONGEST_TITLE, _("Give the release a title.")),
            "notes": _read(errors, "notes", notes, LONGEST_NOTES, lines=True),
        }
        named = _read_authors(errors, authors)
        if errors:
            raise ValidationError(errors)
        return cls(values["title"], tuple(named), values["notes"], token or uuid.uuid4())


def _read(
    errors: Errors, name: str, value: Any, longest: int, needed: str = "", *, lines: bool = False
) -> str:
    """One text, with single spaces unless it has lines of its own."""
    if value is not None and not isinstance(value, str):
        errors.setdefault(name, []).append(_("Enter text."))
        return ""
    try:
        text = refuse_nul(value or "").replace("\r\n", "\n").strip()
    except ValidationError as refused:
        errors.setdefault(name, []).extend(refused.messages)
        return ""
    text = text if lines else " ".join(text.split())
    if needed and not text:
        errors.setdefault(name, []).append(needed)
    elif len(text) > longest:
        errors.setdefault(name, []).append(
            _("At most %(longest)d characters; these are %(count)d.")
            % {"longest": longest, "count": len(text)}
        )
    return text


def _read_authors(errors: Errors, value: Any) -> list[str]:
    if isinstance(value, str):
        value = value.splitlines()
    if value is not None and (not isinstance(value, Sequence) or isinstance(value, Mapping)):
        errors["authors"] = [_("Enter a list of names, each as “Family, Given”.")]
        return []
    read = [_read(errors, "authors", one, LONGEST_AUTHOR) for one in (value or ())]
    named = list(dict.fromkeys(name for name in read if name))
    if "authors" in errors:
        return []
    if not named:
        errors["authors"] = [_("Name at least one author, as “Family, Given”.")]
    elif len(named) > MOST_AUTHORS:
        errors["authors"] = [_("At most %(most)d authors.") % {"most": MOST_AUTHORS}]
    return named
