"""Keyset paging: each row exactly once in every offered ordering, forward and backward, while others write."""

import random
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from cases.models import Case, Patient
from registry.api import RESOURCES
from registry.core.api.paging import KeysetPagination
from registry.core.history import Pass, current_pass
from tests import factories
from tests.factories import TESTS

ROWS = 2500


def pages(model, view, *, ordering, page_size=500, start=None, meanwhile=None):
    """Ids page by page, following ``next`` – or ``previous`` from ``start`` on – to the end."""
    address = start or f"/api/v1/x/?page_size={page_size}" + (f"&ordering={ordering}" if ordering else "")
    link = "previous" if start else "next"
    for number in range(ROWS):
        request = Request(APIRequestFactory().get(address))
        paginator = KeysetPagination()
        rows = paginator.paginate_queryset(model.objects.only("pk"), request, view)
        body = paginator.get_paginated_response([row.pk for row in rows]).data
        yield body
        address = body[link]
        if address is None:
            return
        if meanwhile is not None:
            meanwhile(number)
    raise AssertionError("there is no end")


def view_of(resource):
    """The orderings of a resource, without its rows."""
    viewset = RESOURCES[resource]
    return SimpleNamespace(
        orderings=viewset.orderings,
        default_ordering=viewset.default_ordering,
        check_ordering=lambda name: None,
    )


def bulk(model, rows):
    token = current_pass.set(Pass(TESTS, "test"))
    try:
        return model.objects.bulk_create(rows)
    finally:
        current_pass.reset(token)


@pytest.fixture
def many(db):
    """2,500 cases with few distinct values, many of them NULL."""
    draw = random.Random(7)
    centers = [factories.CenterFactory(code=code) for code in ("A", "B")]
    diagnoses = [None, *(factories.DiagnosisFactory(slug=slug) for slug in ("lung", "breast"))]
    patients = bulk(
        Patient,
        [
            Patient(
                center=centers[n % 2],
                registry_id=f"X-{n // 3:05d}-{n % 3}",
                sex=draw.choice([None, "male", "female"]),
            )
            for n in range(ROWS)
        ],
    )
    return bulk(
        Case,
        [
            Case(
                patient=patient,
                center=patient.center,
                number=1,
                age_years=draw.choice([None, 0, 50, 60]),
                index_date=draw.choice([None, "2024-01-01", "2024-01-02"]),
                disease_status=draw.choice([None, "primary", "metastasis"]),
                diagnosis=draw.choice(diagnoses),
            )
            for patient in patients
        ],
    )


def test_every_ordering_gives_each_of_2500_rows_once_in_order_forward_and_backward(many):
    view = view_of("cases")
    everything = {case.pk for case in many}
    for name in ["", *view.orderings]:
        for ordering in {name, f"-{name}" if name else ""}:
            forward = list(pages(Case, view, ordering=ordering))
            ids = [pk for page in forward for pk in page["results"]]
            assert len(ids) == ROWS and set(ids) == everything, ordering
            in_order(view.orderings.get(name, "pk"), ids, descending=ordering.startswith("-"))
            assert forward[0]["previous"] is None
            backward = list(pages(Case, view, ordering=ordering, start=forward[-1]["previous"]))
            behind = [pk for page in reversed(backward) for pk in page["results"]]
            assert behind == ids[: -len(forward[-1]["results"])], ordering
            assert backward[-1]["previous"] is None and backward[0]["next"]


def in_order(path, ids, *, descending):
    """Empty values stand last in either direction, on both databases."""
    values = dict(Case.objects.values_list("pk", path))
    shown = [values[pk] for pk in ids]
    known = [value for value in shown if value is not None]
    assert shown == known + [None] * (ROWS - len(known)), path
    assert known == sorted(known, reverse=descending), path


def test_several_columns_in_opposite_directions_give_each_row_once(many):
    view = view_of("cases")
    for ordering in ("age_years,-index_date", "-disease_status,registry_id", "-center,-sex,age_years"):
        ids = [pk for page in pages(Case, view, ordering=ordering) for pk in page["results"]]
        assert len(ids) == len(set(ids)) == ROWS, ordering


@pytest.mark.parametrize("ordering", ["age_years", "-registry_id"])
def test_rows_that_come_meanwhile_push_no_other_out_or_in_twice(many, ordering):
    everything = {case.pk for case in many}
    center = many[0].center

    def insert(number):
        for n, age in enumerate((None, 0, 50, 99)):
            patient = Patient(center=center, registry_id=f"{'AXZ'[n % 3]}-{number}-{n}")
            [patient] = bulk(Patient, [patient])
            bulk(
                Case, [Case(patient=patient, center=center, number=1, age_years=age, index_date="2024-01-01")]
            )

    ids = [
        pk
        for page in pages(Case, view_of("cases"), ordering=ordering, meanwhile=insert)
        for pk in page["results"]
    ]
    assert len(ids) == len(set(ids)) and everything <= set(ids)


def test_a_page_is_found_without_counting_or_skipping(many):
    with CaptureQueriesContext(connection) as queries:
        list(pages(Case, view_of("cases"), ordering="-index_date"))
    assert len([each for each in queries if "LIMIT 501" in each["sql"]]) == 5
    assert not any("OFFSET" in each["sql"] or "COUNT(" in each["sql"] for each in queries)


# -- over HTTP ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lesions(case):
    return [
        factories.LesionFactory(case=case, volume_ml=volume) for volume in (3, None, 1, 3, None, 2, "0.5")
    ]


def follow(api, address, link="next"):
    while address:
        body = api.get(address).json()
        yield from body["results"] if link == "next" else reversed(body["results"])
        address = body[link]


@pytest.mark.parametrize("resource", sorted(RESOURCES))
def test_every_offered_ordering_works(api, resource, lesions):
    for name in RESOURCES[resource].orderings:
        for ordering in (name, f"-{name}"):
            answer = api.get(f"{resource}/", ordering=ordering, page_size=2)
            assert answer.status_code == 200, answer.json()
            whole = [row["id"] for row in follow(api, f"{resource}/?ordering={ordering}&page_size=2")]
            assert len(whole) == len(set(whole))


def test_links_lead_through_the_list_and_back(api, lesions):
    first = api.get("lesions/", ordering="-volume_ml", page_size=3).json()
    ids = [row["id"] for row in follow(api, "lesions/?ordering=-volume_ml&page_size=3")]
    volumes = [row["volume_ml"] for row in follow(api, "lesions/?ordering=-volume_ml&page_size=3")]
    assert volumes == [3, 3, 2, 1, 0.5, None, None] and len(set(ids)) == 7
    second = api.get(first["next"]).json()
    assert api.get(second["previous"]).json()["results"] == first["results"]
    assert "ordering=-volume_ml" in first["next"] and "page_size=3" in first["next"]


@pytest.mark.parametrize("size", ["0", "501", "-1", "x", "1.5", "1" * 30, "٣", " 5"])
def test_a_page_size_that_is_not_offered_is_refused(api, size):
    answer = api.get("lesions/", page_size=size)
    assert answer.status_code == 400 and list(answer.json()["errors"]) == ["page_size"]


@pytest.mark.parametrize(
    "ordering", ["birth_year", "pk", "--number", "number,number", "number,", ",", "-", "patient__sex"]
)
def test_an_ordering_that_is_not_offered_is_refused_and_the_offered_ones_named(api, ordering):
    answer = api.get("lesions/", ordering=ordering)
    assert answer.status_code == 400
    assert "number, registry_id, side, volume_ml" in answer.json()["errors"]["ordering"][0]


@pytest.mark.parametrize("cursor", ["x", "gAAAAA", "%00", "é", "a" * 5000, "=", "gAAAAABm" + "A" * 200])
def test_a_cursor_that_is_not_ours_is_refused(api, lesions, cursor):
    answer = api.get(f"lesions/?cursor={cursor}")
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"


def test_a_cursor_of_another_list_or_ordering_is_refused(api, lesions):
    link = api.get("lesions/", ordering="volume_ml", page_size=2).json()["next"]
    for other in (
        link.replace("volume_ml", "-volume_ml"),
        link.replace("/lesions/", "/treatments/").replace("ordering=volume_ml&", ""),
        link[:-3] + "abc",
    ):
        assert api.get(other).status_code == 400, other


def test_a_cursor_tells_nothing_of_the_rows(api, case):
    import base64

    for _n in range(3):
        factories.CaseFactory(patient=case.patient, index_date="2024-02-29")
    link = api.get("cases/", ordering="-index_date", page_size=1).json()["next"]
    cursor = link.split("cursor=")[1].split("&")[0]
    assert b"2024" not in base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
