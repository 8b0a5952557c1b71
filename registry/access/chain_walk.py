"""Walks the chain of the access log: every event has its link, and every link its event."""

from typing import Any

from registry.access.chain import AccessLink, proved, unlinked
from registry.access.models import AccessEvent
from registry.core.chain import checking, opening
from registry.core.chain.checking import ADDED, ALTERED, REMOVED, Broken, Chain, Result
from registry.core.chain.digests import digest_of
from registry.core.chain.links import Link, RowsOfTable


def walk(result: Result) -> None:
    first: Link | None = None
    batch: list[Any] = []
    for link in checking.links_of(AccessLink, result):
        if first is None:
            first = link
            _walk_beginning(link, result)
            continue
        batch.append(link)
        if len(batch) == checking.BATCH:
            _walk(batch, result)
            batch = []
    _walk(batch, result)
    for key, digest, proof in unlinked(AccessEvent, None):
        if not proved(proof, digest):
            raise Broken(ADDED, _table(), key, None, "no link knows it, and the registry did not write it")
        result.waiting += 1


def _table() -> str:
    return AccessEvent._meta.db_table


def _walk_beginning(link: Any, result: Result) -> None:
    """What was there before the chain: all events up to one."""
    found = RowsOfTable(_table())
    for batch in opening.batches(AccessEvent, until=link.event_id):
        for key, salt, digest, *values in batch:
            _fits(key, salt, digest, values, result)
            found.add(key, digest)
    for table, (digest, spans) in checking.said_rows(link).items():
        checking.compare(found if table == found.table else RowsOfTable(table), digest, spans, link.number)
    if found.spans and found.table not in checking.said_rows(link):
        raise Broken(ADDED, found.table, found.spans[0][0], link.number, "the first link does not know it")


def _walk(batch: list[Any], result: Result) -> None:
    """Each of these links covers one event."""
    rows = {row[0]: row for row in opening.rows_of(AccessEvent, [link.event_id for link in batch])}
    for link in batch:
        row = rows.get(link.event_id)
        if row is None:
            raise Broken(REMOVED, _table(), link.event_id, link.number, "its link knows it")
        key, salt, digest, *values = row
        _fits(key, salt, digest, values, result)
        found = RowsOfTable(_table())
        found.add(key, digest)
        said = checking.said_rows(link).get(_table(), ("", []))
        checking.compare(found, *said, link.number)


def _fits(key: int, salt: str, digest: str, values: list[Any], result: Result) -> None:
    result.rows += 1
    if digest != digest_of(salt, opening.text_of_values(AccessEvent, values)):
        raise Broken(ALTERED, _table(), key, None, "its content does not fit its digest")


checking.register(Chain("access log", AccessLink, walk))
