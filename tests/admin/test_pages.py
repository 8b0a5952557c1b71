"""Every page of the admin opens for those it is meant for."""

import pytest
from django.contrib import admin
from django.urls import reverse

from registry.core.models import Record
from tests import factories

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
RECORDS = [model for model in MODELS if issubclass(model, Record)]


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def boss(db):
    return factories.UserFactory(username="boss", is_staff=True, is_superuser=True)


@pytest.fixture
def as_boss(client, boss):
    client.force_login(boss)
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_the_list_opens_for_a_superuser(model, as_boss):
    if model in factories.FACTORIES:
        factories.FACTORIES[model]()
    assert as_boss.get(url(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model._meta.label)
def test_page_history_and_deletion_open_for_a_superuser(model, as_boss):
    record = factories.FACTORIES[model]()
    for page in ("change", "history"):
        assert as_boss.get(url(model, page, record.pk)).status_code == 200
