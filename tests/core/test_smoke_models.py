"""Every factory makes a valid record that the door accepts."""

import pytest

from tests.factories import FACTORIES


@pytest.mark.django_db
@pytest.mark.parametrize("model", FACTORIES, ids=lambda m: m.__name__)
def test_every_record_can_be_written_and_has_history(model):
    record = FACTORIES[model]()
    assert record.version == 1
    assert record.history.count() == 1
    assert record.history.first().history_user_name == "system: tests"
    for value in record.derived:
        list(model.objects.with_derived(value.name))
        value.python(record)
