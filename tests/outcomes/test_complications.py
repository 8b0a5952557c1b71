"""Complications in the editor: answered per procedure, added by kind, taken over from leaks, graded by a proposal."""

import json

import pytest
from django.urls import reverse

from outcomes import sir
from outcomes.models import Complication
from outcomes.views.editor_complications import AddComplication
from procedures.models import Procedure
from registry.core import records
from tests.core.test_write_door import complete
from tests.factories import (
    TESTS,
    ComplicationFactory,
    LesionFactory,
    ProcedureFactory,
    TreatedLesionFactory,
)


@pytest.fixture
def procedure(case):
    return ProcedureFactory(case=case)


@pytest.fixture
def leaking(procedure):
    return TreatedLesionFactory(
        procedure=procedure,
        lesion=LesionFactory(case=procedure.case),
        leak_sites="neuroforamen;venous",
        leak_symptomatic=True,
    )


def add(desk, procedure, **post):
    return desk.client.post(reverse("complication-add", args=[procedure.uuid]), post)


def answer_of(procedure):
    return Procedure.objects.get(pk=procedure.pk).complications_answered


def test_without_a_procedure_the_page_leads_to_one(desk):
    html = desk.html("complications")
    assert reverse("case-section", args=[desk.case.uuid, "procedures"]) in html
    assert "there is none yet" in html


def test_none_is_the_answer_of_the_procedure_and_completes_the_section(desk, procedure):
    answer = desk.save(procedure, complications_answered="none")
    assert answer_of(procedure) == "none"
    nav = answer["slots"]["editor-nav"]
    assert nav.index("state-complete") > 0


def test_why_there_is_no_answer_is_an_answer(desk, procedure):
    desk.save(procedure, complications_answered__missing="not_recorded")
    assert Procedure.objects.get().missing == {"complications_answered": "not_recorded"}


@pytest.mark.parametrize("post", [{"kind": "infection"}, {"other_kind": "infection"}])
def test_adding_one_answers_the_question(desk, procedure, post):
    answer = add(desk, procedure, **post)
    assert answer.status_code == 200
    assert Complication.objects.get().kind == "infection"
    assert answer_of(procedure) == "present"
    told = json.loads(answer["HX-Trigger"])["registry:stored"]
    assert told[f"procedure-{procedure.uuid}-complications_answered"] == ["present"]


def test_a_reason_for_no_answer_gives_way_to_the_answer(desk, procedure):
    procedure.missing = {"complications_answered": "unknown", "date": "unknown"}
    records.save(procedure, by=TESTS)
    add(desk, procedure, kind="infection")
    assert Procedure.objects.get().missing == {"date": "unknown"}


def test_what_is_stored_in_the_procedure_while_one_is_added_stays(desk, procedure, monkeypatch):
    read = AddComplication.new_records

    def somebody_else_saves_meanwhile(view, parent):
        made = read(view, parent)
        other = Procedure.objects.get(pk=procedure.pk)
        other.duration_min, other.missing = 45, {"date": "unknown"}
        records.save(other, by=TESTS)
        return made

    monkeypatch.setattr(AddComplication, "new_records", somebody_else_saves_meanwhile)
    assert add(desk, procedure, kind="infection").status_code == 200
    stored = Procedure.objects.get()
    assert (stored.duration_min, stored.missing) == (45, {"date": "unknown"})
    assert stored.complications_answered == "present"


@pytest.mark.parametrize("kind", ["", "rash"])
def test_a_kind_that_is_not_on_the_list_is_refused_and_nothing_is_answered(desk, procedure, kind):
    answer = add(desk, procedure, kind=kind)
    assert answer.status_code == 422
    assert not Complication.objects.exists() and answer_of(procedure) is None


def test_whoever_adds_one_after_none_has_changed_the_answer(desk, procedure):
    procedure.complications_answered = "none"
    records.save(procedure, by=TESTS)
    assert add(desk, procedure, kind="infection").status_code == 200
    assert answer_of(procedure) == "present"
    back = desk.save(procedure, complications_answered="none", base={"complications_answered": ["present"]})
    assert "contradicts the complications that are listed" in str(back["errors"])


@pytest.mark.parametrize("answered", [None, "none", "present"])
def test_a_leak_is_taken_over_with_its_lesion_and_whether_it_has_symptoms(desk, leaking, answered):
    leaking.procedure.complications_answered = answered
    records.save(leaking.procedure, by=TESTS)
    first = add(desk, leaking.procedure, leak=str(leaking.uuid))
    again = add(desk, leaking.procedure, leak=str(leaking.uuid))
    assert (first.status_code, again.status_code) == (200, 200)
    row = Complication.objects.get()
    assert (row.kind, row.lesion, row.symptomatic, row.sir_grade) == (
        "cement_leak",
        leaking.lesion,
        True,
        None,
    )
    assert answer_of(leaking.procedure) == "present"


def test_the_leak_goes_from_the_list_when_it_comes_as_a_complication_and_returns_with_its_removal(
    desk, leaking
):
    words = "Cement leak at lesion 1 (S1)</strong>:"
    assert words in desk.html("complications")
    assert "neuroforamen, venous" in desk.html("complications")
    added = add(desk, leaking.procedure, leak=str(leaking.uuid)).content.decode()
    assert words not in added and f'data-slot="leaks-procedure-{leaking.procedure.uuid}"' in added
    url = reverse("record-remove", args=["complication", Complication.objects.get().uuid])
    assert words in desk.client.post(url).content.decode()


def test_a_leak_of_another_procedure_is_not_found(desk, leaking, procedure):
    other = ProcedureFactory(case=procedure.case)
    assert add(desk, other, leak=str(leaking.uuid)).status_code == 404


def test_a_leak_by_a_name_that_is_none_is_not_found(desk, procedure):
    assert add(desk, procedure, leak="notuuid").status_code == 404


def test_a_late_complication_of_a_complete_case_changes_its_answer_with_a_reason(desk):
    case = complete(desk.case)
    procedure = case.procedures.get()
    refused = add(desk, procedure, kind="infection")
    assert refused.status_code == 422 and "Say why you change it" in refused.content.decode()
    assert not Complication.objects.exists()
    assert add(desk, procedure, kind="infection", reason="late infection").status_code == 200
    assert answer_of(procedure) == "present"
    assert procedure.history.first().history_change_reason == "late infection"


# -- the proposal ------------------------------------------------------------------------------------------------------


def proposal(desk, row, **answers):
    answer = desk.client.get(reverse("complication-sir", args=[row.uuid]), answers)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_proposal_stands_beside_the_field_and_writes_nothing(desk, procedure):
    row = ComplicationFactory(procedure=procedure)
    shown = proposal(desk, row, treatment="therapy", stay="under_48h", harm="none")
    assert "SIR C: therapy, stay under 48 h" in shown and "(major)" in shown
    assert f'data-take="complication-{row.uuid}-sir_grade" data-value="c"' in shown
    row.refresh_from_db()
    assert (row.sir_grade, row.version) == (None, 1)


def test_open_questions_leave_the_grade_open(desk, procedure):
    row = ComplicationFactory(procedure=procedure)
    assert proposal(desk, row) == ""
    shown = proposal(desk, row, stay="under_48h")
    assert "At least SIR B" in shown and "data-take" not in shown


def test_what_no_question_answers_is_no_answer(desk, procedure):
    row = ComplicationFactory(procedure=procedure)
    assert proposal(desk, row, treatment="prayer", harm="<script>") == ""


def test_every_answer_is_on_the_page(desk, procedure):
    ComplicationFactory(procedure=procedure)
    html = desk.html("complications")
    for scale in (sir.Treatment, sir.Stay, sir.Harm):
        for code in scale.values:
            assert f'value="{code}"' in html


# -- others ------------------------------------------------------------------------------------------------------------


def test_outsiders_find_nothing_and_researchers_write_nothing(client_of, outsider, researcher, leaking, desk):
    row = ComplicationFactory(procedure=leaking.procedure)
    column = reverse("assessment-column", args=[desk.case.uuid, "month_1"])
    posts = [
        reverse("assessment-point-save", args=[desk.case.uuid, "baseline"]),
        reverse("assessment-visit", args=[desk.case.uuid]),
        reverse("complication-add", args=[leaking.procedure.uuid]),
        reverse("followup-save", args=[desk.case.uuid]),
    ]
    for url in posts:
        assert client_of(outsider).post(url, "{}", content_type="application/json").status_code == 404, url
        assert client_of(researcher).post(url, "{}", content_type="application/json").status_code == 403, url
    assert client_of(outsider).get(column).status_code == 404
    assert client_of(researcher).get(column).status_code == 403
    assert client_of(outsider).get(reverse("complication-sir", args=[row.uuid])).status_code == 404


def test_an_assessment_elsewhere_is_not_removed(client_of, outsider, desk):
    desk.at("baseline", vas_pain="7")
    row = desk.case.assessments.get()
    url = reverse("assessment-remove", args=[row.uuid])
    assert client_of(outsider).post(url).status_code == 404
    assert desk.case.assessments.count() == 1
