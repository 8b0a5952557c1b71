"""The workbench: queues of what waits for a curator, each with its number, and the pages where curators work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Queue:
    """Something that waits. ``count`` says for how many records (one query), ``url`` where they are.

    Queues stand in the order of ``place``; what is urgent has a small one.
    """

    code: str
    label: Any
    hint: Any
    count: Callable[[Any], int]
    url: Callable[[], str]
    place: int = 50


@dataclass(frozen=True)
class Waiting:
    """A queue as the start page shows it to one user."""

    queue: Queue
    count: int
    url: str


@dataclass(frozen=True)
class Tool:
    """A page outside the lists where curators work."""

    label: Any
    url: Callable[[], str]
    place: int = 50


_queues: dict[str, Queue] = {}
_tools: list[Tool] = []


def register_queue(queue: Queue) -> None:
    """A floor adds a queue when its admin is loaded."""
    _queues[queue.code] = queue


def register_tool(tool: Tool) -> None:
    """A floor adds a page when its admin is loaded."""
    _tools.append(tool)


def tools() -> list[tuple[Any, str]]:
    """Label and address of every page."""
    return [(tool.label, tool.url()) for tool in sorted(_tools, key=lambda tool: tool.place)]


def waiting(user: Any) -> list[Waiting]:
    """Every queue with its number for this user; queues in which nothing waits come last, in the same order."""
    shown = [
        Waiting(queue, queue.count(user), queue.url())
        for queue in sorted(_queues.values(), key=lambda queue: queue.place)
    ]
    return sorted(shown, key=lambda line: line.count == 0)
