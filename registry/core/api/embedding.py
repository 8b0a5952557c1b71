"""What higher floors show inside a record of a lower one, without the lower floor importing them.

A floor registers in its ``AppConfig.ready()``; the serializers are named by dotted path and loaded on first use.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils.module_loading import import_string

from registry.core.derived import Derived


@dataclass(frozen=True)
class Embedded:
    """Rows shown inside a record: key, serializer, where they hang, and how to fetch them in few queries."""

    name: str
    serializer: str
    source: str
    prefetch: Callable[[], list[Prefetch | str]]
    many: bool = True
    #: Gathers the rows from the record, where they do not hang on it directly.
    rows: Callable[[Any], list] | None = None

    def field(self) -> Any:
        at: dict[str, Any] = {} if self.source == self.name or self.rows else {"source": self.source}
        if not self.many:
            at["allow_null"] = True
        made = import_string(self.serializer)(many=self.many, read_only=True, **at)
        if self.rows:
            made.get_attribute = self.rows
        return made


@dataclass
class Embedding:
    """What is embedded in one kind of record, what is derived from it upstairs, and the filters that come with it."""

    embedded: dict[str, Embedded] = field(default_factory=dict)
    derived: dict[str, Derived] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)

    def embed(
        self,
        name: str,
        serializer: str,
        *,
        source: str = "",
        prefetch: Callable[[], list] = list,
        many: bool = True,
        rows: Callable[[Any], list] | None = None,
    ) -> None:
        self.embedded[name] = Embedded(name, serializer, source or name, prefetch, many, rows)

    def derive(self, value: Derived) -> None:
        self.derived[value.name] = value

    def filter_by(self, **filters: str) -> None:
        """Filters of a list, each named by the dotted path of a function that makes it."""
        self.filters.update(filters)

    def prefetches(self) -> list[Prefetch | str]:
        return [each for embedded in self.embedded.values() for each in embedded.prefetch()]
