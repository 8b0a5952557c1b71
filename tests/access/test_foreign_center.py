"""No URL of the registry shows a clinician or curator of one centre anything of another's.

The URL configuration is walked; an address that is not listed here fails until somebody has said what it leads to.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases.models import Case, Lesion, Patient, Treatment
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures import models as procedures
from registry.core.models import Record
from tests import factories

#: Page name → the model of the foreign record its address names (a new row's address names its parent).
PAGES: dict[str, type[Record]] = {
    "case-detail": Case,
    "case-edit": Case,
    "case-delete": Case,
    "case-history": Case,
    "case-complete": Case,
    "case-draft": Case,
    "case-procedures": Case,
    "case-outcomes": Case,
    "case-timeline": Case,
    "case-published-bands": Case,
    "case-report": Case,
    "case-letter": Case,
    "patient-edit": Patient,
    "lesion-new": Case,
    "lesion-edit": Lesion,
    "lesion-delete": Lesion,
    "treatment-new": Case,
    "treatment-edit": Treatment,
    "treatment-delete": Treatment,
    "procedure-new": Case,
    "procedure-edit": procedures.Procedure,
    "procedure-delete": procedures.Procedure,
    "treatedlesion-new": procedures.Procedure,
    "treatedlesion-edit": procedures.TreatedLesion,
    "treatedlesion-delete": procedures.TreatedLesion,
    "ablation-new": procedures.TreatedLesion,
    "ablation-edit": procedures.Ablation,
    "ablation-delete": procedures.Ablation,
    "ballooninflation-new": procedures.Procedure,
    "ballooninflation-edit": procedures.BalloonInflation,
    "ballooninflation-delete": procedures.BalloonInflation,
    "transarterialsession-new": procedures.Procedure,
    "transarterialsession-edit": procedures.TransarterialSession,
    "transarterialsession-delete": procedures.TransarterialSession,
    "transarterialdrug-new": procedures.TransarterialSession,
    "transarterialdrug-edit": procedures.TransarterialDrug,
    "transarterialdrug-delete": procedures.TransarterialDrug,
    "reboadetails-edit": procedures.ReboaDetails,
    "sacroplastydetails-edit": procedures.SacroplastyDetails,
    "vertebroplastydetails-edit": procedures.VertebroplastyDetails,
    "rfadetails-edit": procedures.RfaDetails,
    "assessment-new": Case,
    "assessment-edit": Assessment,
    "assessment-delete": Assessment,
    "complication-new": procedures.Procedure,
    "complication-edit": Complication,
    "complication-delete": Complication,
    "followup-line": Case,
    "followupstatus-new": Case,
    "followupstatus-edit": FollowUpStatus,
    "followupstatus-delete": FollowUpStatus,
}

#: API resource → the model of its records.
RESOURCES: dict[str, type[Record]] = {
    "patients": Patient,
    "cases": Case,
    "lesions": Lesion,
    "treatments": Treatment,
    "procedures": procedures.Procedure,
    "treated-lesions": procedures.TreatedLesion,
    "ablations": procedures.Ablation,
    "balloon-inflations": procedures.BalloonInflation,
    "transarterial-sessions": procedures.TransarterialSession,
    "transarterial-drugs": procedures.TransarterialDrug,
    "assessments": Assessment,
    "complications": Complication,
    "follow-up-status": FollowUpStatus,
}

#: Addresses that list or create, and so must not name the foreign patient; or that lead to no patient at all.
LISTS = {
    "dashboard",
    "case-list",
    "case-new",
    "account",
    "literature",
    "unusual-values",
    "followup",
    "followup-summary",
    "case-counts",
    "key-variables",
    "pain-beside-published",
    "api-root",
    "api-centers-list",
    *(f"api-{name}-list" for name in RESOURCES),
}
SHARED = {
    "health-live": "says only that the process runs",
    "health-ready": "says only that the database answers",
    "javascript-catalog": "the words of the scripts",
    "set_language": "sets a cookie",
    "login": "",
    "logout": "",
    "password_change": "the user's own",
    "password_change_done": "",
    "publication-detail": "published",
    "diagnosis-new": "a code list",
    "diagnosis-edit": "a code list",
    "export-receipt": "the user's own, tested with the export",
    "export": "tested with the export, for every table",
    "followup-entry": "tested with the follow-up list",
    **dict.fromkeys(
        ("assessment-column", "assessment-point-save", "assessment-visit", "assessment-remove"),
        "tested with the sections of the editor",
    ),
    **dict.fromkeys(
        ("complication-add", "complication-sir", "followup-save"), "tested with the sections of the editor"
    ),
    "api-centers-detail": "tested here by its own test",
    "api-schema": "",
    "api-docs": "",
    "api-nowhere": "leads nowhere",
    **{
        f"api-{name}-{kind}": "published, or a code list"
        for name in (
            "publications",
            "study-arms",
            "reported-values",
            "cited-series",
            "source-values",
            "diagnoses",
        )
        for kind in ("list", "detail")
    },
}
DETAILS = {f"api-{name}-detail": model for name, model in RESOURCES.items()}


def addresses(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.name or ""


def test_every_address_is_listed():
    listed = LISTS | set(SHARED) | set(PAGES) | set(DETAILS)
    found = {name or route for route, name in addresses() if not route.startswith(("admin/", "static/"))}
    assert found - listed == set(), "say in this file what the new address leads to"
    assert listed - found == set(), "these addresses are gone"


@pytest.fixture
def foreign(other_center) -> dict[type[Record], Record]:
    """One record of every kind in the other centre."""
    patient = factories.PatientFactory(center=other_center)
    case = factories.CaseFactory(patient=patient)
    lesion = factories.LesionFactory(case=case)
    made: list[Record] = [patient, case, lesion, factories.TreatmentFactory(case=case)]
    by_kind = {}
    for kind, details in (
        ("reboa", factories.ReboaDetailsFactory),
        ("vertebroplasty", factories.VertebroplastyDetailsFactory),
        ("sacroplasty", factories.SacroplastyDetailsFactory),
        ("rfa", factories.RfaDetailsFactory),
    ):
        by_kind[kind] = factories.ProcedureFactory(case=case, kind=kind)
        made += [by_kind[kind], details(procedure=by_kind[kind])]
    treated = factories.TreatedLesionFactory(procedure=by_kind["rfa"], lesion=lesion)
    session = factories.TransarterialSessionFactory(procedure=by_kind["vertebroplasty"])
    made += [
        treated,
        session,
        factories.AblationFactory(treated_lesion=treated),
        factories.TransarterialDrugFactory(session=session),
        factories.BalloonInflationFactory(procedure=by_kind["reboa"]),
        factories.AssessmentFactory(case=case),
        factories.ComplicationFactory(procedure=by_kind["rfa"]),
        factories.FollowUpStatusFactory(case=case),
    ]
    return {type(record): record for record in made}


@pytest.fixture(params=["clinician", "curator", "researcher"])
def neighbour(request, center):
    """Somebody with a role in a centre, looking at another one."""
    return factories.member(center, request.param)


def test_pages_of_a_foreign_record_are_not_found(client, neighbour, foreign):
    client.force_login(neighbour)
    for name, model in PAGES.items():
        url = reverse(name, args=[foreign[model].uuid])
        assert client.get(url).status_code == 404, name
        assert client.post(url).status_code in (404, 405), name  # 405: the page only ever shows


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
        text = answer.content.decode()
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
