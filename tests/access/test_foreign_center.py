"""No address of the registry shows a clinician or curator of one centre anything of another's."""

import pytest
from django.contrib import admin
from django.urls import reverse

from cases.models import Case, Patient
from registry.core.models import Record
from tests import factories
from tests.access.addresses import DETAILS, LISTS, RESOURCES, World, one_of_each


@pytest.fixture
def world(other_center) -> World:
    return one_of_each(other_center)


@pytest.fixture
def foreign(world) -> dict[type[Record], Record]:
    """One record of every kind in the other centre."""
    return world.records


@pytest.fixture(params=["clinician", "curator", "researcher"])
def neighbour(request, center):
    """Somebody with a role in a centre, looking at another one."""
    return factories.member(center, request.param)


def test_pages_of_a_foreign_record_are_not_found(client, neighbour, world):
    client.force_login(neighbour)
    for name, url in world.pages():
        # 405: the page only ever shows, or only ever takes.
        answers = {client.get(url).status_code, client.post(url).status_code}
        assert 404 in answers and answers <= {404, 405}, (name, answers)


def test_api_records_of_another_center_are_not_found(client, neighbour, foreign):
    client.force_login(neighbour)
    for name, model in DETAILS.items():
        url = reverse(name, args=[foreign[model].uuid])
        assert client.get(url).status_code == 404, name
        assert client.patch(url, {"version": 1}, content_type="application/json").status_code == 404, name
        assert client.delete(f"{url}?version=1").status_code == 404, name


def test_lists_do_not_name_a_foreign_patient(client, neighbour, foreign):
    client.force_login(neighbour)
    patient, case = foreign[Patient], foreign[Case]
    for name in sorted(LISTS):
        answer = client.get(reverse(name))
        assert answer.status_code in (200, 403), name
        text = answer.getvalue().decode()
        for secret in (patient.registry_id, str(patient.uuid), str(case.uuid), patient.center.name):
            assert secret not in text, name


def test_a_foreign_record_is_not_found_through_a_filter(client, neighbour, foreign):
    client.force_login(neighbour)
    for resource in RESOURCES:
        for parameter in (
            "center=BER",
            f"case_id={foreign[Case].uuid}",
            f"patient_id={foreign[Patient].uuid}",
        ):
            answer = client.get(reverse(f"api-{resource}-list") + f"?{parameter}")
            if answer.status_code == 400:
                continue  # this resource has no such filter, or says that there is no such centre
            assert answer.json()["results"] == [], (resource, parameter)


def test_a_foreign_parent_is_refused_in_a_body(client, clinician, foreign):
    client.force_login(clinician)
    unknown = "00000000-0000-4000-8000-000000000000"
    for resource, parent in (("lesions", Case), ("assessments", Case), ("cases", Patient)):
        key = f"{parent._meta.model_name}_id"
        said = []
        for uuid in (str(foreign[parent].uuid), unknown):
            answer = client.post(
                reverse(f"api-{resource}-list"), {key: uuid}, content_type="application/json"
            )
            assert answer.status_code == 400
            said.append(answer.json()["errors"][key])
        assert said[0] == said[1], "a foreign record must look like one that does not exist"


def test_admin_pages_of_a_foreign_record_are_not_found(client, curator, foreign):
    client.force_login(curator)
    for model, record in foreign.items():
        if model not in admin.site._registry:
            continue
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for page in ("change", "delete", "history"):
            url = reverse(f"{base}_{page}", args=[record.pk])
            assert client.get(url).status_code == 404, url
            assert client.post(url).status_code in (404, 405), url
        listing = client.get(reverse(f"{base}_changelist"))
        assert listing.status_code == 200
        assert foreign[Patient].registry_id not in listing.content.decode()


def test_the_admin_is_closed_to_those_without_a_curators_role(client, clinician, researcher, foreign):
    for user in (clinician, researcher):
        client.force_login(user)
        url = reverse("admin:cases_case_change", args=[foreign[Case].pk])
        assert client.get(url).status_code in (302, 403, 404)


def test_another_hospital_is_not_named_by_the_api(client, neighbour, foreign):
    client.force_login(neighbour)
    other = foreign[Patient].center
    for key in (other.uuid, other.code):
        assert client.get(reverse("api-centers-detail", args=[key])).status_code == 404
