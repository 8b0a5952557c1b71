"""The section of procedures: adding, removing, what is computed and offered, and what it costs."""

import datetime
import re
import uuid

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Case, Lesion
from procedures.models import (
    Ablation,
    Procedure,
    ReboaDetails,
    RfaDetails,
    SacroplastyDetails,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
    VertebroplastyDetails,
)
from procedures.views.editor import AddSession
from registry.core import records
from registry.core.policies import Gap
from registry.core.views.links import gap_url
from tests import factories
from tests.core.test_write_door import complete
from tests.procedures.conftest import add, prefix

pytestmark = pytest.mark.django_db
DETAILS = {
    "reboa": ReboaDetails,
    "sacroplasty": SacroplastyDetails,
    "vertebroplasty": VertebroplastyDetails,
    "rfa": RfaDetails,
}


# -- procedures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DETAILS)
def test_a_procedure_is_added_with_the_details_of_its_kind(as_clinician, case, kind):
    answer = add(as_clinician, "procedure-add", case, kind=kind)
    assert answer.status_code == 200
    procedure = Procedure.objects.get()
    assert procedure.kind == kind
    assert DETAILS[kind].objects.get().procedure == procedure
    assert f'id="rec-{prefix(procedure)}"' in answer.content.decode()
    assert f'id="rec-{prefix(procedure.details)}"' in answer.content.decode()


def test_a_case_takes_several_procedures(as_clinician, case, page):
    for kind in ("sacroplasty", "rfa"):
        add(as_clinician, "procedure-add", case, kind=kind)
    html = page()
    assert all(f'id="{prefix(procedure)}"' in html for procedure in Procedure.objects.all())
    assert "Same day and setting as the sacroplasty" in html


def test_a_double_click_adds_one_procedure(as_clinician, case):
    token = str(uuid.uuid4())
    for _click in range(2):
        assert add(as_clinician, "procedure-add", case, kind="rfa", token=token).status_code == 200
    assert Procedure.objects.count() == RfaDetails.objects.count() == 1


@pytest.mark.parametrize("kind", ["", "nothing"])
def test_a_kind_that_is_none_adds_nothing(as_clinician, case, kind):
    add(as_clinician, "procedure-add", case, kind=kind)
    assert not Procedure.objects.exists()


@pytest.mark.parametrize("reason", ["", "RFA was forgotten"])
def test_a_complete_case_goes_back_to_draft_before_a_procedure_is_added(as_clinician, case, reason):
    before = Procedure.objects.filter(case=complete(case)).count()
    answer = add(as_clinician, "procedure-add", case, kind="rfa", reason=reason)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Back to draft first" in html
    assert f'href="{reverse("case-draft", args=[case.uuid])}?section=procedures"' in html
    assert "things would be missing" in html and "ablation, date: enter a value" in html.lower()
    # A reason alone would not help, so none is asked for.
    assert "Say why you change it" not in html
    assert Procedure.objects.count() == before
    assert not RfaDetails.objects.exists()


def test_what_leaves_no_gap_in_a_complete_case_asks_why(as_clinician, case):
    treatment = factories.TreatmentFactory(case=case)
    complete(case)
    answer = as_clinician.post(reverse("record-remove", args=["treatment", treatment.uuid]))
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "Say why you change it" in html and "Back to draft first" not in html


@pytest.mark.parametrize(
    "name", ["procedure-add", "treatedlesion-add", "ballooninflation-add", "transarterialsession-add"]
)
def test_only_those_who_write_add_rows(name, case, reboa, as_outsider, as_researcher, as_anonymous):
    parent = case if name == "procedure-add" else reboa
    assert add(as_outsider, name, parent).status_code == 404
    assert add(as_researcher, name, parent).status_code == 403
    assert add(as_anonymous, name, parent).status_code == 302


def test_a_procedure_without_details_is_given_them(as_clinician, case, page):
    procedure = factories.ProcedureFactory(case=case, kind="sacroplasty")
    assert reverse("procedure-details-add", args=[procedure.uuid]) in page()
    answer = add(as_clinician, "procedure-details-add", procedure)
    assert f'id="rec-{prefix(SacroplastyDetails.objects.get())}"' in answer.content.decode()


def test_a_procedure_is_removed_with_its_rows(as_clinician, sacroplasty, lesions):
    factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0])
    answer = as_clinician.post(reverse("record-remove", args=["procedure", sacroplasty.uuid]))
    assert answer.status_code == 200
    assert not Procedure.objects.exists() and not TreatedLesion.objects.exists()


def test_a_refused_removal_leaves_the_row_on_the_page(as_clinician, case):
    procedure = complete(case).procedures.first()
    answer = as_clinician.post(reverse("record-remove", args=["procedure", procedure.uuid]))
    assert (answer.status_code, answer["HX-Reswap"]) == (422, "none")
    html = answer.content.decode()
    assert "Back to draft first" in html and "Procedures: enter at least one procedure." in html


def test_what_others_ask_is_not_shown_here(page, sacroplasty):
    html = page()
    assert f"{prefix(sacroplasty)}-complications_answered" not in html
    assert f'name="{prefix(sacroplasty)}-kind"' not in html


def test_every_value_has_a_control_once(page, case, reboa, sacroplasty, vertebroplasty, rfa, lesions):
    for procedure in (sacroplasty, vertebroplasty, rfa):
        for lesion in lesions:
            treated = factories.TreatedLesionFactory(procedure=procedure, lesion=lesion)
            if procedure is rfa:
                factories.AblationFactory(treated_lesion=treated)
    factories.BalloonInflationFactory(procedure=reboa)
    session = factories.TransarterialSessionFactory(procedure=vertebroplasty)
    factories.TransarterialDrugFactory(session=session)
    html = page()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted({name for name in ids if ids.count(name) > 1}) == []
    loaded = editor.load(Case.objects.all()).get()
    elsewhere = {"kind", "complications_answered", "number", "cycle"}
    for record in next(found for found in editor.sections() if found.slug == "procedures").records(loaded):
        for name, field in editor.form_of(type(record)).base_fields.items():
            bare = name.removesuffix("__missing")
            if bare in ("version", "reason") or (bare in elsewhere and bare != "kind"):
                continue
            if bare == "kind" and isinstance(record, Procedure):
                continue
            no_ablation = isinstance(record, TreatedLesion) and record.procedure.kind != "rfa"
            no_cement = isinstance(record, TreatedLesion) and record.procedure.kind == "rfa"
            if no_ablation and bare == "ablation_completion":
                continue
            if no_cement and bare.startswith(("cement", "leak")):
                continue
            assert f'name="{prefix(record)}-{name}"' in html, (record, name, field)


# -- transarterial therapy ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [None, "none"])
def test_a_session_answers_the_question_for_transarterial_therapy(as_clinician, vertebroplasty, before):
    details = vertebroplasty.details
    details.transarterial_therapy = before
    if before is None:
        details.missing = {"transarterial_therapy": "unknown"}
    records.save(details, by=factories.TESTS)
    answer = add(as_clinician, "transarterialsession-add", vertebroplasty, kind="tace")
    assert TransarterialSession.objects.get().kind == "tace"
    details.refresh_from_db()
    assert (details.transarterial_therapy, details.missing) == ("sessions", {})
    assert f'"{prefix(details)}-transarterial_therapy": ["sessions"]' in answer["HX-Trigger-After-Swap"]


def test_a_new_session_keeps_what_somebody_else_has_just_saved(monkeypatch, as_clinician, vertebroplasty):
    asked = AddSession.new_records

    def overtaken(view, parent):
        made = asked(view, parent)
        assert parent.details.technique is None
        details = VertebroplastyDetails.objects.get()
        details.technique = "needle"
        records.save(details, by=factories.TESTS)
        return made

    monkeypatch.setattr(AddSession, "new_records", overtaken)
    assert add(as_clinician, "transarterialsession-add", vertebroplasty, kind="tace").status_code == 200
    details = VertebroplastyDetails.objects.get()
    assert (details.technique, details.transarterial_therapy) == ("needle", "sessions")


def test_a_session_of_no_kind_is_refused_and_answers_nothing(as_clinician, vertebroplasty):
    assert add(as_clinician, "transarterialsession-add", vertebroplasty).status_code == 422
    vertebroplasty.details.refresh_from_db()
    assert vertebroplasty.details.transarterial_therapy is None
    assert not TransarterialSession.objects.exists()


def test_none_is_refused_while_sessions_are_listed(save, vertebroplasty):
    factories.TransarterialSessionFactory(procedure=vertebroplasty)
    details = vertebroplasty.details
    answer = save(details, {"transarterial_therapy": "none"})
    assert "contradicts the sessions" in str(answer.errors)


def test_sessions_stand_on_their_own_dates(save, vertebroplasty):
    session = factories.TransarterialSessionFactory(procedure=vertebroplasty)
    assert save(session, {"date": "2024-03-25", "agents": ["lipiodol", "gelatin_sponge"]}).written
    session.refresh_from_db()
    assert (session.date, session.agents) == (datetime.date(2024, 3, 25), "gelatin_sponge;lipiodol")
    answer = save(session, {"interval_value": "4", "interval_unit": "weeks"})
    assert answer.written and not answer.errors


def test_drugs_are_rows_by_name(as_clinician, vertebroplasty):
    session = factories.TransarterialSessionFactory(procedure=vertebroplasty)
    assert add(as_clinician, "transarterialdrug-add", session, name="cisplatin").status_code == 200
    again = add(as_clinician, "transarterialdrug-add", session, name="cisplatin")
    assert again.status_code == 422 and "has that drug already" in again.content.decode()
    empty = add(as_clinician, "transarterialdrug-add", session, name="  ")
    assert empty.status_code == 422 and "Write the name of the drug." in empty.content.decode()
    assert TransarterialDrug.objects.count() == 1


# -- links, states, cost -----------------------------------------------------------------------------------------------


def test_gaps_lead_into_the_section(case, sacroplasty, lesions):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0])
    section = reverse("case-section", args=[case.uuid, "procedures"])
    assert gap_url(Gap(case, "procedures", "")) == section
    assert gap_url(Gap(row, "leak_sites", "")) == f"{section}#field-{prefix(row)}-leak_sites"
    assert gap_url(Gap(sacroplasty, "treated_lesions", "")) == f"{section}#{prefix(sacroplasty)}"


def test_the_section_is_begun_with_the_kind(case):
    def state():
        loaded = editor.load(Case.objects.all()).get(pk=case.pk)
        return next(f for f in editor.standings(loaded) if f.section.slug == "procedures").state

    assert state() == "empty"
    factories.ProcedureFactory(case=case, kind="rfa")
    assert state() == "in_progress"


def fill(case):
    """One procedure of every kind with two rows of everything."""
    lesions = [factories.LesionFactory(case=case) for _n in range(2)]
    for kind in DETAILS:
        procedure = factories.ProcedureFactory(case=case, kind=kind)
        records.save(DETAILS[kind](procedure=procedure), by=factories.TESTS)
        for lesion in lesions if kind != "reboa" else ():
            treated = factories.TreatedLesionFactory(procedure=procedure, lesion=lesion, cement_volume_ml=3)
            if kind == "rfa":
                factories.AblationFactory(treated_lesion=treated)
        if kind == "vertebroplasty":
            session = factories.TransarterialSessionFactory(procedure=procedure)
            factories.TransarterialDrugFactory(session=session)
        if kind == "reboa":
            for start in (0, 40):
                factories.BalloonInflationFactory(
                    procedure=procedure, inflated_min=start, deflated_min=start + 20, aortic_zone="zone_iii"
                )


#: Queries of the section, and of one save that changes a value, whatever the size of the case.
SECTION_QUERIES = 30
SAVE_QUERIES = 45


def test_the_section_costs_the_same_whatever_the_size_of_the_case(page, case, django_assert_max_num_queries):
    def cost():
        with django_assert_max_num_queries(SECTION_QUERIES) as counted:
            page()
        return len(counted)

    fill(case)
    cost()  # what is read once per process
    small = cost()
    fill(case)
    assert cost() == small


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Procedure, "hospital_stay_days"),
        (TreatedLesion, "needle_gauge"),
        (Ablation, "power_w"),
        (TransarterialDrug, "dose_mg"),
        (Lesion, "diameter_longest_mm"),
        (ReboaDetails, "blood_loss_ml"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_save_costs_the_same_whatever_the_size_of_the_case(
    save, case, model, field, django_assert_max_num_queries
):
    fill(case)
    record = model.objects.first()

    def cost(number):
        with django_assert_max_num_queries(SAVE_QUERIES) as counted:
            assert save(record, {field: str(number)}).written
        return len(counted)

    cost(11)  # what is read once per process
    small = cost(12)
    fill(case)
    assert cost(13) == small
