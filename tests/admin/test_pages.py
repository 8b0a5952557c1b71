"""What pages of the admin hold and refuse; for whom each of them opens stands in ``tests/access/matrix.py``."""

import pytest
from django.contrib import admin
from django.urls import reverse

from registry.access.models import Membership
from registry.core.models import Record
from tests import factories
from tests.admin.pages import change, url

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
RECORDS = [model for model in MODELS if issubclass(model, Record)]


def ids(model):
    return model._meta.label


@pytest.mark.parametrize("model", MODELS, ids=ids)
def test_the_list_opens_for_a_superuser(model, as_boss):
    if model in factories.FACTORY_OF:
        factories.FACTORY_OF[model]()
    assert as_boss.get(url(model, "changelist")).status_code == 200
    assert as_boss.get(url(model, "changelist"), {"q": "a"}).status_code == 200


@pytest.mark.parametrize("key", ["999999999", "99999999999999999999999999", "abc", "1'", "_2D1"])
def test_an_id_that_cannot_be_is_404(key, as_boss):
    for page in ("change", "history", "delete"):
        assert as_boss.get(f"/admin/cases/case/{key}/{page}/").status_code == 404


def test_a_curator_who_is_researcher_elsewhere_does_not_see_that_centre(client, curator, other_center):
    Membership.objects.create(user=curator, center=other_center, role="researcher")
    Membership.objects.create(user=curator, center=other_center, role="clinician")
    case = factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    client.force_login(curator)
    assert client.get(change(case)).status_code == 404


@pytest.mark.parametrize("who", ["clinician", "researcher"])
def test_others_get_a_clear_page(who, client, request):
    client.force_login(request.getfixturevalue(who))
    response = client.get("/admin/cases/case/", follow=True)
    assert response.status_code == 403
    assert "for curators" in response.content.decode()


def test_staff_without_a_centre_get_a_clear_page(client, db):
    client.force_login(factories.UserFactory())
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_admin_has_no_sign_in_of_its_own(client, db):
    response = client.get("/admin/cases/case/")
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('login')}?next=/admin/cases/case/"
    response = client.get("/admin/login/?next=/admin/cases/case/")
    assert response["Location"] == f"{reverse('login')}?next=/admin/cases/case/"
    assert client.post("/admin/login/", {"username": "a", "password": "b"}).status_code == 302


@pytest.mark.parametrize("model", RECORDS, ids=ids)
def test_every_field_that_can_be_entered_stands_on_the_page(model):
    page = admin.site._registry[model]
    shown = set()
    for _heading, entries in page.sections:
        for entry in entries:
            shown |= {entry} if isinstance(entry, str) else set(entry)
    editable = {
        field.name for field in model._meta.concrete_fields if field.editable and not field.primary_key
    }
    # Tables as printed are shown where they can be read, on the page of the publication.
    left_out = {"missing", "content_type", "object_id", "tables"} if page.only_to_read else {"missing"}
    assert editable - left_out <= shown


def test_published_records_are_read_only_for_everyone(as_boss, published_case):
    response = as_boss.get(change(published_case))
    page = response.content.decode()
    assert "it is shown, not changed" in page
    assert 'name="_save"' not in page
    assert 'name="age_years"' not in page
    assert as_boss.post(change(published_case), {"age_years": 1}).status_code == 403
    assert (
        as_boss.post(url(type(published_case), "delete", published_case.pk), {"post": "yes"}).status_code
        == 403
    )


def test_a_published_record_says_where_its_values_are_printed(as_boss, published_case):
    lesion = published_case.lesions.get()
    factories.SourceValueFactory(
        record=lesion, field="volume_ml", printed="6.8 mL", location="Table 1, row 2"
    )
    page = as_boss.get(change(lesion)).content.decode()
    assert "Table 1, row 2" in page
    assert "6.8 mL" in page


@pytest.mark.parametrize("model", RECORDS, ids=ids)
def test_rows_are_not_offered_beneath_a_record_that_is_not_saved(model, as_boss):
    page = admin.site._registry[model]
    response = as_boss.get(url(model, "add"))
    assert response.status_code == (403 if page.only_to_read else 200)
    if response.status_code == 200:
        assert response.context["inline_admin_formsets"] == []


@pytest.mark.parametrize("kind", ["reboa", "sacroplasty", "vertebroplasty", "rfa"])
def test_a_procedure_has_the_rows_of_its_kind_only(kind, as_boss):
    procedure = factories.ProcedureFactory(kind=kind)
    response = as_boss.get(change(procedure))
    prefixes = {wrapped.formset.prefix for wrapped in response.context["inline_admin_formsets"]}
    expected = {
        "reboa": {"reboa_details", "balloon_inflations"},
        "sacroplasty": {"sacroplasty_details", "treated_lesions"},
        "vertebroplasty": {"vertebroplasty_details", "treated_lesions", "transarterial_sessions"},
        "rfa": {"rfa_details", "treated_lesions"},
    }
    assert prefixes == expected[kind] | {"complications"}


def test_the_access_log_is_read_and_never_written(as_boss):
    from registry.access import log
    from registry.access.models import AccessEvent

    event = log.note("export", subject="cases")
    assert as_boss.get(url(AccessEvent, "changelist"), {"q": "cases"}).status_code == 200
    page = as_boss.get(change(event))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert as_boss.get(url(AccessEvent, "add")).status_code == 403
    assert as_boss.post(change(event), {"subject": "x"}).status_code == 403
    assert as_boss.post(url(AccessEvent, "delete", event.pk), {"post": "yes"}).status_code == 403


def test_a_curator_sees_the_memberships_of_the_centre_and_no_users(as_curator, center, curator, outsider):
    from registry.access.models import Center, User

    listed = as_curator.get(url(Membership, "changelist")).context["cl"].result_list
    assert {row.center for row in listed} == {center}
    mine = curator.memberships.get()
    assert as_curator.get(change(mine)).status_code == 200
    assert as_curator.post(change(mine), {"role": "curator"}).status_code == 403
    for model in (User, Center):
        assert as_curator.get(url(model, "changelist")).status_code == 403
    assert as_curator.get(url(Membership, "add")).status_code == 200


def test_the_filter_by_centre_names_no_foreign_centre(
    as_curator, center, other_center, published_center, case
):
    page = as_curator.get(url(type(case), "changelist")).content.decode()
    assert f"?center={published_center.pk}" in page
    assert f"?center={other_center.pk}" not in page
    answer = as_curator.get(url(type(case), "changelist"), {"center": other_center.pk})
    assert list(answer.context["cl"].result_list) == []


def test_history_pages_of_foreign_ids_and_garbage_in_addresses_are_no_errors(as_curator, case):
    listing = url(type(case), "changelist")
    for query in (
        "center=abc",
        "status__exact=none",
        "id__exact=abc",
        "p=abc",
        "o=99",
        "q=%F0%9F%98%80",
        "e=1",
    ):
        assert as_curator.get(f"{listing}?{query}").status_code in (200, 302, 400), query
    for query in (
        "patient=abc",
        "patient=99999999999999999999",
        "center=1",
        "number=abc",
        "version=4",
        "x__y=1",
    ):
        assert as_curator.get(f"{url(type(case), 'add')}?{query}").status_code == 200, query
    sent = {"action": "delete_selected", "_selected_action": "abc", "index": "0"}
    assert as_curator.post(listing, sent).status_code == 400
