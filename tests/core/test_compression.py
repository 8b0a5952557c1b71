"""Pages travel compressed; exports as the bytes that are counted and hashed."""

import gzip

from django.test import Client
from django.urls import reverse


def test_a_page_travels_compressed(clinician):
    client = Client(headers={"Accept-Encoding": "gzip"})
    client.force_login(clinician)
    answer = client.get(reverse("case-list"))
    assert answer["Content-Encoding"] == "gzip"
    assert b"</html>" in gzip.decompress(answer.content)


def test_an_export_travels_as_it_is(clinician):
    client = Client(headers={"Accept-Encoding": "gzip"})
    client.force_login(clinician)
    answer = client.get("/api/v1/export/cases.csv")
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer
