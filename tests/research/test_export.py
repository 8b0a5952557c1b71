"""The tidy export over HTTP."""

import csv
import hashlib
import io

import pytest

from registry.research.tables import tables

TABLES = tuple(tables())


def body(response):
    return b"".join(response.streaming_content)


def rows_of(response):
    return list(csv.DictReader(io.StringIO(body(response).decode())))


@pytest.mark.parametrize("table", TABLES)
def test_a_file_is_whole_and_its_receipt_says_so(world, client_of, table):
    client = client_of(world.researcher)
    response = client.get(f"/api/v1/export/{table}.csv")
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    data = body(response)
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert int(response["X-Rows"]) == len(rows) > 0
    receipt = client.get(f"/api/v1/export/receipts/{response['X-Receipt']}/").json()
    assert receipt["finished"] is True
    assert receipt["sha256"] == hashlib.sha256(data).hexdigest()
    assert receipt["bytes"] == len(data)
    assert receipt["rows"] == len(rows)
