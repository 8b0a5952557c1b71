"""Every address of the registry with what it leads to, and records to which each of them leads.

The URL configuration is walked; an address that is not listed here fails until somebody has said what it leads to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cases import editor
from cases.models import Case, Lesion, Patient, Treatment
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures import models as procedures
from registry.core.models import Record
from registry.curation import queries
from registry.curation.models import DataQuery
from tests import factories

#: Page name → the model of the record its address names (a new row's address names its parent).
PAGES: dict[str, type[Any]] = {
    "case-detail": Case,
    "case-edit": Case,
    "case-editor": Case,
    "case-section": Case,
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
    "patient-consent": Patient,
    "lesion-new": Case,
    "lesion-add": Case,
    "lesion-edit": Lesion,
    "lesion-delete": Lesion,
    "treatment-new": Case,
    "treatment-add": Case,
    "treatment-edit": Treatment,
    "treatment-delete": Treatment,
    "procedure-new": Case,
    "procedure-add": Case,
    "procedure-edit": procedures.Procedure,
    "procedure-delete": procedures.Procedure,
    "procedure-details-add": procedures.Procedure,
    "procedure-index-date": procedures.Procedure,
    "procedure-occlusion": procedures.Procedure,
    "procedure-shift": procedures.Procedure,
    "procedure-stamp": procedures.Procedure,
    "treatedlesion-new": procedures.Procedure,
    "treatedlesion-add": procedures.Procedure,
    "treatedlesion-edit": procedures.TreatedLesion,
    "treatedlesion-delete": procedures.TreatedLesion,
    "ablation-new": procedures.TreatedLesion,
    "ablation-add": procedures.TreatedLesion,
    "ablation-edit": procedures.Ablation,
    "ablation-delete": procedures.Ablation,
    "ballooninflation-new": procedures.Procedure,
    "ballooninflation-add": procedures.Procedure,
    "ballooninflation-edit": procedures.BalloonInflation,
    "ballooninflation-delete": procedures.BalloonInflation,
    "transarterialsession-new": procedures.Procedure,
    "transarterialsession-add": procedures.Procedure,
    "transarterialsession-edit": procedures.TransarterialSession,
    "transarterialsession-delete": procedures.TransarterialSession,
    "transarterialdrug-new": procedures.TransarterialSession,
    "transarterialdrug-add": procedures.TransarterialSession,
    "transarterialdrug-edit": procedures.TransarterialDrug,
    "transarterialdrug-delete": procedures.TransarterialDrug,
    "reboadetails-edit": procedures.ReboaDetails,
    "sacroplastydetails-edit": procedures.SacroplastyDetails,
    "vertebroplastydetails-edit": procedures.VertebroplastyDetails,
    "rfadetails-edit": procedures.RfaDetails,
    "assessment-new": Case,
    "assessment-column": Case,
    "assessment-point-save": Case,
    "assessment-visit": Case,
    "assessment-edit": Assessment,
    "assessment-delete": Assessment,
    "assessment-remove": Assessment,
    "complication-new": procedures.Procedure,
    "complication-add": procedures.Procedure,
    "complication-edit": Complication,
    "complication-delete": Complication,
    "complication-sir": Complication,
    "followup-line": Case,
    "followup-entry": Case,
    "followup-save": Case,
    "followupstatus-new": Case,
    "followupstatus-edit": FollowUpStatus,
    "followupstatus-delete": FollowUpStatus,
    "case-signature": Case,
    "case-sign": Case,
    "case-unsign": Case,
    "case-queries": Case,
    "section-queries": Case,
    "query-detail": DataQuery,
}
#: What an address says besides the record.
FURTHER: dict[str, tuple[str, ...]] = {
    "case-section": ("patient", "lesions", "procedures", "outcomes", "complications", "followup", "review"),
    "section-queries": ("patient", "lesions", "procedures", "outcomes", "complications", "followup"),
    "procedure-stamp": ("incision", "inflate", "deflate", "undo"),
    "assessment-column": ("day_1",),
    "assessment-point-save": ("day_1",),
    "followup-entry": ("month_1",),
}
#: Addresses that belong to one kind of procedure.
OF_KIND = {
    "procedure-occlusion": "reboa",
    "procedure-shift": "reboa",
    "procedure-stamp": "reboa",
    "ballooninflation-new": "reboa",
    "ballooninflation-add": "reboa",
    "transarterialsession-new": "vertebroplasty",
    "transarterialsession-add": "vertebroplasty",
}
#: Addresses that name the kind of the record: every one that a section of the editor draws.
OF_ANY_RECORD = ("record-save", "record-remove", "record-queries")

#: What somebody reads who may neither write nor see an identity; everything else in PAGES is closed to them.
READABLE = {
    "case-detail",
    "case-history",
    "case-procedures",
    "case-outcomes",
    "case-timeline",
    "case-published-bands",
    "complication-sir",
    "case-signature",
}

#: What only curators of the centre do.
CURATING = {"case-unsign"}

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
DETAILS = {f"api-{name}-detail": model for name, model in RESOURCES.items()}

#: Addresses that list or create, and so must not name a foreign patient; or that lead to no patient at all.
LISTS = {
    "dashboard",
    "case-list",
    "case-new",
    "account",
    "tokens",
    "invitations",
    "exports",
    "export-new",
    "literature",
    "query-list",
    "query-csv",
    "query-summary",
    "followup",
    "followup-summary",
    "case-counts",
    "patient-merge",
    "history",
    "key-variables",
    "cases-unsigned",
    "ascertainment",
    "ascertainment-csv",
    "ascertainment-completeness",
    "freezes",
    "pain-beside-published",
    "cohort-list",
    "cohort-new",
    "release-list",
    "cohort-variables",
    "codebook",
    "api-codebook",
    "compare",
    "api-root",
    "api-centers-list",
    "api-cohorts-list",
    "api-releases-list",
    *(f"api-{name}-list" for name in RESOURCES),
}
#: Open to whoever has not signed in.
OPEN = {
    "health-live": "says only that the process runs",
    "health-ready": "says only that the database answers and protects history",
    "javascript-catalog": "the words of the scripts",
    "set_language": "sets a cookie",
    "login": "",
    "account_login": "the same page, by the name that allauth asks for",
    "sign-in-again": "signs in, as the page of its own does",
    "invitation-accept": "needs the secret of an invitation",
    "mfa_authenticate": "the second step of signing in; without a first one it leads back there",
    "mfa_login_webauthn": "signs in by a passkey",
    "account_reset_password": "sends a link to the address of an account",
    "account_reset_password_done": "says that it was sent, whether or not there is an account",
    "account_reset_password_from_key": "takes the link",
    "account_reset_password_from_key_done": "says that the password was changed",
    "logout": "ends what session there is",
}
SHARED = OPEN | {
    "history-file": "the centres that the user curates, tested with the history",
    "token-revoke": "the user's own, tested with the tokens",
    "invitation-send": "of the curator's centres, tested with the invitations",
    "invitation-revoke": "of the curator's centres, tested with the invitations",
    "password_change": "the user's own",
    "password_change_done": "",
    **dict.fromkeys(
        (
            "account_reauthenticate",
            "mfa_reauthenticate",
            "mfa_reauthenticate_webauthn",
            "mfa_index",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_add_webauthn",
            "mfa_remove_webauthn",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "sessions",
            "sessions-end-others",
            "session-end",
        ),
        "the user's own, tested with the sign-in",
    ),
    "locks": "for curators of the user's centre, tested with the lock-out",
    "unlock": "for curators of the user's centre, tested with the lock-out",
    "publication-detail": "published",
    "printed-cell": "published",
    "api-consistency-checks-list": "published",
    "diagnosis-new": "a code list",
    "patient-erase": "curators of the centre, tested with the erasure",
    "diagnosis-edit": "a code list",
    "export-receipt": "the user's own, tested with the export",
    "export": "tested with the export, for every table",
    "api-codebook-file": "names no record",
    "export-archive": "tested with the archive",
    "export-job": "the user's own, tested with the jobs",
    "export-job-file": "the user's own, tested with the jobs",
    "export-progress": "the user's own, tested with the pages of exports",
    "export-cancel": "the user's own, tested with the pages of exports",
    "export-file": "the user's own, tested with the pages of exports",
    "export-receipt-page": "the user's own, tested with the pages of exports",
    "api-centers-detail": "tested by its own test",
    "cohort-detail": "the user's own and shared ones, tested with the cohorts",
    "cohort-edit": "the user's own, tested with the cohorts",
    "cohort-delete": "the user's own, tested with the cohorts",
    "cohort-freeze": "a curator's own cases, tested with the freezes",
    "cohort-statistics": "the user's own and shared ones, tested with the statistics",
    "cohort-figure": "the user's own and shared ones, tested with the statistics",
    "api-cohort-statistics": "the user's own and shared ones, tested with the statistics",
    "api-cohorts-detail": "the user's own and shared ones, tested with the cohorts",
    "api-cohorts-preview": "counts what the user may read, tested with the cohorts",
    "freeze-thaw": "a curator's own centres, tested with the freezes",
    "ascertainment-month": "a member's own centres, tested with the log",
    "ascertainment-sign-off": "a curator's own centres, tested with the log",
    "ascertainment-reopen": "a curator's own centres, tested with the log",
    "release-new": "freezes a cohort, tested with the releases",
    "release-detail": "the user's own, tested with the releases",
    "release-rerun": "the user's own, tested with the releases",
    "release-again": "the user's own, tested with the releases",
    "release-edition": "the user's own, tested with the releases",
    "release-file": "the user's own, tested with the releases",
    "release-compare": "the user's own, tested with the releases",
    "imports": "curators only, tested with the imports",
    "import-batch": "of centres that the user curates, tested with the imports",
    "import-confirm": "of centres that the user curates, tested with the imports",
    "import-again": "of centres that the user curates, tested with the imports",
    "import-discard": "of centres that the user curates, tested with the imports",
    "import-undo": "of centres that the user curates, tested with the imports",
    "import-errors": "of centres that the user curates, tested with the imports",
    "import-template": "curators only; names nobody",
    "release-diff": "the user's own, tested with the releases",
    "api-releases-detail": "the user's own, tested with the releases",
    "api-releases-diff": "the user's own, tested with the releases",
    "api-releases-file": "the user's own, tested with the releases",
    "api-releases-rerun": "the user's own, tested with the releases",
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


def addresses(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Route and name of every address of the URL configuration."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.name or ""


@dataclass(frozen=True)
class World:
    """One record of every kind in a hospital."""

    records: dict[type[Any], Any]
    procedures: dict[str, Any]

    def pages(self) -> Iterator[tuple[str, str]]:
        """Name and address of every page of these records."""
        for name, model in PAGES.items():
            record = self.procedures[OF_KIND[name]] if name in OF_KIND else self.records[model]
            for more in FURTHER.get(name, (None,)):
                yield name, reverse(name, args=[record.uuid, *([more] if more else [])])
        for kind, model in editor.models_by_name().items():
            record = self.records[model]
            for name in OF_ANY_RECORD:
                if name != "record-remove" or record.aggregate_root() != record:
                    yield name, reverse(name, args=[kind, record.uuid])


def one_of_each(center: Any) -> World:
    patient = factories.PatientFactory(center=center)
    case = factories.CaseFactory(patient=patient)
    lesion = factories.LesionFactory(case=case)
    made: list[Any] = [patient, case, lesion, factories.TreatmentFactory(case=case)]
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
        queries.ask(lesion, "levels", "Which?", by=factories.TESTS),
    ]
    return World({type(record): record for record in made}, by_kind)
