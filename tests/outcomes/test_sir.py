"""The proposed SIR grade: every answer has one, none falls as the answers get worse, and none is guessed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.codes import SirGrade
from outcomes.models.complication import MAJOR_GRADES
from outcomes.sir import Harm, Stay, Treatment, grade, possible, propose

ORDER = {step: at for at, step in enumerate(SirGrade)}
EVERY = list(itertools.product(Treatment.values, Stay.values, Harm.values))
SCALES = (Treatment.values, Stay.values, Harm.values)

answers = st.tuples(*(st.sampled_from(scale) for scale in SCALES))
partial = st.tuples(*(st.sampled_from(["", *scale]) for scale in SCALES))


@pytest.mark.parametrize(
    ("given_answers", "expected"),
    [
        (("none", "unchanged", "none"), "a"),
        (("nominal", "unchanged", "none"), "b"),
        (("none", "under_48h", "none"), "b"),
        (("therapy", "unchanged", "none"), "c"),
        (("therapy", "under_48h", "none"), "c"),
        (("therapy", "from_48h", "none"), "d"),
        (("major", "unchanged", "none"), "d"),
        (("nominal", "from_48h", "none"), "d"),
        (("none", "unchanged", "permanent"), "e"),
        (("major", "from_48h", "permanent"), "e"),
        (("none", "unchanged", "death"), "f"),
    ],
)
def test_the_classification_word_by_word(given_answers, expected):
    assert grade(*given_answers) == expected


def test_every_grade_is_reached():
    assert {grade(*row) for row in EVERY} == set(SirGrade)


@given(answers, st.integers(0, 2))
def test_a_worse_answer_never_lowers_the_grade(row, which):
    at = SCALES[which].index(row[which])
    for worse in SCALES[which][at:]:
        changed = [*row[:which], worse, *row[which + 1 :]]
        assert ORDER[grade(*changed)] >= ORDER[grade(*row)]


@given(partial)
def test_what_is_possible_is_what_the_open_questions_can_still_make_of_it(row):
    fitting = [
        full for full in EVERY if all(said in ("", answer) for said, answer in zip(row, full, strict=True))
    ]
    assert set(possible(*row)) == {grade(*full) for full in fitting}
    assert list(possible(*row)) == sorted(possible(*row), key=ORDER.get)


@given(partial)
def test_a_grade_is_proposed_only_when_no_further_answer_could_change_it(row):
    proposed = propose(*row)
    assert proposed == (possible(*row)[0] if len(possible(*row)) == 1 else None)


@given(answers)
def test_three_answers_always_give_a_proposal(row):
    assert propose(*row) == grade(*row)


def test_death_and_permanent_harm_need_no_other_answer():
    assert propose(harm="death") == SirGrade.F
    assert propose(harm="permanent") == SirGrade.E
    assert propose() is None
    assert propose(treatment="none", stay="unchanged") is None


@given(answers)
def test_major_begins_with_therapy_or_with_a_longer_stay(row):
    treatment, stay, harm = row
    major = harm != "none" or treatment in ("therapy", "major") or stay == "from_48h"
    assert (grade(*row) in MAJOR_GRADES) == major
