"""Fixtures of the export tests."""

import pytest
from rest_framework.test import APIClient

from tests.research.world import World


@pytest.fixture
def world(db):
    return World()


@pytest.fixture
def client_of():
    """A client signed in as the given user."""

    def signed_in(user):
        client = APIClient()
        client.force_login(user)
        return client

    return signed_in
