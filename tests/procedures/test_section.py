"""The section of procedures: adding, removing, what is computed and offered, and what it costs."""

import datetime
import re
import uuid

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Case, Lesion
from procedures import index_date
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
from registry.core.views.links import edit_url, gap_url
from tests import factories
from tests.core.test_write_door import complete
from tests.procedures.conftest import prefix

pytestmark = pytest.mark.django_db
DETAILS = {
    "reboa": ReboaDetails,
    "sacroplasty": SacroplastyDetails,
    "vertebroplasty": VertebroplastyDetails,
    "rfa": RfaDetails,
}
DAY = datetime.date(2024, 3, 11)


def add(client, address, parent, /, **data):
    return client.post(reverse(address, args=[parent.uuid]), data)


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


# -- treated lesions ---------------------------------------------------------------------------------------------------


def test_lesions_are_one_click_each_and_all_at_once(as_clinician, page, sacroplasty, lesions):
    first, second = lesions
    assert "Add all lesions" in page()
    answer = add(as_clinician, "treatedlesion-add", sacroplasty, lesion=str(first.uuid)).content.decode()
    assert TreatedLesion.objects.get().lesion == first
    assert f'data-slot="offer-{prefix(sacroplasty)}"' in answer
    assert str(second.uuid) in answer and f'value="{first.uuid}"' not in answer
    add(as_clinician, "treatedlesion-add", sacroplasty, lesion="all")
    assert [row.lesion for row in TreatedLesion.objects.all()] == lesions
    assert "Every lesion of the case is listed." in page()


def test_a_lesion_twice_in_one_procedure_is_refused_in_words(as_clinician, sacroplasty, lesions):
    for status in (200, 422):
        answer = add(as_clinician, "treatedlesion-add", sacroplasty, lesion=str(lesions[0].uuid))
        assert answer.status_code == status
    assert "This lesion is listed in the procedure already." in answer.content.decode()
    assert TreatedLesion.objects.count() == 1


def test_a_lesion_of_another_case_is_not_taken(as_clinician, sacroplasty, patient):
    foreign = factories.LesionFactory(case=factories.CaseFactory(patient=patient))
    add(as_clinician, "treatedlesion-add", sacroplasty, lesion=str(foreign.uuid))
    assert not TreatedLesion.objects.exists()


def test_without_lesions_the_page_leads_to_them(page, sacroplasty):
    assert "Enter the lesions first" in page()


def test_a_removed_lesion_is_offered_again(as_clinician, sacroplasty, lesions):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0])
    answer = as_clinician.post(reverse("record-remove", args=["treatedlesion", row.uuid])).content.decode()
    assert f'data-slot="offer-{prefix(sacroplasty)}"' in answer
    assert f'value="{lesions[0].uuid}"' in answer


def test_filling_follows_both_diameters(save, sacroplasty, lesions):
    first, second = lesions
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=first)
    answer = save(row, {"cement_diameter_mm": "24"})
    assert "80" in answer.slots[f"filling-{prefix(row)}"]
    answer = save(first, {"diameter_longest_mm": "32"})
    assert "75" in answer.slots[f"filling-{prefix(row)}"]
    other = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=second)
    answer = save(other, {"cement_diameter_mm": "24"})
    assert "still needs Longest diameter" in answer.slots[f"filling-{prefix(other)}"]


def test_the_diameter_of_the_lesion_is_edited_in_its_row_once(page, sacroplasty, vertebroplasty, lesions):
    for procedure in (sacroplasty, vertebroplasty):
        factories.TreatedLesionFactory(procedure=procedure, lesion=lesions[0])
    html = page()
    assert html.count(f'name="{prefix(lesions[0])}-diameter_longest_mm"') == 1
    assert html.count('id="diameter-treatedlesion-') == 1


def test_a_changed_lesion_asks_about_the_filling_where_cement_is_entered(save, sacroplasty, lesions):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0], cement_diameter_mm=24)
    answer = save(lesions[0], {"diameter_longest_mm": "60"})
    assert "confirm__cement_diameter_mm" in answer.slots[f"notes-{prefix(row)}-cement_diameter_mm"]


def test_a_slip_is_refused_and_an_unusual_value_asked_about_at_the_cell(save, sacroplasty, lesions):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0])
    name = f"{prefix(row)}-cement_volume_ml"
    answer = save(row, {"cement_volume_ml": "68", "needle_gauge": "11"})
    assert answer.written and list(answer.errors) == [name]
    assert "68 mL is above 30 mL" in answer.slots[f"notes-{name}"]
    answer = save(row, {"cement_volume_ml": "12,5"})
    assert "above the usual 10 mL" in answer.slots[f"notes-{name}"]
    answer = save(row, {}, confirm={"cement_volume_ml": "large cavity"})
    assert "large cavity" in answer.slots[f"notes-{name}"]


def test_cement_of_the_whole_session_is_asked_about_and_explained(save, page, sacroplasty, lesions):
    rows = [factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesion) for lesion in lesions]
    save(rows[0], {"cement_volume_ml": "14"})
    answer = save(rows[1], {"cement_volume_ml": "14"})
    slot = f"unusual-{prefix(sacroplasty)}"
    assert "28 mL is above the usual 25 mL" in answer.slots[slot]
    assert f'id="field-{prefix(sacroplasty)}-kind"' in page()
    sacroplasty.refresh_from_db()
    assert edit_url(sacroplasty, "kind").endswith(f"#field-{prefix(sacroplasty)}-kind")
    answer = save(sacroplasty, {}, confirm={"kind": "two large lesions"})
    assert "two large lesions" in answer.slots[slot]


def test_lesions_through_one_puncture_name_each_other(save, sacroplasty, lesions):
    rows = [
        factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesion, access_no=1)
        for lesion in lesions
    ]
    answer = save(rows[0], {"access_no": "2"})
    assert [answer.slots[f"sharing-{prefix(row)}"] for row in rows] == ["", ""]
    answer = save(rows[0], {"access_no": "1"})
    assert answer.slots[f"sharing-{prefix(rows[0])}"] == "Same puncture as lesion 2."
    assert answer.slots[f"sharing-{prefix(rows[1])}"] == "Same puncture as lesion 1."


def test_approach_and_needles_can_be_taken_over(page, sacroplasty, rfa, lesions):
    rows = [factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesion) for lesion in lesions]
    again = factories.TreatedLesionFactory(procedure=rfa, lesion=lesions[0])
    html = page()
    assert f'data-copy="{prefix(rows[0])}" data-into="{prefix(rows[1])}"' in html
    assert f'data-copy="{prefix(rows[0])}" data-into="{prefix(again)}"' in html
    assert "Same as lesion 1 (S1)" in html and "As in the sacroplasty" in html


def test_what_a_record_brings_with_it_is_shown_whatever_the_kind(page, rfa, lesions):
    row = factories.TreatedLesionFactory(procedure=rfa, lesion=lesions[0], cement_volume_ml=3)
    assert f'name="{prefix(row)}-cement_volume_ml"' in page()


# -- ablation ----------------------------------------------------------------------------------------------------------


def test_cycles_are_added_and_may_repeat_tip_and_power(as_clinician, rfa, lesions):
    row = factories.TreatedLesionFactory(procedure=rfa, lesion=lesions[0])
    add(as_clinician, "ablation-add", row)
    first = Ablation.objects.get()
    first.active_tip_cm, first.power_w = 2, 40
    records.save(first, by=factories.TESTS)
    add(as_clinician, "ablation-add", row, like="1")
    add(as_clinician, "ablation-add", row)
    assert [(cycle.cycle, cycle.active_tip_cm, cycle.power_w) for cycle in row.ablations.all()] == [
        (1, 2, 40),
        (2, 2, 40),
        (3, None, None),
    ]


def test_the_state_of_an_ablation_says_why(save, as_clinician, rfa, lesions):
    row = factories.TreatedLesionFactory(procedure=rfa, lesion=lesions[0])
    cycle = factories.AblationFactory(treated_lesion=row)
    slot = f"ablation-{prefix(row)}"
    answer = save(cycle, {"ablation_time_min": "12"})
    assert "still needs mean temperature and time at target, or roll-offs" in answer.slots[slot]
    answer = save(cycle, {"temperature_mean_celsius": "86", "minutes_at_target_min": "9"})
    assert "still needs Impedance roll-offs." in answer.slots[slot]
    answer = save(cycle, {"rolloff_count": "1"})
    assert "not complete" in answer.slots[slot]
    assert "no cycle held 85 °C for 10 min" in answer.slots[slot]
    answer = save(cycle, {"minutes_at_target_min": "10"})
    assert "By temperature: cycle 1 held 86 °C for 10 min." in answer.slots[slot]
    answer = save(cycle, {"minutes_at_target_min": "5", "rolloff_count": "2"})
    assert "By roll-off: 2 of 2 needed." in answer.slots[slot]
    gone = as_clinician.post(reverse("record-remove", args=["ablation", cycle.uuid])).content.decode()
    assert f'data-slot="{slot}"' in gone and "By roll-off" not in gone


@pytest.mark.parametrize(
    ("cycles", "complete"),
    [
        ([], None),
        ([(88, None, 0)], None),
        ([(None, 12, 0)], None),
        ([(None, None, 1)], None),
        ([(80, None, None)], None),
        ([(80, None, 1), (None, None, None)], None),
        ([(80, None, 1), (None, 5, 0)], False),
        ([(80, None, 1), (None, None, 1)], True),
        ([(88, 12, None), (None, None, None)], True),
    ],
)
def test_an_ablation_is_not_complete_only_where_every_cycle_rules_it_out(rfa, lesions, cycles, complete):
    row = factories.TreatedLesionFactory(procedure=rfa, lesion=lesions[0])
    for mean, minutes, rolloffs in cycles:
        factories.AblationFactory(
            treated_lesion=row,
            temperature_mean_celsius=mean,
            minutes_at_target_min=minutes,
            rolloff_count=rolloffs,
        )
    assert row.derived_value("rfa_complete") is complete
    assert TreatedLesion.objects.with_derived().get(pk=row.pk).rfa_complete is complete


@pytest.mark.parametrize(("minutes", "complete"), [(9, False), (10, None)])
def test_an_ablation_shorter_than_the_time_at_target_is_not_complete(rfa, lesions, minutes, complete):
    row = factories.TreatedLesionFactory(procedure=rfa, lesion=lesions[0])
    factories.AblationFactory(treated_lesion=row, ablation_time_min=minutes, rolloff_count=0)
    assert row.derived_value("rfa_complete") is complete
    assert TreatedLesion.objects.with_derived().get(pk=row.pk).rfa_complete is complete


def test_an_end_that_the_cycles_do_not_bear_out_is_asked_about(save, rfa, lesions):
    row = factories.TreatedLesionFactory(procedure=rfa, lesion=lesions[0], ablation_completion="temperature")
    cycle = factories.AblationFactory(treated_lesion=row)
    answer = save(cycle, {"ablation_time_min": "6"})
    assert "10 min are needed" in answer.slots[f"notes-{prefix(row)}-ablation_completion"]


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


# -- the index date ----------------------------------------------------------------------------------------------------


def take(client, procedure):
    return client.post(reverse("procedure-index-date", args=[procedure.uuid]))


def test_the_day_of_the_first_procedure_becomes_the_index_date(save, case, sacroplasty):
    slot = save(sacroplasty, {"date": "2024-03-11"}).slots[f"index-{prefix(sacroplasty)}"]
    assert "Index date of the case." in slot
    case.refresh_from_db()
    assert case.index_date == DAY
    assert case.history.first().history_user_name == "clinician"


def test_a_corrected_day_takes_the_index_date_along(save, case, sacroplasty):
    save(sacroplasty, {"date": "2024-03-01"})
    save(sacroplasty, {"date": "2024-03-11"})
    case.refresh_from_db()
    assert case.index_date == DAY


def test_the_offered_day_is_taken_once(save, as_clinician, case, sacroplasty):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    assert "Taken as index date of the case." in take(as_clinician, sacroplasty).content.decode()
    version = Case.objects.get().version
    assert take(as_clinician, sacroplasty).status_code == 200
    assert Case.objects.get().version == version


def test_an_index_date_that_somebody_overtakes_is_refused_in_words(
    monkeypatch, save, as_clinician, case, sacroplasty
):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    asked = index_date.take

    def overtaken(read, **how):
        stored = Case.objects.get()
        stored.height_cm = 171
        records.save(stored, by=factories.TESTS)
        asked(read, **how)

    monkeypatch.setattr(index_date, "take", overtaken)
    answer = take(as_clinician, sacroplasty)
    assert answer.status_code == 422 and "Somebody saved at the same moment." in answer.content.decode()
    assert (Case.objects.get().index_date, Case.objects.get().height_cm) == (None, 171)


def test_a_reason_that_cannot_be_stored_is_refused_in_words(save, as_clinician, case, sacroplasty):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    address = reverse("procedure-index-date", args=[sacroplasty.uuid])
    answer = as_clinician.post(address, {"reason": "no\x00thing"})
    assert answer.status_code == 422 and "Null characters are not allowed." in answer.content.decode()
    assert Case.objects.get().index_date is None


def test_an_index_date_that_differs_is_asked_about_and_never_replaced_by_itself(
    save, page, case, sacroplasty
):
    case.index_date = datetime.date(2024, 3, 10)
    records.save(case, by=factories.TESTS)
    slot = save(sacroplasty, {"date": "2024-03-11"}).slots[f"index-{prefix(sacroplasty)}"]
    assert "The index date of the case is 2024-03-10." in slot
    loaded = editor.load(Case.objects.all()).get()
    assert "is not the day of the first procedure" in editor.contradictions(loaded)[0].message


def test_a_reason_for_having_no_index_date_is_not_overridden_by_itself(save, case, sacroplasty):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    slot = save(sacroplasty, {"date": "2024-03-11"}).slots[f"index-{prefix(sacroplasty)}"]
    assert "as index date" in slot


def test_a_later_procedure_says_nothing_about_the_index_date(save, as_clinician, case, sacroplasty, rfa):
    save(sacroplasty, {"date": "2024-03-11"})
    take(as_clinician, sacroplasty)
    assert "index date" not in save(rfa, {"date": "2024-03-18"}).slots[f"index-{prefix(rfa)}"].lower()


def test_a_date_known_to_the_month_is_left_alone(case, sacroplasty):
    case.index_date, case.index_date_precision = datetime.date(2024, 3, 1), "month"
    records.save(case, by=factories.TESTS)
    sacroplasty.date = DAY
    records.save(sacroplasty, by=factories.TESTS)
    loaded = editor.load(Case.objects.all()).get()
    assert not index_date.standing(loaded.procedures.all()[0]).offered
    assert index_date.contradictions(loaded) == []


def test_an_index_date_that_does_not_fit_is_refused_in_words(save, as_clinician, case, sacroplasty):
    patient = case.patient
    patient.birth_year = 1900
    records.save(patient, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    answer = take(as_clinician, sacroplasty)
    assert answer.status_code == 422
    assert "does not fit the year of birth" in answer.content.decode()


def test_only_those_who_write_take_an_index_date(sacroplasty, as_outsider, as_researcher):
    assert take(as_outsider, sacroplasty).status_code == 404
    assert take(as_researcher, sacroplasty).status_code == 403


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
