"""Every address answers everybody as ``matrix.py`` says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.access.addresses import RESOURCES, World, addresses
from tests.access.conftest import Town
from tests.access.matrix import PARTS, ROLES, TABLE, Row
from tests.api.bodies import BODIES, CHANGES

#: Addresses that say the kind of the record before the record.
OF_ANY_RECORD = ("record-save", "record-remove", "record-queries")
#: Methods that an address offers or refuses.
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
JSON = "application/json"


@dataclass
class Visitors:
    """Everybody in one client: whoever asks, nothing that is sent stays, and no session ends."""

    town: Town
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    sessions: dict[str, str] = field(default_factory=dict)
    secrets: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.secrets = [name.encode() for name in self.town.other.names()]
        for role, user in self.town.people.items():
            self.client.cookies.clear()
            if user is not None:
                self.client.force_login(user)
                self.sessions[role] = self.client.cookies["sessionid"].value

    def ask(self, role: str, method: str, url: str, body: Any = None) -> int:
        """The status. On the way, nobody of the first hospital may be told anything of the second one."""
        self.client.cookies.clear()
        if role in self.sessions:
            self.client.cookies["sessionid"] = self.sessions[role]
        kind = {"content_type": JSON} if url.startswith("/api/") else {}
        if method == "GET":
            answer = self.client.get(url)
            if not role.startswith(("other", "superuser")):
                text = b"".join(answer.streaming_content) if answer.streaming else answer.content
                assert not any(secret in text for secret in self.secrets), (role, url)
            return answer.status_code
        with transaction.atomic():
            status = getattr(self.client, method.lower())(url, body or {}, **kind).status_code
            transaction.set_rollback(True)
        return status

    def answers(self, method: str, url: str, body: Any = None) -> str:
        return " ".join(str(self.ask(role, method, url, body)) for role in ROLES)


class Rows:
    """Where the rows of new records hang, for the bodies of the API."""

    def __init__(self, world: World) -> None:
        self.case, self.lesion = world.things["case"], world.things["lesion"]
        self.treated_lesion, self.session = (
            world.things["treatedlesion"],
            world.things["transarterialsession"],
        )
        self.procedure = world.things.__getitem__


def address(row: Row, town: Town) -> str:
    admin = row.name.startswith("admin")
    if row.name.startswith("admin/"):  # a route of Django's without a name
        key = str(town.administered[row.thing].pk) if row.thing else "nowhere"
        return "/" + row.name.replace("<path:object_id>", key).replace("(?P<url>.*)$", key)
    keys = [town.administered[row.thing].pk if admin else town.own.key(row.thing)] if row.thing else []
    more = [town.own.key(word[1:]) if word.startswith("@") else word for word in row.more]
    kind = [row.thing] if row.name in OF_ANY_RECORD else []
    return reverse(row.name, args=[*kind, *keys, *more])


def body(row: Row, method: str, town: Town) -> Any:
    """What is sent: to the API something that it could take, to pages nothing."""
    resource = row.name.removeprefix("api-").rpartition("-")[0]
    if not row.name.startswith("api-") or resource not in RESOURCES or method == "GET":
        return None
    if row.name.endswith("-list"):
        return BODIES[resource](Rows(town.own))
    return {**(CHANGES[resource] if method == "PATCH" else {}), "version": town.own.things[row.thing].version}


def differences(rows: list[Row], visitors: Visitors) -> Iterator[str]:
    for row in rows:
        said = " ".join([row.name, row.thing, *row.more])
        url = address(row, visitors.town)
        offered = METHODS if row.name.startswith("api") else ("GET", "POST")
        for method in offered:
            sent = body(row, method, visitors.town)
            if method in row.answers:
                found = visitors.answers(method, url, sent)
                if found != row.answers[method]:
                    yield f"{said} {method}: {found} instead of {row.answers[method]}"
            elif (
                not row.name.startswith("admin")
                and (other := visitors.ask("superuser", method, url, sent)) != 405
            ):
                yield f"{said} {method}: not in the table, but answered {other}"


@pytest.mark.parametrize("part", PARTS)
def test_every_address_answers_everybody_as_the_table_says(town, part):
    found = list(differences(PARTS[part], Visitors(town)))
    assert not found, "\n" + "\n".join([" | ".join(ROLES), *found])


def observed(name: str, visitors: Visitors) -> str:
    """What an address that no row names answers, so that it can be judged and listed."""
    for thing in ("", *visitors.town.own.things):
        try:
            url = address(Row(name, thing, (), {}), visitors.town)
        except (NoReverseMatch, AttributeError, KeyError):
            continue
        methods = {method: visitors.answers(method, url) for method in ("GET", "POST")}
        if thing and set(methods["GET"].split()) == {"302", "404"}:
            continue  # it leads to something else
        said = ", ".join(f'{method}="{answers}"' for method, answers in methods.items())
        return f"{name}, leading to “{thing}”: {said}"
    return f"{name}: say what it leads to"


def test_every_address_is_in_the_table_and_every_row_is_an_address(town):
    found = {name or route for route, name in addresses()}
    listed = {row.name for row in TABLE}
    missing = [observed(name, Visitors(town)) for name in sorted(found - listed)]
    assert not missing, "\n" + "\n".join(["no row says who gets which answer there:", *missing])
    assert sorted(listed - found) == [], "these addresses are gone"
