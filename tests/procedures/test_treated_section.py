"""Treated lesions and ablation cycles in the section of procedures."""

import pytest
from django.urls import reverse

from procedures.models import (
    Ablation,
    TreatedLesion,
)
from registry.core import records
from registry.core.views.links import edit_url
from tests import factories
from tests.procedures.conftest import add, prefix

pytestmark = pytest.mark.django_db


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
