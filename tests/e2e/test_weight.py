"""What a page weighs on its way to a browser that has seen nothing of the registry yet, pictures left out."""

from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from tests.e2e.barriers import Visit
from tests.factories import CaseFactory, PatientFactory
from tests.outcomes.drafted import reboa_case, vertebroplasty_with_tace

pytestmark = pytest.mark.e2e

LIMIT_BYTES = 150_000
COMPRESSED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
#: Belongs to the administration and the description of the API.
NOT_ON_PAGES = ["admin", "drf_spectacular_sidecar", "rest_framework"]


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The static files as an installation serves them: compressed beforehand."""
    root = tmp_path_factory.mktemp("static")
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": COMPRESSED}}
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=NOT_ON_PAGES)
    return root


@pytest.fixture
def weigh(browser, live_server, clinician, collected):
    """Opens a page in a browser without a cache; answers with its bytes by kind, late parts included."""

    def served(path: str) -> int:
        file = collected / path.removeprefix(settings.STATIC_URL)
        compressed = Path(f"{file}.gz")
        return (compressed if compressed.exists() else file).stat().st_size

    def opened(path: str, user=clinician) -> Counter:
        visit = Visit(browser, live_server, user, "de")
        finished = []
        visit.page.on("requestfinished", lambda request: finished.append(request))
        visit.open(path)
        weight: Counter = Counter()
        for request in finished:
            address = urlsplit(request.url).path
            if request.resource_type == "image" or address.endswith(".svg"):
                continue
            static = address.startswith(settings.STATIC_URL)
            size = served(address) if static else request.sizes()["responseBodySize"]
            weight[request.resource_type] += size
        visit.close()
        return weight

    return opened


def told(name: str, weight: Counter) -> int:
    total = sum(weight.values())
    parts = ", ".join(f"{kind} {size / 1000:.1f}" for kind, size in weight.most_common())
    print(f"\n{name}: {total / 1000:.1f} kB ({parts})")
    return total


def test_the_first_pages_are_light(weigh, center, clinician):
    assert told("sign-in", weigh(reverse("login"), user=None)) < LIMIT_BYTES
    assert told("dashboard, empty", weigh(reverse("dashboard"))) < LIMIT_BYTES
    for made in (reboa_case, vertebroplasty_with_tace):
        made(center)
    CaseFactory(patient=PatientFactory(center=center, by=clinician), by=clinician)
    assert told("dashboard, filled", weigh(reverse("dashboard"))) < LIMIT_BYTES


def test_the_sections_of_a_case_are_light(weigh, center):
    case, surgical = vertebroplasty_with_tace(center), reboa_case(center)
    for record, slug in (
        (case, "patient"),
        (case, "lesions"),
        (case, "procedures"),
        (surgical, "procedures"),
        (case, "outcomes"),
        (case, "complications"),
        (case, "followup"),
        (case, "review"),
    ):
        path = reverse("case-section", args=[record.uuid, slug])
        assert told(f"{slug} of case {record.pk}", weigh(path)) < LIMIT_BYTES


def test_every_page_links_files_that_are_compressed(collected, clinician):
    """Style sheets and scripts of some size travel compressed, whichever page links them."""
    plain = [
        str(file.relative_to(collected))
        for file in collected.rglob("*")
        if file.suffix in (".css", ".js") and file.stat().st_size > 1000 and not Path(f"{file}.gz").exists()
    ]
    assert plain == []
    client = Client(headers={"Accept-Encoding": "gzip"})
    client.force_login(clinician)
    assert client.get(reverse("dashboard"))["Content-Encoding"] == "gzip"
