"""At every door history says who, when, why, from what and to what; and a complete case asks each of them why."""

import io
import re
from datetime import timedelta

import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, Lesion, Patient
from registry.core.history import field_changes
from registry.curation.trail.search import Search
from tests import factories
from tests.admin.conftest import complete_case
from tests.admin.pages import as_sent, change, url
from tests.pages.conftest import form_data

WHY = "MRI read again"


@pytest.fixture
def settled(center):
    """A complete case with one lesion more than it needs."""
    case = complete_case(center)
    factories.LesionFactory(case=case, levels="S2", volume_ml=5, reason="second lesion")
    return case


@pytest.fixture
def extra(settled):
    return settled.lesions.get(levels="S2")


def by_form(client, lesion, why):
    page = client.get(reverse("lesion-edit", args=[lesion.uuid]))
    return client.post(
        reverse("lesion-edit", args=[lesion.uuid]), {**form_data(page), "levels": ["S2", "S3"], "reason": why}
    )


def by_autosave(client, lesion, why):
    body = {"fields": {"levels": ["S2", "S3"]}, "base": {"levels": ["S2"]}, "reason": why}
    return client.post(
        reverse("record-save", args=["lesion", lesion.uuid]), body, content_type="application/json"
    )


def by_api(client, lesion, why):
    body = {"levels": ["S2", "S3"], "reason": why, "version": lesion.version}
    return client.patch(
        reverse("api-lesions-detail", args=[lesion.uuid]), body, content_type="application/json"
    )


def by_admin(client, lesion, why):
    sent = as_sent(client.get(change(lesion)), levels=["S2", "S3"], reason=why)
    return client.post(change(lesion), sent)


CHANGED = [("levels", "S2", "S2;S3")]
DELETED = [("levels", "S2", None), ("volume_ml", 5, None)]


def by_deletion_form(client, lesion, why):
    address = reverse("lesion-delete", args=[lesion.uuid])
    return client.post(address, {"version": lesion.version, "reason": why})


def by_row_removal(client, lesion, why):
    address = reverse("record-remove", args=["lesion", lesion.uuid])
    return client.post(address, {"version": lesion.version, "reason": why})


def by_api_deletion(client, lesion, why):
    body = {"version": lesion.version, "reason": why}
    return client.delete(
        reverse("api-lesions-detail", args=[lesion.uuid]), body, content_type="application/json"
    )


def by_admin_deletion(client, lesion, why):
    return client.post(
        url(Lesion, "delete", lesion.pk), {"post": "yes", "version": lesion.version, "reason": why}
    )


def by_bulk_action(client, lesion, why):
    sent = {"action": "delete_selected", "_selected_action": [lesion.pk], "post": "yes", "reason": why}
    return client.post(url(Lesion, "changelist"), sent)


DOORS = {
    by_form: CHANGED,
    by_autosave: CHANGED,
    by_api: CHANGED,
    by_admin: CHANGED,
    by_deletion_form: DELETED,
    by_row_removal: DELETED,
    by_api_deletion: DELETED,
    by_admin_deletion: DELETED,
    by_bulk_action: DELETED,
}


def newest(model):
    """Who, why, and each field from what to what, of the latest change of a kind; it was made just now."""
    (found, *_), _more = Search(centers=None, kind=model._meta.label_lower).page(1)
    assert timezone.now() - found.row.history_date < timedelta(minutes=1)
    changes = [(c.field, c.before, c.after) for c in field_changes(found.row, found.previous)]
    return found.row.history_user_name, found.row.history_change_reason, changes


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_history_says_who_when_why_before_and_after(client, curator, extra, door):
    client.force_login(curator)
    answer = door(client, extra, WHY)
    assert answer.status_code in (200, 204, 302), answer.content.decode()
    who, why, changes = newest(Lesion)
    assert (who, why) == ("curator", WHY)
    assert [one for one in changes if one[0] in ("levels", "volume_ml")] == DOORS[door]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_a_complete_case_asks_every_door_why(client, curator, extra, door):
    client.force_login(curator)
    rows = Lesion.history.count()
    for why in ("", "  "):
        answer = door(client, extra, why)
        assert answer.status_code in (200, 400, 422)
        assert re.search(
            "Say why you change it|This field is required|reason_needed", answer.content.decode()
        )
    assert Lesion.history.count() == rows
    assert Lesion.objects.get(pk=extra.pk).levels == "S2"


def test_a_command_says_so_too(db, tmp_path):
    for age in (61, 62):
        entry = {"age_years": {"value": age, "printed": str(age), "location": "Table 1"}}
        pain = {"vas_pain": {"value": 7, "printed": "7", "location": "Table 1"}}
        document = {
            "format": "publication/1",
            "publication": {"slug": "paper", "title": "T", "authors": ["A"], "journal": "J", "year": 2020},
            "center": {"code": "PAPER", "name": "H", "country": "DE"},
            "patients": [
                {
                    "source_label": "Case 1",
                    "case": entry,
                    "lesions": [{"number": 1}],
                    "procedures": [{"kind": "sacroplasty", "treated_lesions": [{"lesion": 1}]}],
                    "assessments": [{"time_point": "baseline", "fields": pain}],
                }
            ],
        }
        path = tmp_path / "paper.yaml"
        path.write_text(yaml.safe_dump(document), "utf-8")
        call_command("load_publications", str(path), verbosity=0, stdout=io.StringIO())
    who, why, changes = newest(Case)
    assert who == "system: load_publications" and why
    assert ("age_years", 61, 62) in changes


def test_a_merge_says_so_too(client, curator, settled, center):
    other = factories.PatientFactory(center=center, sex="female", consent_status="given")
    client.force_login(curator)
    address = f"{reverse('patient-merge')}?a={settled.patient.uuid}&b={other.uuid}"
    shown = client.post(address, {"survivor": "b", "take_consent_status": "b"})
    sent = dict(shown.context["kept"]) | {"mark": shown.context["mark"], "confirm": "1"}
    assert client.post(address, sent).status_code == 422  # no reason
    assert client.post(address, sent | {"reason": WHY}).status_code == 302
    assert newest(Case) == (
        "curator",
        WHY,
        [("patient", settled.patient.registry_id, other.registry_id)],
    )
    who, why, changes = newest(Patient)
    assert (who, why) == ("curator", WHY)
    assert ("registry_id", settled.patient.registry_id, None) in changes
