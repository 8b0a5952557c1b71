"""Long lists: heads that sort, pages that are loaded one after the other, and an address that says all of it.

``?page=3`` is the third page. What has been loaded beneath it by scrolling stands in the address as ``&to=5``, so that
an address that is shared or come back to shows the same rows. ``&from=3`` goes with a request that adds rows to a page
that begins further up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.formats import number_format

PAGE_SIZE = 50
#: So many pages stand beneath each other before the next one begins a new screen.
MOST_AT_ONCE = 10
#: Counting stops here: beyond it the exact number costs more than it tells.
COUNT_CAP = 1000
LAST_PAGE = 2000
#: What an address says about place, and not about what is listed.
PLACE = ("page", "to", "from")


@dataclass(frozen=True)
class Heading:
    """A column head; ``key`` sorts by it, where the column can be sorted. ``name`` is said where nothing is shown."""

    key: str
    label: Any
    hidden: bool = False


def headings(request: HttpRequest, heads: Iterable[Heading], sort: str) -> list[dict[str, Any]]:
    """The heads with their address: a first click sorts upwards, a second downwards."""
    found = []
    for head in heads:
        current = bool(head.key) and sort.removeprefix("-") == head.key
        descending = current and sort.startswith("-")
        params = without_place(request)
        params["sort"] = f"-{head.key}" if current and not descending else head.key
        found.append(
            {
                "key": head.key,
                "label": head.label,
                "hidden": head.hidden,
                "url": f"?{params.urlencode()}" if head.key else "",
                "sort": ("descending" if descending else "ascending") if current else "",
            }
        )
    return found


def without_place(request: HttpRequest, *names: str) -> Any:
    """The parameters of the address less where one is in the list, and less the named ones."""
    params = request.GET.copy()
    for name in (*PLACE, *names):
        params.pop(name, None)
    return params


@dataclass(frozen=True)
class Pages:
    """The pages asked for, counted from 1; ``origin`` is the one that the screen begins with."""

    origin: int
    first: int
    last: int
    size: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Pages":
        """What the address asks for; what cannot be read is left out."""
        first = _number(request, "page") or 1
        origin = min(_number(request, "from") or first, first)
        last = max(first, _number(request, "to") or first)
        return cls(origin, first, min(last, origin + MOST_AT_ONCE - 1, LAST_PAGE), PAGE_SIZE)

    @property
    def start(self) -> int:
        return (self.first - 1) * self.size

    @property
    def stop(self) -> int:
        return self.last * self.size

    def cut(self, rows: Any) -> tuple[list[Any], bool]:
        """The rows of these pages, and whether more follow."""
        found = list(rows[self.start : self.stop + 1])
        room = self.stop - self.start
        return found[:room], len(found) > room

    def links(self, request: HttpRequest, shown: int, more: bool) -> dict[str, Any]:
        """Addresses of what comes before and after, for ``core/_list_pager.html``."""
        params = without_place(request)

        def url(**place: int) -> str:
            given = params.copy()
            for name, number in place.items():
                given["from" if name == "origin" else name] = str(number)
            return f"?{given.urlencode()}"

        following = self.last + 1
        fits = following < self.origin + MOST_AT_ONCE and following <= LAST_PAGE
        return {
            "first": (self.origin - 1) * self.size + 1,
            "last": self.start + shown,
            "previous_url": url(page=self.origin - 1) if self.origin > 1 else "",
            "next_url": url(page=following) if more else "",
            "append_url": url(page=following, origin=self.origin) if more and fits else "",
            "append_shows": url(page=self.origin, to=following),
        }


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return min(int(text), LAST_PAGE) if text.isdecimal() and len(text) < 7 and int(text) > 0 else None


def capped_count(rows: Any) -> int:
    """How many rows there are, at most one more than the cap."""
    return rows.order_by().values("pk")[: COUNT_CAP + 1].count()


def count_words(counted: int) -> str:
    """``1,000+`` where counting has stopped."""
    return number_format(min(counted, COUNT_CAP), force_grouping=True) + ("+" if counted > COUNT_CAP else "")


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for the results alone; a page that comes back from the history is asked for as a whole."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx and not htmx.history_restore_request and not htmx.boosted)
