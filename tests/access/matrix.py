"""Who gets which answer at which address: the access rules of the whole registry as one table.

A row says what addresses answer to each of seven people, by method. A method that a row does not name is not offered:
even a superuser gets 405. To add an address, put its name into the row that answers alike, beneath the word for what
it leads to (``World.things``); ``case-section>patient`` is an address that says ``patient`` besides, and
``release-diff>@release`` one that names a release besides. An address that no row names fails the test, and the failure
shows what was answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cases import editor
from tests.access.addresses import RESOURCES

ROLES = ("anonymous", "clinician", "curator", "researcher", "other clinician", "other curator", "superuser")


@dataclass(frozen=True)
class Door:
    """Who gets the status ``s`` at a door, and what the others get. ``stranger`` is the answer to nobody."""

    stranger: int

    #                                    clinician curator researcher | other clinician, curator | superuser
    def signed_in(self, s: int) -> str:
        return f"{self.stranger} {s} {s} {s} {s} {s} {s}"

    def readers(self, s: int) -> str:
        """Of a record that is shown without identity."""
        return f"{self.stranger} {s} {s} {s} 404 404 {s}"

    def writers(self, s: int) -> str:
        """Of a record that may be changed, or that says who somebody is."""
        return f"{self.stranger} {s} {s} 403 404 404 {s}"

    def anywhere(self, s: int) -> str:
        """Of those who may write in some centre."""
        return f"{self.stranger} {s} {s} 403 {s} {s} {s}"

    def owner(self, s: int) -> str:
        """Of what the clinician has made: another's is not there, whoever asks."""
        return f"{self.stranger} {s} 404 404 404 404 404"

    def superuser(self, s: int) -> str:
        return f"{self.stranger} 403 403 403 403 403 {s}"


@dataclass(frozen=True)
class Desk:
    """The admin, which is there for curators and superusers: everybody else is sent to sign in."""

    def curators(self, s: int) -> str:
        return f"302 302 {s} 302 302 {s} {s}"

    def of_the_centre(self, s: int) -> str:
        return f"302 302 {s} 302 302 404 {s}"

    def superuser(self, s: int) -> str:
        return f"302 302 403 302 302 403 {s}"

    def nobody(self) -> str:
        return "302 302 403 302 302 403 403"


page, api, desk = Door(302), Door(401), Desk()


def everybody(s: int) -> str:
    return " ".join([str(s)] * len(ROLES))


@dataclass(frozen=True)
class Row:
    """One address: its name, what it leads to, what it says besides, and its answers by method."""

    name: str
    thing: str
    more: tuple[str, ...]
    answers: dict[str, str]


def rows(names: str = "", /, at: dict[str, str] | None = None, **answers: str) -> Iterator[Row]:
    """Addresses that answer alike; ``at`` names those that lead to a thing."""
    for thing, listed in {"": names, **(at or {})}.items():
        for word in listed.split():
            name, *more = word.split(">")
            yield Row(name, thing, tuple(more), answers)


#: Every record that a section of the editor draws is saved and removed by one address each.
DRAWN = {model._meta.model_name: model for model in editor.models_by_name().values()}
#: A whole case is not removed as a row, and a lesion that was treated not either.
REMOVED = set(DRAWN) - {"case", "patient", "lesion"}

READING = [
    *rows("health-live health-ready", GET=everybody(200), POST=everybody(200)),
    *rows("javascript-catalog", GET=everybody(200)),
    *rows("account case-counts cohort-new password_change", GET=page.signed_in(200), POST=page.signed_in(200)),
    *rows("dashboard case-list literature followup codebook cohort-list cohort-variables compare exports "
          "followup-summary key-variables api-docs "
          "pain-beside-published release-list query-list query-csv query-summary",
          at={"publication": "publication-detail"},
          GET=page.signed_in(200)),
    *rows(GET=page.signed_in(404), at={"publication": "printed-cell"}),
    *rows(GET=page.readers(200), at={
        "case": "case-detail case-history case-procedures case-outcomes case-timeline case-published-bands "
                "case-signature",
        "complication": "complication-sir",
    }),
    *rows(GET=page.writers(200), at={
        "case": "case-report case-letter assessment-column>day_1 case-section>patient case-section>lesions "
                "case-section>procedures case-section>outcomes case-section>complications case-section>followup "
                "case-section>review",
        "reboa": "procedure-occlusion",
    }),
    *rows(GET=page.writers(302), at={"case": "case-editor"}),
]  # fmt: skip

#: Of whoever has not signed in; who has is led on.
STRANGER = "200 302 302 302 302 302 302"

SIGN_IN = [
    *rows("login account_login", GET=STRANGER, POST=STRANGER),
    *rows("mfa_authenticate mfa_login_webauthn", GET=everybody(302), POST=everybody(302)),
    *rows("account_reset_password account_reset_password_from_key>a>b-c", GET=everybody(200), POST=everybody(200)),
    *rows("account_reset_password_done account_reset_password_from_key_done", GET=everybody(200)),
    *rows("account_reauthenticate sessions", GET=page.signed_in(200), POST=page.signed_in(200)),
    # Whoever has no second factor is led to where one is added; adding one asks for the password first.
    *rows("mfa_activate_totp mfa_add_webauthn mfa_generate_recovery_codes mfa_reauthenticate "
          "mfa_reauthenticate_webauthn mfa_remove_webauthn>1", GET=page.signed_in(302), POST=page.signed_in(302)),
    *rows("mfa_deactivate_totp", GET=page.signed_in(404), POST=page.signed_in(404)),
    *rows("mfa_view_recovery_codes", GET=page.signed_in(404)),
    *rows("mfa_index", GET=page.signed_in(200)),
    *rows("sessions-end-others", POST=page.signed_in(302)),
    *rows("session-end>1", POST=page.signed_in(404)),
]  # fmt: skip

FORMS = [
    *rows("sign-in-again", POST=everybody(422)),
    *rows("set_language logout", POST=everybody(302)),
    # Who may write in one centre only need not say where.
    *rows("case-new", GET=page.anywhere(200), POST="302 302 302 403 302 302 422"),
    *rows(GET=page.writers(200), POST=page.writers(302), at={
        "case": "case-draft lesion-new",
        "reboa": "ballooninflation-new",
        "treatedlesion": "ablation-new",
    }),
    *rows(GET=page.writers(200), POST=page.writers(422), at={
        "case": "case-edit case-delete case-complete treatment-new procedure-new assessment-new followupstatus-new "
                "followup-entry>month_1",
        "patient": "patient-edit patient-consent",
        "lesion": "lesion-edit lesion-delete",
        "treatment": "treatment-edit treatment-delete",
        "sacroplasty": "procedure-edit procedure-delete treatedlesion-new complication-new",
        "treatedlesion": "treatedlesion-edit treatedlesion-delete",
        "ablation": "ablation-edit ablation-delete",
        "ballooninflation": "ballooninflation-edit ballooninflation-delete",
        "vertebroplasty": "transarterialsession-new",
        "transarterialsession": "transarterialsession-edit transarterialsession-delete transarterialdrug-new",
        "transarterialdrug": "transarterialdrug-edit transarterialdrug-delete",
        **{f"{kind}details": f"{kind}details-edit" for kind in ("reboa", "sacroplasty", "vertebroplasty", "rfa")},
        "assessment": "assessment-edit assessment-delete",
        "complication": "complication-edit complication-delete",
        "followupstatus": "followupstatus-edit followupstatus-delete",
    }),
    *rows(GET=page.writers(302), POST=page.writers(302), at={"case": "followup-line"}),
    *rows("password_change_done", GET=page.signed_in(200)),
    *rows("diagnosis-new", at={"diagnosis": "diagnosis-edit"}, GET=page.superuser(200), POST=page.superuser(422)),
]  # fmt: skip

EDITOR = [
    *rows(POST=page.writers(200), at={
        "case": "lesion-add procedure-add",
        "sacroplasty": "procedure-details-add procedure-index-date treatedlesion-add",
        "reboa": "ballooninflation-add procedure-shift procedure-stamp>incision procedure-stamp>undo",
        "treatedlesion": "ablation-add",
        "assessment": "assessment-remove",
    }),
    *rows(POST=page.writers(400), at={"case": "assessment-point-save>day_1 followup-save"}),
    *rows(POST=page.writers(422), at={
        "case": "treatment-add assessment-visit",
        "reboa": "procedure-stamp>inflate procedure-stamp>deflate",
        "vertebroplasty": "transarterialsession-add",
        "transarterialsession": "transarterialdrug-add",
        "sacroplasty": "complication-add",
    }),
    *rows(POST=page.writers(400), at=dict.fromkeys(DRAWN, "record-save")),
    *rows(POST=page.writers(200), at=dict.fromkeys(sorted(REMOVED), "record-remove")),
    *rows(POST=page.writers(422), at={"lesion": "record-remove"}),
    *rows(POST="302 404 404 403 404 404 404", at={"case": "record-remove", "patient": "record-remove"}),
]  # fmt: skip

#: Of those who curate a centre, and of superusers.
CURATORS = "302 403 {0} 403 403 {0} {0}"

CURATION = [
    *rows("tokens", GET=page.signed_in(200), POST=page.signed_in(422)),
    *rows(POST=page.owner(302), at={"tokenscope": "token-revoke"}),
    *rows("invitations", GET=CURATORS.format(200), POST=CURATORS.format(422)),
    *rows(POST="302 403 302 403 403 404 302", at={"invitation": "invitation-send invitation-revoke"}),
    *rows("invitation-accept>nothing", GET=everybody(404), POST=everybody(404)),
    *rows("history ascertainment", GET=page.anywhere(200)),
    *rows("ascertainment-csv", GET=page.anywhere(200), POST=page.anywhere(200)),
    *rows("ascertainment-completeness", GET=page.signed_in(200), POST=page.signed_in(200)),
    *rows(GET="302 200 200 404 404 404 200", POST="302 403 302 404 404 404 302",
          at={"ascertainmentmonth": "ascertainment-month>2026>1"}),
    *rows(POST="302 403 409 404 404 404 409", at={"ascertainmentmonth": "ascertainment-sign-off>2026>1"}),
    *rows(POST="302 403 422 404 404 404 422", at={"ascertainmentmonth": "ascertainment-reopen>2026>1"}),
    *rows("cases-unsigned", GET=page.anywhere(200), POST=page.anywhere(422)),
    # Who administers the registry does not sign cases.
    *rows(GET="302 302 302 403 404 404 403", POST="302 422 422 403 404 404 403", at={"case": "case-sign"}),
    *rows(GET="302 403 302 403 404 404 302", POST="302 403 422 403 404 404 422", at={"case": "case-unsign"}),
    *rows("freezes", GET=CURATORS.format(200), POST=CURATORS.format(422)),
    *rows(GET="302 404 200 404 404 404 200", POST="302 404 422 404 404 404 422", at={"freeze": "freeze-thaw"}),
    # The cohort is the clinician's, who freezes nothing.
    *rows(GET="302 403 404 404 404 404 404", POST="302 403 404 404 404 404 404", at={"cohort": "cohort-freeze"}),
    *rows("locks", GET=CURATORS.format(200), POST=CURATORS.format(200)),
    *rows("unlock", POST=CURATORS.format(302)),
    *rows("history-file", GET=CURATORS.format(200)),
    *rows("imports", GET=CURATORS.format(200), POST=CURATORS.format(422)),
    *rows("import-template>cases>csv import-template>cases>xlsx", GET=CURATORS.format(200)),
    *rows(GET="302 403 200 403 403 404 200", at={"importbatch": "import-batch"}),
    # The errors of a batch that failed are gone; it is neither confirmed nor undone.
    *rows(GET="302 403 404 403 403 404 404", at={"importbatch": "import-errors"}),
    *rows(POST="302 403 422 403 403 404 422", at={"importbatch": "import-confirm import-undo"}),
    *rows(POST="302 403 302 403 403 404 302", at={"importbatch": "import-again import-discard"}),
    *rows("patient-merge", GET=CURATORS.format(200), POST=CURATORS.format(422)),
    *rows(GET="302 403 200 403 404 404 200", POST="302 403 422 403 404 404 422", at={"patient": "patient-erase"}),
    *rows(GET=page.writers(200), at={"case": "case-queries"}),
    *rows(GET=page.writers(200), POST=page.writers(422), at={
        "dataquery": "query-detail",
        "case": "section-queries>patient section-queries>lesions section-queries>procedures section-queries>outcomes "
                "section-queries>complications section-queries>followup",
        **dict.fromkeys(set(DRAWN) - {"case"}, "record-queries"),
    }),
]  # fmt: skip

RESEARCH = [
    *rows("export-new", GET=page.signed_in(200), POST=page.signed_in(422)),
    *rows("release-new", GET=page.signed_in(302), POST=page.signed_in(302)),
    *rows(GET=page.owner(200), at={
        "cohort": "cohort-detail cohort-statistics",
        "exportjob": "export-progress",
        "exportreceipt": "export-receipt-page",
        "release": "release-detail",
    }),
    *rows(GET=page.owner(302), at={"release": "release-compare"}),
    *rows(GET=page.owner(409), at={"release": "release-diff>@release release-file>data.zip"}),
    *rows(GET=page.owner(404), at={"cohort": "cohort-figure>nothing"}),
    *rows(GET=page.owner(410), at={"exportjob": "export-file"}),
    *rows(GET=page.owner(200), POST=page.owner(200), at={"cohort": "cohort-edit"}),
    *rows(POST=page.owner(302), at={
        "exportjob": "export-cancel",
        "cohort": "cohort-delete",
        "release": "release-rerun release-again release-edition",
    }),
]  # fmt: skip

#: What others hang on, so that it is not deleted by itself.
HELD = ("patients", "lesions")


def into(s: int) -> str:
    """Of a new record: to those of another centre its parent does not exist."""
    return f"401 {s} {s} 403 400 400 {s}"


API = [
    *rows("api-root api-centers-list api-codebook api-consistency-checks-list api-schema export-archive "
          "api-publications-list api-study-arms-list api-reported-values-list api-cited-series-list "
          "api-source-values-list api-diagnoses-list",
          at={"publication": "api-publications-detail", "studyarm": "api-study-arms-detail",
              "reportedvalue": "api-reported-values-detail", "citedseries": "api-cited-series-detail",
              "sourcevalue": "api-source-values-detail", "diagnosis": "api-diagnoses-detail"},
          GET=api.signed_in(200)),
    *rows(" ".join(f"api-{name}-list" for name in RESOURCES if name != "follow-up-status"),
          GET=api.signed_in(200), POST=into(201)),
    *rows("api-follow-up-status-list", GET=api.signed_in(200), POST=into(400)),
    *rows(GET=api.readers(200), PATCH=api.writers(200), DELETE=api.writers(204),
          at={model._meta.model_name: f"api-{name}-detail" for name, model in RESOURCES.items()
              if name not in HELD}),
    *rows(GET=api.readers(200), PATCH=api.writers(200), DELETE=api.writers(400),
          at={RESOURCES[name]._meta.model_name: f"api-{name}-detail" for name in HELD}),
    *rows(GET=api.readers(200), at={"center": "api-centers-detail"}),
    *rows("api-cohorts-list api-releases-list", GET=api.signed_in(200), POST=api.signed_in(400)),
    *rows("api-cohorts-preview", POST=api.signed_in(400)),
    *rows(GET=api.owner(200), PUT=api.owner(400), DELETE=api.owner(409), at={"cohort": "api-cohorts-detail"}),
    *rows(GET=api.owner(200), at={
        "cohort": "api-cohort-statistics",
        "exportjob": "export-job",
        "exportreceipt": "export-receipt",
        "release": "api-releases-detail",
    }),
    *rows(GET=api.owner(410), at={"exportjob": "export-job-file"}),
    *rows(GET=api.owner(409), at={"release": "api-releases-diff>@release api-releases-file>data.zip"}),
    *rows(POST=api.owner(409), at={"release": "api-releases-rerun"}),
    *rows("api-codebook-file>csv export>cases>csv", GET=api.signed_in(200)),
    *rows("api-nowhere", **dict.fromkeys(("GET", "POST", "PATCH", "PUT", "DELETE"), everybody(404))),
]  # fmt: skip

#: The five pages of the models that the admin shows: what each answers, for those that answer alike.
ADMIN_MODELS = {
    "cases.patient cases.case cases.lesion cases.treatment procedures.procedure procedures.treatedlesion "
    "procedures.reboadetails procedures.sacroplastydetails procedures.vertebroplastydetails procedures.rfadetails "
    "procedures.ballooninflation procedures.transarterialsession procedures.transarterialdrug procedures.ablation "
    "outcomes.assessment outcomes.complication outcomes.followupstatus": {
        "changelist add": desk.curators(200),
        "change history delete": desk.of_the_centre(200),
    },
    "literature.publication literature.studyarm literature.reportedvalue literature.citedseries "
    "literature.sourcevalue": {
        "changelist change history": desk.curators(200),
        "add delete": desk.nobody(),
    },
    "curation.signature curation.freeze curation.ascertainmentmonth": {
        "changelist": desk.curators(200),
        "change history": desk.of_the_centre(200),
        "add": desk.nobody(),
        "delete": "302 302 403 302 302 404 403",
    },
    "curation.dataquery": {
        "changelist": desk.curators(200),
        "change history": desk.of_the_centre(200),
        "add": desk.nobody(),
        "delete": "302 302 403 302 302 404 403",
    },
    "cases.diagnosis": {
        "changelist change history": desk.curators(200),
        "add delete": desk.superuser(200),
    },
    "access.user access.center": {"changelist add change history delete": desk.superuser(200)},
    "access.membership": {
        "changelist": desk.curators(200),
        # Django leads whoever may not see the row to the start page.
        "change history": "302 302 200 302 302 302 200",
        "delete": "302 302 403 302 302 302 200",  # not one's own
        "add": desk.curators(200),
    },
    "access.accessevent cases.patientcounter research.exportreceipt interchange.importbatch": {
        "changelist change history": desk.superuser(200),
        "add delete": desk.nobody(),
    },
    "knox.authtoken": {"changelist change history delete": desk.superuser(200), "add": desk.nobody()},
}  # fmt: skip

OF_A_ROW = ("change", "history", "delete")
ADMIN = [
    *rows("admin:index admin:jsi18n admin:app_list>cases admin:password_change_done", GET=desk.curators(200)),
    *rows("admin:password_change", GET=desk.curators(302)),  # to the one page for it
    *rows("admin:login", GET="302 403 302 403 403 302 302"),
    *rows("admin:logout", GET=desk.curators(405)),
    *rows("admin:autocomplete", GET=desk.curators(403)),
    *rows("admin:view_on_site>1>1", GET=desk.curators(404)),
    Row("admin/(?P<url>.*)$", "", (), {"GET": desk.curators(404)}),
    *rows(GET=desk.superuser(200), at={"access.user": "admin:auth_user_password_change"}),
    # Django's old address of a row leads to that of today.
    *(
        Row(f"admin/{label.replace('.', '/')}/<path:object_id>/", label, (), {"GET": desk.curators(302)})
        for labels in ADMIN_MODELS
        for label in labels.split()
    ),
    *(
        Row(f"admin:{label.replace('.', '_')}_{one}", label if one in OF_A_ROW else "", (), {"GET": answer})
        for labels, pages in ADMIN_MODELS.items()
        for label in labels.split()
        for names, answer in pages.items()
        for one in names.split()
    ),
]  # fmt: skip

#: In parts, so that they are asked side by side. In the admin, only reading is asked: the door behind it is the same.
PARTS = {
    "reading": READING,
    "sign-in": SIGN_IN,
    "forms": FORMS,
    "editor": EDITOR,
    "curation": CURATION,
    "research": RESEARCH,
    "api": API,
    "admin": ADMIN,
}
TABLE = [row for part in PARTS.values() for row in part]
