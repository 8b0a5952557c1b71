"""What each quality rule asks about and what it leaves alone, in Python and in SQL alike."""

import datetime
from decimal import Decimal

import pytest

from cases import editor
from cases.models import Case
from registry.core import records
from registry.curation.models import DataQuery
from registry.curation.quality import outliers, sweep
from registry.curation.quality.base import due_sql, is_due
from registry.curation.quality.duplicates import probable_duplicates
from registry.curation.quality.rules import BY_CODE, RULES
from registry.interchange.code_lists import load_diagnoses
from registry.research.synthetic import Synthesis
from tests import factories
from tests.remembered import remembered

TESTS = factories.TESTS
INDEX = datetime.date(2024, 3, 11)


def on(day):
    return INDEX + datetime.timedelta(days=day)


def procedure(case, **values):
    made = factories.ProcedureFactory(case=case, date=values.pop("date", INDEX), **values)
    factories.SacroplastyDetailsFactory(procedure=made)
    return made


def treated(case, lesion=None, **values):
    return factories.TreatedLesionFactory(
        procedure=procedure(case), lesion=factories.LesionFactory(case=case, **(lesion or {})), **values
    )


def complication(case, **values):
    return factories.ComplicationFactory(procedure=procedure(case), **{"sir_grade": "a", **values})


def followup(case, **values):
    return factories.FollowUpStatusFactory(case=case, **values)


def score(case, **values):
    return factories.AssessmentFactory(case=case, **values)


def death_and(day, make):
    def build(case):
        followup(case, vital_status="dead", followup_state="died", death_date=on(day))
        make(case)

    return build


#: rule, what makes it fire or not, and the field that it asks about ("" where it does not fire).
TABLE = [
    ("unusual_value", lambda case: factories.LesionFactory(case=case, volume_ml=20), "volume_ml"),
    ("unusual_value", lambda case: factories.LesionFactory(case=case, volume_ml=6), ""),
    ("unusual_value", lambda case: treated(case, cement_volume_ml=12), "cement_volume_ml"),
    ("unusual_value", lambda case: score(case, time_point="day_1", date=on(5)), ""),
    ("outside_window", lambda case: score(case, time_point="day_1", date=on(5)), "date"),
    ("outside_window", lambda case: score(case, time_point="day_1", date=on(1)), ""),
    (
        "outside_window",
        lambda case: score(case, time_point="month_1", interval_value=9, interval_unit="weeks"),
        "date",
    ),
    (
        "outside_window",
        lambda case: score(case, time_point="month_1", interval_value=4, interval_unit="weeks"),
        "",
    ),
    ("outside_window", lambda case: score(case, time_point="last_followup", date=on(5)), ""),
    ("date_order", death_and(10, lambda case: procedure(case, date=on(11))), "date"),
    ("date_order", death_and(10, lambda case: procedure(case, date=on(10))), ""),
    ("date_order", death_and(10, lambda case: complication(case, onset_day=11)), "onset_day"),
    ("date_order", death_and(10, lambda case: complication(case, onset_day=10)), ""),
    (
        "date_order",
        lambda case: (
            followup(case, followup_state="lost", last_contact_date=on(20)),
            score(case, time_point="month_1", date=on(30), vas_pain=3),
        ),
        "last_contact_date",
    ),
    (
        "date_order",
        lambda case: (
            followup(case, followup_state="under_follow_up", last_contact_date=on(20)),
            score(case, time_point="month_1", date=on(30), vas_pain=3),
        ),
        "",
    ),
    ("contradiction", lambda case: treated(case, leak_sites="venous"), "complications"),
    ("contradiction", lambda case: treated(case, leak_sites="none"), ""),
    (
        "contradiction",
        lambda case: treated(case, {"diameter_longest_mm": 20}, cement_diameter_mm=25),
        "cement_diameter_mm",
    ),
    (
        "contradiction",
        lambda case: treated(case, {"diameter_longest_mm": 20}, cement_diameter_mm=20),
        "",
    ),
    ("contradiction", lambda case: complication(case, sir_grade=None), "sir_grade"),
    ("contradiction", lambda case: procedure(case, date=on(1)), "index_date"),
    ("contradiction", lambda case: score(case, kps=100, ecog=2), "ecog"),
    ("contradiction", lambda case: score(case, kps=70, ecog=2), ""),
    ("contradiction", lambda case: score(case, ambulatory=True, ecog=4), "ambulatory"),
    ("contradiction", lambda case: score(case, analgesic_scale=4, analgesic_class="none"), "analgesic_class"),
    (
        "contradiction",
        lambda case: (
            score(case, vas_pain=8),
            score(case, time_point="day_1", date=on(1), vas_pain=2, pain_relief="none"),
        ),
        "pain_relief",
    ),
    (
        "contradiction",
        lambda case: (
            score(case, vas_pain=4),
            score(case, time_point="day_1", date=on(1), vas_pain=4, pain_relief="partial"),
        ),
        "pain_relief",
    ),
    ("contradiction", lambda case: followup(case, local_recurrence=True), "recurrence_date"),
    ("contradiction", lambda case: followup(case, vital_status="dead"), "death_date"),
    ("contradiction", lambda case: complication(case, sir_grade="f"), "sir_grade"),
    ("required_missing", lambda case: None, "anything"),
    ("key_variable_missing", lambda case: factories.LesionFactory(case=case), "volume_ml"),
    (
        "key_variable_missing",
        lambda case: factories.LesionFactory(case=case, missing={"volume_ml": "not_done"}),
        "",
    ),
    ("key_variable_missing", lambda case: score(case, time_point="month_3"), "vas_pain"),
    (
        "key_variable_missing",
        lambda case: score(case, time_point="month_3", missing={"vas_pain": "refused"}),
        "",
    ),
    ("key_variable_missing", lambda case: score(case, time_point="month_6"), ""),
    ("kind_without_details", lambda case: factories.ProcedureFactory(case=case, date=INDEX), "details"),
    ("kind_without_details", procedure, ""),
]


def named(entry):
    return f"{entry[0]}-{entry[2] or 'quiet'}"


@pytest.mark.parametrize("entry", TABLE, ids=map(named, TABLE))
def test_a_rule_asks_about_this_and_not_about_that(old_case, entry):
    code, build, field = entry
    build(old_case)
    rule = BY_CODE[code]
    loaded = editor.load(Case.objects.filter(pk=old_case.pk)).get()
    fields = {gap.field for gap in rule.asks(loaded)}
    assert bool(fields) == bool(field), fields
    assert field in ("", "anything") or field in fields
    in_sql = Case.objects.filter(rule.offenders(), pk=old_case.pk).exists()
    assert in_sql or not fields, "the database must find what Python finds"
    if rule.exact:
        assert in_sql == bool(fields)


def test_both_statements_of_a_rule_agree_on_many_cases(center):
    def make():
        load_diagnoses()
        Synthesis(center, 5).write(0, 25)

    remembered("synthetic for rules", make)
    loaded = list(editor.load(Case.objects.all()))
    assert len(loaded) >= 25
    for rule in RULES:
        found = {case.pk for case in loaded if list(rule.of_case(case))}
        in_sql = set(Case.objects.filter(rule.offenders()).values_list("pk", flat=True))
        assert found <= in_sql, rule.code
        assert not rule.exact or found == in_sql, rule.code
    assert {case.pk for case in loaded if is_due(case)} == set(
        Case.objects.filter(due_sql()).values_list("pk", flat=True)
    )


def test_a_young_draft_is_asked_about_unusual_values_only(center, case):
    factories.LesionFactory(case=case, volume_ml=20)
    sweep.check(center)
    assert set(DataQuery.objects.values_list("rule", flat=True)) == {"unusual_value"}


def test_an_explained_value_is_not_asked_about(old_case):
    lesion = factories.LesionFactory(case=old_case, volume_ml=20)
    records.save(lesion, by=TESTS, confirm={"volume_ml": "measured twice"})
    assert not DataQuery.objects.waiting().filter(rule="unusual_value").exists()


def test_published_cases_are_left_out(db):
    published = factories.CenterFactory(kind="published")
    case = factories.CaseFactory(patient=factories.PatientFactory(center=published))
    factories.LesionFactory(case=case, volume_ml=20)
    for center in sweep.clinical_centers():
        sweep.check(center)
    assert published not in sweep.clinical_centers()
    assert not DataQuery.objects.exists()


# -- duplicates ---


def twin(center, diagnosis, day, **patient):
    values = {"sex": "female", "birth_year": 1960, **patient}
    return factories.CaseFactory(
        patient=factories.PatientFactory(center=center, **values),
        diagnosis=diagnosis,
        index_date=on(day),
        index_date_precision="day",
        age_years=on(day).year - (values["birth_year"] or 1960),
    ).patient


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        ({"day": 10}, ("sex", "birth_year", "diagnosis", "index_date")),
        ({"day": 10, "birth_year": None}, ("sex", "age", "diagnosis", "index_date")),
        ({"day": 20}, None),
        ({"day": 1, "sex": "male"}, None),
        ({"day": 1, "birth_year": 1961}, None),
    ],
)
def test_two_patients_look_like_one(center, other, reasons):
    diagnosis = factories.DiagnosisFactory()
    first = twin(center, diagnosis, 0)
    second = twin(center, diagnosis, **other)
    found = [(pair.first, pair.second, pair.reasons) for pair in probable_duplicates(center)]
    assert found == ([(first, second, reasons)] if reasons else [])


def test_one_hospital_number_is_one_person_within_a_centre_only(center, other_center):
    made = [
        factories.PatientFactory(center=at, hospital_number="4711") for at in (center, center, other_center)
    ]
    (pair,) = probable_duplicates(center)
    assert (pair.first, pair.second, pair.reasons) == (made[0], made[1], ("hospital_number",))
    assert probable_duplicates(other_center) == []


def test_a_duplicate_is_asked_about_at_the_later_patient(center):
    diagnosis = factories.DiagnosisFactory()
    first, second = twin(center, diagnosis, 0), twin(center, diagnosis, 1)
    sweep.check(center, ["probable_duplicate"])
    (query,) = DataQuery.objects.all()
    assert query.record_uuid == second.uuid and first.registry_id in query.words
    second.sex = "male"
    records.save(second, by=TESTS)
    assert sweep.check(center, ["probable_duplicate"])["closed"] == 1


# -- outliers ---


def test_the_robust_score_is_that_of_iglewicz_and_hoaglin():
    values = [float(value) for value in range(1, 21)] + [100.0]
    # median 11, MAD 5: 0.6745 · 89 / 5
    assert outliers.modified_z(values)[-1] == pytest.approx(12.0061)
    assert outliers.modified_z(values[:10]) == [0.0] * 10, "too few"
    assert outliers.modified_z([3.0] * 30) == [0.0] * 30, "no spread"


def test_a_slipped_decimal_point_lies_apart(center, while_young):
    def make():
        with while_young:
            for number in range(22):
                case = factories.CaseFactory(patient=factories.PatientFactory(center=center))
                value = Decimal("68") if number == 0 else Decimal("5") + number % 5
                factories.LesionFactory(case=case, volume_ml=value, levels="L3")

    remembered("lesions for outliers", make)
    sweep.check(center, ["outlier"])
    (query,) = DataQuery.objects.all()
    assert query.field == "volume_ml" and "68 mL" in query.words
