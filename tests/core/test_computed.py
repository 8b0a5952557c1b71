"""Every derived value says what it is computed from, and pages open it to just that."""

import pytest

from registry.core.views.computed import computed_of
from registry.core.views.display import Reader
from tests.declared import record_models
from tests.factories import (
    AblationFactory,
    AssessmentFactory,
    BalloonInflationFactory,
    CaseFactory,
    LesionFactory,
    ProcedureFactory,
    TreatedLesionFactory,
)

pytestmark = pytest.mark.django_db
DECLARED = [(model, derived) for model in record_models() for derived in model.derived]


def one(record, name):
    (value,) = computed_of(Reader(), [record], name)
    return value.single


@pytest.mark.parametrize(
    ("model", "derived"), DECLARED, ids=lambda part: getattr(part, "__name__", None) or part.name
)
def test_every_derived_value_names_its_inputs(model, derived):
    assert derived.inputs
    assert str(derived.source)
    if isinstance(derived.inputs, tuple):
        for name in derived.inputs:
            model._meta.get_field(name)
    if derived.graded_by:
        assert derived.graded_by in {other.name for other in model.derived}


def test_sins_shows_its_six_components_with_their_points_and_their_sum():
    lesion = LesionFactory(
        levels="S1;S2",
        sins_pain="mechanical",
        bone_lesion="lytic",
        sins_alignment="normal",
        sins_collapse="body_involved",
        sins_posterolateral="unilateral",
    )
    line = one(lesion, "sins_score")
    assert [given.counts for given in line.inputs] == ["+3", "+3", "+2", "+0", "+1", "+1"]
    assert line.result.text == "10, potentially unstable"
    assert line.working == "3 + 3 + 2 + 0 + 1 + 1 = 10"


def test_sins_says_which_components_are_missing():
    lesion = LesionFactory(levels="S1", sins_pain="mechanical", missing={"sins_collapse": "not_done"})
    line = one(lesion, "sins_score")
    assert line.result.empty and (line.known, line.total) == (2, 6)
    assert [given.value.name for given in line.lacking] == [
        "bone_lesion",
        "sins_alignment",
        "sins_collapse",
        "sins_posterolateral",
    ]
    assert line.lacking[2].value.reason == "not done"


def test_a_level_that_tells_no_location_is_given_and_still_lacking():
    lesion = LesionFactory(levels="sacrum", sins_pain="mechanical")
    levels = one(lesion, "sins_score").inputs[0]
    assert levels.mute and levels.lacking and levels.value.text == "sacrum"


def test_nothing_entered_is_not_shown_at_all():
    assert (
        computed_of(Reader(), [LesionFactory(levels="sacrum")], "sins_score", "abc2_volume_ml", "denis_zone")
        == []
    )
    assert computed_of(Reader(), [], "sins_score") == []


def test_bmi_and_volume_show_their_arithmetic():
    case = CaseFactory(height_cm=168, weight_kg=72)
    assert one(case, "bmi").working == "72 kg / (1.68 m)² = 25.5 kg/m²"
    lesion = LesionFactory(
        case=case,
        volume_ml="6.8",
        diameter_longest_mm=31,
        diameter_perpendicular_mm=24,
        diameter_craniocaudal_mm=22,
    )
    line = one(lesion, "abc2_volume_ml")
    assert line.working == "3.1 × 2.4 × 2.2 / 2 = 8.2 mL"
    assert line.inputs[-1].value.text == "6.8" and not line.inputs[-1].needed


def test_filling_and_ablation_say_why():
    procedure = ProcedureFactory(kind="rfa")
    lesion = LesionFactory(case=procedure.case, diameter_longest_mm=31)
    treated = TreatedLesionFactory(procedure=procedure, lesion=lesion, cement_diameter_mm=26)
    assert one(treated, "cement_filling_percent").working == "100 × 26 mm / 31 mm = 83.9 %"
    AblationFactory(
        treated_lesion=treated, temperature_mean_celsius=81, minutes_at_target_min=9, rolloff_count=1
    )
    line = one(treated, "rfa_complete")
    assert line.result.text == "no" and line.working.startswith("Not complete")
    assert "1 of 2" in line.working and line.groups[0][0] == "Cycle 1"
    AblationFactory(treated_lesion=treated, rolloff_count=1)
    assert one(treated, "rfa_complete").working == "By roll-off: 2 of 2 needed."


def test_occlusion_lists_every_inflation_with_its_minutes():
    procedure = ProcedureFactory(kind="reboa")
    BalloonInflationFactory(procedure=procedure, inflated_min=0, deflated_min=40)
    BalloonInflationFactory(procedure=procedure, inflated_min=55, deflated_min=75)
    line = one(procedure, "occlusion_total_min")
    assert line.working == "40 + 20 = 60 min"
    assert [heading for heading, _group in line.groups] == ["Inflation 1", "Inflation 2"]
    assert [given.counts for given in line.inputs if given.counts] == ["40 min", "20 min"]


def test_scores_of_an_assessment_show_what_they_rest_on():
    case = CaseFactory()
    AssessmentFactory(case=case, time_point="baseline", vas_pain="8.0", kps=60)
    later = AssessmentFactory(
        case=case,
        time_point="month_1",
        vas_pain="5.0",
        odi_walking=3,
        odi_sitting=2,
        missing={"kps": "not_done"},
    )
    values = {value.name: value for value in computed_of(Reader(), case.assessments.all(), *SCORES)}
    assert values["responder_points"].single.working == "5 against 8: −3 points, −38 %"
    assert values["responder_points"].single.record == later
    assert values["odi_from_sections"].single.working == "100 × 5 / (5 × 2) = 50 %"
    assert values["ecog_from_kps"].answered == 1


SCORES = ("responder_points", "odi_from_sections", "ecog_from_kps")
