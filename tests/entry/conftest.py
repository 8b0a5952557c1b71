"""Who types."""

import pytest
from django.test import Client


@pytest.fixture
def as_typist(clinician):
    client = Client()
    client.force_login(clinician)
    return client
