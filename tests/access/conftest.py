"""A hospital with one of everything, somebody in every role, and a second hospital."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests import factories
from tests.access.addresses import World, administered, one_of_each, people_of, printed
from tests.remembered import remembered


@dataclass(frozen=True)
class Town:
    """People in every role, what the first hospital has, and what the second one has."""

    people: dict[str, Any]
    own: World
    other: World
    #: A row of every model of the admin; clinical ones are the first hospital's.
    administered: dict[str, Any]


def make_town() -> Town:
    center = factories.CenterFactory(code="HEI", name="Hospital on the Neckar")
    other = factories.CenterFactory(code="ZQJ", name="Hospital on the Spree")
    people = people_of(center, other)
    worlds = one_of_each(center, people["clinician"]), one_of_each(other, people["other clinician"])
    worlds[0].things.update(printed())
    return Town(people, *worlds, administered(worlds[0], people))


@pytest.fixture
def town(db) -> Town:
    return remembered("town", make_town)


@pytest.fixture(autouse=True)
def _quick_passwords(settings, monkeypatch):
    """Tests of the sign-in check many passwords; a hash that is slow on purpose would cost them a minute."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(factories, "_hash", [])
