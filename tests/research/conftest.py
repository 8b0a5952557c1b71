"""Fixtures of the export tests."""

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from tests.remembered import remembered
from tests.research.world import World


@pytest.fixture
def world(db):
    return remembered("world", World)


@pytest.fixture
def client_of():
    """A client signed in as the given user."""

    def signed_in(user):
        client = APIClient()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def committed(transactional_db, tmp_path):
    """A database in which writes are committed, so that other connections see them.

    PostgreSQL as it is; for SQLite a file, set up as the registry's own, in the place of the one in memory.
    """
    if connection.vendor == "postgresql":
        yield
        return
    in_memory, settings = connections["default"], connections.settings["default"]
    file = tmp_path / "registry.sqlite3"
    with in_memory.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])
    connections.settings["default"] = {**settings, "NAME": str(file)}
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"], connections.settings["default"] = in_memory, settings
