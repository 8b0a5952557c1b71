"""The hash chain over the access log.

An event gets salt and digest when it is written, and a link of its own in ``AccessLink``. Events are written by every
page that shows identity, mostly outside of any transaction: then event and link are one transaction. Inside somebody's
transaction the link follows the commit; should the process die in between, the next event's link takes the one left
behind along.

No deadlock: the lock of this chain (its row of the counter) is taken last, in a transaction that holds no other lock
that anybody could wait for, neither a case nor the counter of changes, and takes none after it.

An event left behind is recognised by its ``proof``, an HMAC over its digest: a row that was put there by SQL has none,
is never linked, and is named by ``manage.py verify_history``.
"""

import hashlib
import hmac
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from registry.core.chain import digests, links
from registry.core.sequence import ChangeCounter

#: An event left behind is looked for among so many before the latest.
LOOK_BACK = 1000


class AccessLink(links.Link):
    """The link of one event of the access log. The first one covers what there was before the chain."""

    counted_by = ChangeCounter.ACCESS_LOG

    # The latest of the events that the link covers. A number, not a foreign key: nothing cascades here.
    event_id = models.BigIntegerField(_("event"), unique=True)

    class Meta:
        verbose_name = _("link of the access log")
        verbose_name_plural = _("links of the access log")


def proof_of(digest: str, key: bytes | None = None) -> str:
    return hmac.new(key or links.current_key(), f"event {digest}".encode(), hashlib.sha256).hexdigest()


def proved(proof: str, digest: str) -> bool:
    """Whether the registry itself wrote the event, with any of the keys that it has."""
    return any(hmac.compare_digest(proof, proof_of(digest, key)) for key in links.known_keys().values())


def write(event: Any, insert: Any) -> None:
    """Seal a new event, insert it, and link it."""
    digests.seal(event)
    event.proof = proof_of(event.digest)
    if connection.in_atomic_block:
        insert()
        transaction.on_commit(_link_in_one_go, robust=True)
    else:
        with transaction.atomic():
            insert()
            link_events(type(event))


def _link_in_one_go() -> None:
    from registry.access.models import AccessEvent

    with transaction.atomic():
        link_events(AccessEvent)


def link_events(model: Any) -> int:
    """Link whatever is not linked yet, in the order of the events; answers how many there were."""
    number = ChangeCounter.take(ChangeCounter.ACCESS_LOG)
    waiting = [(key, digest) for key, digest, proof in unlinked(model) if proved(proof, digest)]
    if not waiting:
        # As after a rush: somebody else has linked it. The number is given back.
        ChangeCounter.objects.filter(pk=ChangeCounter.ACCESS_LOG).update(last=number - 1)
    for at, (key, digest) in enumerate(waiting):
        if at:
            number = ChangeCounter.take(ChangeCounter.ACCESS_LOG)
        rows = links.RowsOfTable(model._meta.db_table)
        rows.add(key, digest)
        links.add(AccessLink, number, [rows], event_id=key)
    return len(waiting)


def unlinked(model: Any, look_back: int | None = LOOK_BACK) -> list[tuple[int, str, str]]:
    """Key, digest and proof of events without a link, among the latest ones or (``None``) among all."""
    opened = AccessLink._base_manager.order_by("number").values_list("event_id", flat=True).first() or 0
    rows = model._base_manager.filter(pk__gt=opened)
    if look_back is not None:
        latest = AccessLink._base_manager.aggregate(latest=models.Max("event_id"))["latest"] or 0
        rows = rows.filter(pk__gt=latest - look_back)
    linked = AccessLink._base_manager.filter(event_id=models.OuterRef("pk"))
    rows = rows.filter(~models.Exists(linked)).order_by("pk")
    return list(rows.values_list("pk", "digest", "proof"))


def begin(**kwargs: Any) -> None:
    """After a migration: begin the chain over what the access log holds, if there is none."""
    from registry.access.models import AccessEvent
    from registry.core.chain import opening, triggers

    tables = set(connection.introspection.table_names())
    if not {AccessEvent._meta.db_table, AccessLink._meta.db_table} <= tables:
        return
    latest = AccessEvent._base_manager.aggregate(latest=models.Max("pk"))["latest"] or 0
    opening.begin(AccessLink, [AccessEvent], lambda: 0, event_id=latest)
    triggers.install()
