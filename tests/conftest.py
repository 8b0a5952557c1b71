"""Fixtures shared by all tests."""

import os

import pytest
from django.conf import settings
from django.template.base import Template
from django.test import TransactionTestCase
from django.utils import translation

from registry.core.chain import triggers
from tests import factories

# Playwright runs an event loop in the test's thread; the ORM calls of browser tests are synchronous all the same.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
# A database that is kept for the next run has a chain that was sealed with this one.
settings.IDENTITY_KEY = "the key of the tests, and of nothing else"


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Tests need no collected static files."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _as_many_requests_as_a_test_needs(settings):
    """Users of different tests have the same id, and would be counted as one."""
    settings.API_RATE = 0


@pytest.fixture(autouse=True, scope="session")
def _unnoted_widgets(django_test_environment):
    """Django notes every template that a test renders: not those of widgets, of which a page has hundreds."""
    noted = Template._render
    Template._render = lambda self, context: (
        self.nodelist.render(context) if "widget" in context else noted(self, context)
    )


def _emptied(self, _teardown=TransactionTestCase._fixture_teardown):
    """Tests whose rows are committed empty the tables after them: the triggers, which forbid it, go first.

    Django announces the emptied tables like migrated ones, which puts the triggers up again.
    """
    triggers.remove()
    _teardown(self)


TransactionTestCase._fixture_teardown = _emptied


@pytest.fixture(autouse=True)
def _own_language():
    """A request leaves its language to the thread; the next test starts with that of the installation."""
    yield
    translation.deactivate()


@pytest.fixture
def center(db):
    return factories.CenterFactory(code="HEI")


@pytest.fixture
def other_center(db):
    return factories.CenterFactory(code="BER")


@pytest.fixture
def clinician(center):
    return factories.member(center, "clinician", username="clinician")


@pytest.fixture
def curator(center):
    return factories.member(center, "curator", username="curator")


@pytest.fixture
def researcher(center):
    return factories.member(center, "researcher", username="researcher")


@pytest.fixture
def outsider(other_center):
    """A clinician of another centre."""
    return factories.member(other_center, "clinician", username="outsider")


@pytest.fixture
def patient(center):
    return factories.PatientFactory(center=center)


@pytest.fixture
def case(patient):
    return factories.CaseFactory(patient=patient)
