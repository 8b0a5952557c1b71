"""Links: one for every change, over the rows of the change and the link before it, sealed with a key.

A link is a plain hash, so that the whole chain can be computed anew by anybody; its seal is an HMAC, so that nobody
without the key can put another in its place. The seal of one link vouches for everything before it. When the key has
been changed (``manage.py rotate_keys``), the seals of the old key may become unreadable without any loss: the first
seal of the new key says after which key it was made, and says so only if the seal before it was found right.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

#: What stands before the first link.
NOTHING = ""
#: After which key the seal of a beginning is made.
BEGINNING = "none"


class Link(models.Model):
    """One link of a chain."""

    insert_only = True
    erasure_empties = False
    #: The key of the counter's row that gives out the numbers (``ChangeCounter``).
    counted_by: ClassVar[int]

    number = models.BigIntegerField(_("number"), primary_key=True)
    #: JSON: ``[table, digest over its rows, [[first id, last id], …]]`` for each table that the change wrote to.
    rows = models.TextField(_("rows"))
    link = models.CharField(_("link"), max_length=64)
    seal = models.CharField(_("seal"), max_length=64)
    #: Which key made the seal.
    key_name = models.CharField(_("key"), max_length=8)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number} {self.link}"


class ChainLink(Link):
    """The link of one change of clinical records. The first one covers what there was before the chain."""

    counted_by = 1

    class Meta:
        verbose_name = _("link of the chain")
        verbose_name_plural = _("links of the chain")


@dataclass
class RowsOfTable:
    """What a link says about the rows of one table: their ids, and one digest over ids and digests in their order."""

    table: str
    _hash: Any = field(default_factory=hashlib.sha256)
    spans: list[list[int]] = field(default_factory=list)

    def add(self, key: int, digest: str) -> None:
        self._hash.update(f"{key}:{digest}\n".encode())
        if self.spans and self.spans[-1][1] == key - 1:
            self.spans[-1][1] = key
        else:
            self.spans.append([key, key])

    def said(self) -> list[Any]:
        return [self.table, self._hash.hexdigest(), self.spans]


def rows_text(tables: Iterable[RowsOfTable]) -> str:
    """The rows of a change as the link keeps them."""
    said = sorted(table.said() for table in tables if table.spans)
    return json.dumps(said, separators=(",", ":"))


def link_of(previous: str, number: int, rows: str) -> str:
    return hashlib.sha256(f"{previous}\n{number}\n{rows}".encode()).hexdigest()


def add(
    model: type[Link], number: int, tables: Iterable[RowsOfTable], *, begins: bool = False, **more: Any
) -> Link:
    """Write the next link. The caller holds the lock under which ``number`` was given out.

    Ordinary work goes on whatever it finds, but vouches for nothing that it has not checked: behind a link that the
    registry did not seal, or behind none at all, the seal is one that ``manage.py verify_history`` does not accept.
    """
    past = {link.number: link for link in model._base_manager.filter(number__in=(number - 1, number - 2))}
    before = past.get(number - 1)
    rows = rows_text(tables)
    link = link_of(before.link if before is not None else NOTHING, number, rows)
    key = current_key()
    after = BEGINNING if begins else _checked_key(before, past.get(number - 2))
    return model._base_manager.create(
        number=number,
        rows=rows,
        link=link,
        seal=seal_of(key, model, link, after if after != name_of(key) else ""),
        key_name=name_of(key),
        **more,
    )


def _checked_key(before: Link | None, earlier: Link | None) -> str:
    """The name of the key that sealed the link before; empty where this installation cannot tell that it did."""
    key = known_keys().get(before.key_name) if before is not None else None
    if before is None or key is None:
        return ""
    afters = ("", BEGINNING, earlier.key_name if earlier is not None else "")
    seals = (seal_of(key, type(before), before.link, after) for after in afters)
    return before.key_name if before.seal in seals else "unsealed"


def is_sealed(link: Link, before: Link | None, key: bytes, keys: dict[str, bytes]) -> bool:
    """Whether the seal is the registry's, and vouches for what stands before the link if nothing else does."""
    if before is None:
        accepted = {BEGINNING}
    elif before.key_name in keys:
        accepted = {"", before.key_name} if before.key_name != link.key_name else {""}
    else:
        accepted = {before.key_name}
    return any(link.seal == seal_of(key, type(link), link.link, after) for after in accepted)


# -- keys --------------------------------------------------------------------------------------------------------------


@cache
def _derived(secret: str) -> bytes:
    """The chain has a key of its own, which tells nothing about the one that it is made from."""
    return hmac.new(secret.encode(), b"history-chain", hashlib.sha256).digest()


def current_key() -> bytes:
    return _derived(settings.IDENTITY_KEY)


def known_keys() -> dict[str, bytes]:
    """Every key that this installation has, by its name: the current one first."""
    keys = [_derived(secret) for secret in (settings.IDENTITY_KEY, *settings.IDENTITY_KEYS_OLD)]
    return {name_of(key): key for key in keys}


def name_of(key: bytes) -> str:
    return hashlib.sha256(b"name of " + key).hexdigest()[:8]


def seal_of(key: bytes, model: type[Link], link: str, after: str = "") -> str:
    """A link of one chain is none of the other. ``after`` names the key of the link before, where it is another."""
    said = f"{model._meta.label} {link} after {after}" if after else f"{model._meta.label} {link}"
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
