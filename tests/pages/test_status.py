"""Completing a case, and taking it back to draft."""

import pytest
from django.urls import reverse

from registry.core import records
from tests.factories import AssessmentFactory, LesionFactory, ProcedureFactory, SacroplastyDetailsFactory


def url(case, name="case-complete"):
    return reverse(name, args=[case.uuid])


@pytest.fixture
def ready(monkeypatch, case):
    """A case to which nothing is lacking."""
    monkeypatch.setattr("registry.core.policies.gaps", lambda root: [])
    return case


def test_every_gap_is_a_link_to_where_it_is_closed(as_clinician, case):
    lesion = LesionFactory(case=case, levels=None)
    procedure = ProcedureFactory(case=case)
    details = SacroplastyDetailsFactory(procedure=procedure)
    baseline = AssessmentFactory(case=case, time_point="baseline")
    links = dict(as_clinician.get(url(case)).context["gaps"])

    def place(slug, record, field=""):
        anchor = f"#field-{record._meta.model_name}-{record.uuid}-{field}" if field else ""
        return reverse("case-section", args=[case.uuid, slug]) + anchor

    assert place("lesions", lesion, "levels") in links.values()
    assert place("procedures", procedure, "date") in links.values()
    assert place("procedures", details, "technique") in links.values()
    assert place("complications", procedure, "complications_answered") in links.values()
    assert place("outcomes", baseline, "vas_pain") in links.values()
    assert any(reverse("case-section", args=[case.uuid, "procedures"]) in link for link in links.values())
    assert all(links.values())
    for link in links.values():
        assert as_clinician.get(link.partition("#")[0]).status_code == 200


def test_a_case_with_gaps_stays_a_draft(as_clinician, case):
    response = as_clinician.post(url(case), {"version": 1, "status": "complete"})
    assert response.status_code == 422
    case.refresh_from_db()
    assert case.status == "draft"


def test_a_case_without_gaps_is_completed(as_clinician, ready):
    page = as_clinician.get(url(ready))
    assert "Everything that a complete case needs is there" in page.content.decode()
    assert as_clinician.post(url(ready), {"version": 1, "status": "complete"}).status_code == 302
    ready.refresh_from_db()
    assert (ready.status, ready.version) == ("complete", 2)
    assert as_clinician.post(url(ready), {"version": 1, "status": "complete"}).status_code == 302
    ready.refresh_from_db()
    assert ready.version == 2


def test_a_stale_version_is_told(as_clinician, ready, clinician):
    ready.height_cm = 170
    records.save(ready, by=clinician)
    response = as_clinician.post(url(ready), {"version": 1, "status": "complete"})
    assert response.status_code == 409
    assert "saved this record" in response.content.decode()


@pytest.mark.parametrize("status", ["finished", "💥", "\x00", "9" * 400])
def test_a_wrong_status_is_refused(as_clinician, ready, status):
    assert as_clinician.post(url(ready), {"version": 1, "status": status}).status_code == 422
    ready.refresh_from_db()
    assert ready.status == "draft"


def test_back_to_draft_asks_for_a_reason(as_clinician, ready, clinician):
    ready.status = "complete"
    records.save(ready, by=clinician)
    address = url(ready, "case-draft")
    refused = as_clinician.post(address, {"version": 2, "status": "draft"})
    assert refused.status_code == 422 and "Say why you change it" in refused.content.decode()
    done = as_clinician.post(address, {"version": 2, "status": "draft", "reason": "second lesion was missed"})
    assert done.status_code == 302
    ready.refresh_from_db()
    assert ready.status == "draft"
    assert ready.history.first().history_change_reason == "second lesion was missed"


@pytest.mark.parametrize(
    ("section", "back"), [("procedures", "case-section"), ("", "case-detail"), ("//evil", "case-detail")]
)
def test_back_to_draft_leads_back_to_the_section_that_asked(as_clinician, ready, clinician, section, back):
    ready.status = "complete"
    records.save(ready, by=clinician)
    address = f"{url(ready, 'case-draft')}?section={section}"
    wanted = reverse(back, args=[ready.uuid, section] if back == "case-section" else [ready.uuid])
    assert f'href="{wanted}">Cancel' in as_clinician.get(address).content.decode()
    done = as_clinician.post(address, {"version": 2, "status": "draft", "reason": "RFA was forgotten"})
    assert done.status_code == 302 and done["Location"] == wanted


@pytest.mark.parametrize("name", ["case-complete", "case-draft"])
def test_others_may_not(as_outsider, as_researcher, case, name):
    for client, status in ((as_outsider, 404), (as_researcher, 403)):
        assert client.get(url(case, name)).status_code == status
        assert client.post(url(case, name), {"version": 1}).status_code == status
