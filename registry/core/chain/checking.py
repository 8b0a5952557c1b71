"""Walks a chain from its first link to its last and names the first entry that does not fit.

Memory stays flat: links and rows are read in batches by their keys. No lock is taken and no snapshot is needed, as
rows are only added, and a change is committed with its link.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from django.db.models import Max

from registry.core.chain import links, opening
from registry.core.chain.digests import digest_of
from registry.core.chain.erased import ErasedRecord, Remains, erasures
from registry.core.chain.links import Link, RowsOfTable
from registry.core.sequence import ChangeCounter

#: Links that are read at once.
BATCH = 1000
#: What can be wrong with an entry.
ALTERED, REMOVED, ADDED, BROKEN, EMPTIED = "altered", "removed", "added", "link broken", "emptied"


@dataclass(frozen=True)
class Fault:
    """The first entry that does not fit: where it stands, what is wrong, and in words how that was seen."""

    what: str
    table: str
    row_id: int | None
    number: int | None
    why: str

    def __str__(self) -> str:
        row = f" row {self.row_id}" if self.row_id is not None else ""
        number = f", change {self.number}" if self.number is not None else ""
        return f"{self.what}: {self.table}{row}{number}: {self.why}"


@dataclass
class Result:
    """What a walk found. Without a fault, every row is as it was written and none is missing."""

    links: int = 0
    rows: int = 0
    erased: int = 0
    #: Links whose seal was made with a key that this installation does not have any more.
    unread_seals: int = 0
    head: Link | None = None
    fault: Fault | None = None
    #: Rows that wait for their link, as after a process has died.
    waiting: int = 0


class Broken(Exception):
    """Carries the fault to where the walk began."""

    def __init__(self, what: str, table: str, row_id: int | None, number: int | None, why: str) -> None:
        self.fault = Fault(what, table, row_id, number, why)
        super().__init__(str(self.fault))


@dataclass(frozen=True)
class Chain:
    """One chain that can be walked. Higher floors register theirs in ``CHAINS``."""

    name: str
    model: type[Link]
    walk: Callable[["Result"], None]


#: By name, in the order in which they are checked.
CHAINS: dict[str, Chain] = {}


def register(chain: Chain) -> None:
    CHAINS[chain.name] = chain


def check(chain: Chain) -> Result:
    """Walk the chain to its end or to the first fault."""
    result = Result()
    try:
        chain.walk(result)
    except Broken as broken:
        result.fault = broken.fault
    return result


# -- links ---------------------------------------------------------------------------------------------------------


def links_of(model: type[Link], result: Result) -> Iterator[Link]:
    """Every link in its order, once it has been found to follow from the one before it."""
    table, keys = model._meta.db_table, links.known_keys()
    before: Link | None = None
    # What is written from now on belongs to the next walk: its rows may have been read already, and not be there.
    counted = ChangeCounter.objects.filter(pk=model.counted_by).values_list("last", flat=True).first() or 0
    until = model._base_manager.aggregate(last=Max("number"))["last"] or 0
    rows = model._base_manager.filter(number__lte=until).order_by("number")
    batch = list(rows[:BATCH])
    while batch:
        for link in batch:
            if before is not None and link.number != before.number + 1:
                raise Broken(
                    REMOVED, table, before.number + 1, before.number + 1, "there is no link of this number"
                )
            previous = before.link if before is not None else links.NOTHING
            if link.link != links.link_of(previous, link.number, link.rows):
                raise Broken(
                    BROKEN, table, link.number, link.number, "it does not follow from the link before it"
                )
            key = keys.get(link.key_name)
            if key is None:
                result.unread_seals += 1
            elif not links.is_sealed(link, before, key, keys):
                raise Broken(
                    BROKEN,
                    table,
                    link.number,
                    link.number,
                    "it, or what stands before it, was not sealed with the registry’s key",
                )
            result.links += 1
            result.head = link
            yield link
            before = link
        batch = list(rows.filter(number__gt=batch[-1].number)[:BATCH])
    if before is None:
        raise Broken(REMOVED, table, None, None, "the chain has no link at all")
    if before.number < counted:
        raise Broken(REMOVED, table, before.number + 1, before.number + 1, "the counter knows of it")
    if before.key_name not in keys:
        raise Broken(
            BROKEN,
            table,
            before.number,
            before.number,
            "the latest seal was made with a key that this installation does not have; check IDENTITY_KEY",
        )


def said_rows(link: Link) -> dict[str, tuple[str, list[list[int]]]]:
    return {table: (digest, spans) for table, digest, spans in json.loads(link.rows)}


# -- rows ----------------------------------------------------------------------------------------------------------


@dataclass
class Rows:
    """The rows of one table in the order of their keys, each found to fit its own digest."""

    model: Any
    result: Result
    table: str = field(init=False)

    def __post_init__(self) -> None:
        self.table = self.model._meta.db_table

    def __iter__(self) -> Iterator[tuple[int, int, str]]:
        """Change, key and digest of each row."""
        names = [attname for _name, attname in opening.covered(self.model)]
        at_number = names.index("change_sequence")
        at_record = names.index("id") if "id" in names else None
        remains = (
            Remains(self.model) if at_record is not None and hasattr(self.model, "history_date") else None
        )
        # An erasure that is committed from now on belongs to the next walk.
        until = ErasedRecord._base_manager.aggregate(last=Max("change_sequence"))["last"] or 0
        for batch in opening.batches(self.model):
            emptied = [row for row in batch if not row[1]]
            erased = (
                erasures(self.table, {row[3 + at_record] for row in emptied})
                if emptied and at_record is not None
                else {}
            )
            for key, salt, digest, *values in batch:
                number = values[at_number]
                self._fits(key, salt, digest, values, number, erased, at_record)
                if remains is not None and not salt:
                    remains.add((key, salt, digest, *values))
                yield number, key, digest
        if remains is not None:
            self._compare(remains, until)

    def _compare(self, remains: Remains, until: int) -> None:
        """What is left of emptied rows, against what the erasure said of it."""
        said = ErasedRecord._base_manager.filter(table=self.table, change_sequence__lte=until)
        for record_id, digest, number in said.values_list("record_id", "remains", "change_sequence"):
            if digest and digest != remains.of(record_id):
                why = f"what is left of the erased record {record_id} is not as it was"
                raise Broken(ALTERED, self.table, None, number, why)

    def _fits(
        self,
        key: int,
        salt: str,
        digest: str,
        values: list[Any],
        number: int,
        erased: dict[int, int],
        at_record: int | None,
    ) -> None:
        self.result.rows += 1
        if salt:
            if digest != digest_of(salt, opening.text_of_values(self.model, values)):
                raise Broken(ALTERED, self.table, key, number, "its content does not fit its digest")
            return
        if not digest:
            raise Broken(ADDED, self.table, key, number, "it was never sealed")
        if at_record is None or number > erased.get(values[at_record], -1):
            raise Broken(EMPTIED, self.table, key, number, "its content is gone without an erasure")
        self.result.erased += 1


def walk_changes(result: Result) -> None:
    """History: every change has its link, and its link has just these rows."""
    model = links.ChainLink
    streams = {part._meta.db_table: iter(Rows(part, result)) for part in opening.chained_models()}
    heads: list[tuple[int, str, int, str]] = []

    def advance(table: str) -> None:
        row = next(streams[table], None)
        if row is not None:
            heappush(heads, (row[0], table, row[1], row[2]))

    first: int | None = None
    for link in links_of(model, result):
        if first is None:
            first = link.number
            for table in streams:
                advance(table)
        expected = said_rows(link)
        found: dict[str, RowsOfTable] = {}
        # The first link covers whatever stood there, in the order of the keys.
        while heads and (heads[0][0] <= link.number):
            number, table, key, digest = heappop(heads)
            if number < link.number and link.number != first:
                raise Broken(ADDED, table, key, number, "it stands behind rows of later changes")
            if table not in expected:
                raise Broken(ADDED, table, key, number, "the link of this change does not know it")
            found.setdefault(table, RowsOfTable(table)).add(key, digest)
            advance(table)
        for table, (digest, spans) in expected.items():
            compare(found.get(table) or RowsOfTable(table), digest, spans, link.number)
    for number, table, key, _digest in sorted(heads):
        # Changes that have been committed since the walk began have links of their own.
        if not model._base_manager.filter(number=number).exists():
            raise Broken(ADDED, table, key, number, "there is no link for its change")


def compare(found: RowsOfTable, digest: str, spans: list[list[int]], number: int) -> None:
    """The rows of one table as they are, against what the link says of them."""
    said = found.said()
    if said[1] == digest:
        return
    if said[2] != spans:
        for key in _first_difference(spans, said[2]):
            raise Broken(REMOVED, found.table, key, number, "the link of this change knows it")
        for key in _first_difference(said[2], spans):
            raise Broken(ADDED, found.table, key, number, "the link of this change does not know it")
    only = spans[0][0] if len(spans) == 1 and spans[0][0] == spans[0][1] else None
    raise Broken(
        ALTERED,
        found.table,
        only,
        number,
        "its digest is not the one that was sealed"
        if only is not None
        else f"a digest among the rows {', '.join(f'{a}–{b}' for a, b in spans)} is not the one that was sealed",
    )


def _first_difference(spans: list[list[int]], others: list[list[int]]) -> Iterator[int]:
    """The keys of the first list of spans that are in none of the second, in order."""
    for first, last in spans:
        at = first
        for low, high in others:
            if low <= at <= high:
                at = high + 1
        if at <= last:
            yield at


register(Chain("history", links.ChainLink, walk_changes))
