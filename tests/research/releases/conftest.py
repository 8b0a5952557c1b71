"""A folder for releases, and a cohort that has every case its reader may read."""

import pytest

from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.cohorts.choosing import of_version
from registry.research.models import Release
from registry.research.releases import making
from registry.research.releases.wish import Wish
from tests.research.world import World

EVERYONE = {"title": "Everyone", "where": {"all": [{"variable": "cases.age_years", "is": "recorded"}]}}


@pytest.fixture(autouse=True)
def shelf_root(settings, tmp_path):
    settings.RELEASE_DIR = tmp_path / "releases"
    return settings.RELEASE_DIR


def frozen(user, definition=None, cohort=None, **said):
    """A release of a cohort of this user, written."""
    cohort = cohort or keeping.create(read(definition or EVERYONE, user), user)
    wish = Wish.read(said.pop("title", "Everyone"), said.pop("authors", ["Curie, Marie"]), **said)
    release = making.freeze(
        of_version(cohort, None, user), wish, lambda slug: f"https://registry.test/{slug}/"
    )
    assert release.state == Release.State.READY, release.get_failure_display()
    return release


@pytest.fixture
def kept(committed):
    """The small world, in a database where every write is committed."""
    return World()
