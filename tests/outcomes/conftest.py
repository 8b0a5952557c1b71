"""The sections of the editor as a browser talks to them."""

import datetime
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.models import Case
from registry.core import records
from tests.factories import TESTS


@dataclass
class Desk:
    """A signed-in clinician before one case."""

    client: Client
    case: Any

    def page(self, slug: str) -> Any:
        return self.client.get(reverse("case-section", args=[self.case.uuid, slug]))

    def html(self, slug: str) -> str:
        return self.page(slug).content.decode()

    def send(self, url: str, fields: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Type into fields; ``base`` is what the page last knew to be stored there, nothing unless it is given."""
        listed = {
            name: [] if value in ("", None) else value if isinstance(value, list) else [str(value)]
            for name, value in fields.items()
        }
        body = {"fields": listed, "base": {name: [] for name in listed} | more.pop("base", {}), **more}
        answer = self.client.post(url, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def at(self, point: str, /, **fields: Any) -> dict[str, Any]:
        """Type into the column of a time point."""
        more = {name: fields.pop(name) for name in ("base", "confirm", "reason") if name in fields}
        return self.send(reverse("assessment-point-save", args=[self.case.uuid, point]), fields, **more)

    def save(self, record: Any, /, **fields: Any) -> dict[str, Any]:
        """Type into a record that is stored."""
        more = {name: fields.pop(name) for name in ("base", "confirm", "reason") if name in fields}
        url = reverse("record-save", args=[record._meta.model_name, record.uuid])
        return self.send(url, fields, **more)


@pytest.fixture
def client_of():
    def signed_in(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def treated_on(case):
    """The case with its index procedure so many days ago."""

    def moved(days: int) -> Case:
        case.index_date = timezone.localdate() - datetime.timedelta(days=days)
        records.save(case, by=TESTS)
        return Case.objects.get(pk=case.pk)

    return moved


@pytest.fixture
def desk(client_of, clinician, case):
    return Desk(client_of(clinician), case)
