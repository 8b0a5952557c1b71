"""What becomes of a data query: asked, answered, closed, closed by itself, silenced; who may do which; what is kept."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from cases.models import Case
from registry.access.models import Membership
from registry.core import records
from registry.curation import queries
from registry.curation.models import DataQuery, QueryEvent
from registry.curation.models.kept import Unchangeable
from registry.curation.quality import sweep
from tests import factories

TESTS = factories.TESTS


@pytest.fixture
def lesion(case):
    return factories.LesionFactory(case=case, volume_ml=6)


def steps(query):
    return list(query.events.values_list("kind", "user_name", "text"))


def test_every_step_is_kept_with_who_and_what(lesion, clinician, curator):
    query = queries.ask(lesion, "volume_ml", "Is this 6.8?", by=curator)
    queries.answer(query, "I shall look.", by=clinician)
    queries.reopen(query, "And?", by=curator)
    queries.answer(query, "It is 6.", by=clinician)
    queries.close(query, "Seen in the report.", by=curator)
    assert steps(query) == [
        ("asked", "curator", "Is this 6.8?"),
        ("answered", "clinician", "I shall look."),
        ("reopened", "curator", "And?"),
        ("answered", "clinician", "It is 6."),
        ("closed", "curator", "Seen in the report."),
    ]
    query.refresh_from_db()
    assert (query.state, query.closed_by, query.silenced) == ("closed", "curator", False)
    event = query.events.first()
    for change in (event.save, event.delete, query.events.all().delete):
        with pytest.raises(Unchangeable):
            change()
    with pytest.raises(Unchangeable):
        QueryEvent.objects.update(text="otherwise")


def test_a_query_never_changes_the_record_or_its_case(lesion, case, curator):
    before = (lesion.version, case.version, Case.history.count())
    query = queries.ask(lesion, "volume_ml", "Sure?", by=curator)
    queries.close(query, "Yes.", by=curator)
    lesion.refresh_from_db()
    case.refresh_from_db()
    assert (lesion.version, case.version, Case.history.count()) == before


def test_who_may_do_what(lesion, clinician, curator, researcher, outsider):
    query = queries.ask(lesion, "volume_ml", "Sure?", by=curator)
    own = queries.ask(lesion, "side", "Which side?", by=clinician)
    for stranger in (researcher, outsider):
        for act in (
            lambda: queries.ask(lesion, "", "Who?", by=stranger),  # noqa: B023
            lambda: queries.answer(query, "Me.", by=stranger),  # noqa: B023
            lambda: queries.close(query, "Enough.", by=stranger),  # noqa: B023
            lambda: queries.assign(query, stranger, by=stranger),  # noqa: B023
        ):
            with pytest.raises(PermissionDenied):
                act()
        assert not DataQuery.objects.for_user(stranger).exists()
    with pytest.raises(PermissionDenied):
        queries.close(query, "Enough.", by=clinician)
    queries.close(own, "I found it.", by=clinician)
    with pytest.raises(PermissionDenied):
        queries.assign(query, clinician, by=clinician)
    queries.assign(query, clinician, by=curator)
    assert query.assigned_to == clinician
    with pytest.raises(ValidationError, match="does not write to this centre"):
        queries.assign(query, outsider, by=curator)


def test_a_right_that_has_ended_is_none(lesion, curator):
    query = queries.ask(lesion, "volume_ml", "Sure?", by=curator)
    Membership.objects.filter(user=curator).delete()
    late = type(curator).objects.get(pk=curator.pk)
    with pytest.raises(PermissionDenied):
        queries.close(query, "Yes.", by=late)


@pytest.mark.parametrize(
    ("field", "text", "named"),
    [("volume_ml", "  ", "text"), ("volume_ml", "x" * 2001, "text"), ("no_such_field", "Sure?", "field")],
)
def test_a_refusal_names_the_field(lesion, curator, field, text, named):
    with pytest.raises(ValidationError) as refused:
        queries.ask(lesion, field, text, by=curator)
    assert named in refused.value.message_dict
    assert not DataQuery.objects.exists()


def test_what_is_closed_is_not_answered(lesion, clinician, curator):
    query = queries.ask(lesion, "volume_ml", "Sure?", by=curator)
    queries.close(query, "Yes.", by=curator)
    with pytest.raises(ValidationError, match="has been closed"):
        queries.answer(query, "Yes.", by=clinician)
    with pytest.raises(ValidationError, match="has been closed"):
        queries.close(query, "Yes.", by=curator)


# -- by itself -------------------------------------------------------------------------------------------------------


def test_a_persons_query_closes_when_the_value_changes(lesion, clinician, curator):
    asked = queries.ask(lesion, "volume_ml", "Sure?", by=curator)
    of_side = queries.ask(lesion, "side", "Which?", by=curator)
    whole = queries.ask(lesion, "", "Whose is it?", by=curator)
    lesion.side = "left"
    records.save(lesion, by=clinician)
    assert set(DataQuery.objects.waiting()) == {asked, whole}
    assert steps(of_side)[-1] == ("closed_itself", "clinician", "The value has been changed.")
    lesion.volume_ml, lesion.missing = None, {"volume_ml": "not_done"}
    records.save(lesion, by=clinician)
    assert set(DataQuery.objects.waiting()) == {whole}


def test_a_trial_settles_nothing(lesion, curator):
    query = queries.ask(lesion, "volume_ml", "Sure?", by=curator)
    lesion.volume_ml = 7
    records.check(lesion, by=curator)
    query.refresh_from_db()
    assert query.state == "open"


def test_an_unusual_value_asks_until_it_is_corrected_or_explained(lesion, clinician):
    lesion.volume_ml = 68
    records.save(lesion, by=clinician)
    (query,) = DataQuery.objects.all()
    assert (query.rule, query.field, query.state, query.raised_by) == (
        "unusual_value",
        "volume_ml",
        "open",
        "clinician",
    )
    assert query.wording["en"].startswith("Lesion 1 (S1)") and query.wording["de"].startswith("Läsion 1")
    lesion.volume_ml = 69
    records.save(lesion, by=clinician)
    query.refresh_from_db()
    assert "69 mL" in query.words and query.events.count() == 2
    records.save(lesion, by=clinician, confirm={"volume_ml": "measured twice"})
    query.refresh_from_db()
    assert query.state == "closed" and steps(query)[-1][0] == "closed_itself"
    lesion.volume_ml = 70
    records.save(lesion, by=clinician)
    assert DataQuery.objects.get().state == "open", "the same query is asked again"


def test_a_rule_that_is_silenced_asks_no_more_until_that_is_lifted(center, lesion, clinician, curator):
    lesion.volume_ml = 68
    records.save(lesion, by=clinician)
    query = DataQuery.objects.get()
    queries.answer(query, "It was that large.", by=clinician)
    queries.close(query, "Seen on the CT.", by=curator)
    assert query.silenced and steps(query)[-1] == ("silenced", "curator", "Seen on the CT.")
    lesion.volume_ml = 69
    records.save(lesion, by=clinician)
    sweep.check(center)
    assert not DataQuery.objects.waiting().exists()
    queries.reopen(query, "Another reader measured 6.9.", by=curator)
    assert query.state == "open" and not query.silenced


def test_a_record_that_goes_takes_its_queries_along(center, case, curator):
    treated = factories.TreatedLesionFactory(
        procedure=factories.ProcedureFactory(case=case),
        lesion=factories.LesionFactory(case=case, volume_ml=6),
        cement_volume_ml=12,
    )
    queries.ask(treated, "approach", "Which?", by=curator)
    assert DataQuery.objects.waiting().count() == 2
    records.delete(treated.procedure, by=curator)
    assert not DataQuery.objects.waiting().exists()
    whole = queries.ask(case, "", "Is this the right patient?", by=curator)
    records.delete(case, by=curator)
    whole.refresh_from_db()
    assert (whole.state, whole.case, whole.case_uuid) == ("closed", None, case.uuid)


def test_completing_a_case_asks_what_the_whole_of_it_says(old_case, clinician):
    """A draft that has rested, and a complete case, are looked at as a whole with every save."""
    factories.AssessmentFactory(case=old_case, kps=100, ecog=2)
    (query,) = DataQuery.objects.filter(rule="contradiction")
    assert query.field == "ecog"
    row = old_case.assessments.get()
    row.kps = 70
    records.save(row, by=clinician)
    query.refresh_from_db()
    assert query.state == "closed"


def test_texts_are_kept_as_they_were_written(lesion, curator):
    text = "<script>alert(1)</script>'; DROP TABLE cases_case; --"
    assert queries.ask(lesion, "side", text, by=curator).words == text


def test_queries_go_to_the_record_that_takes_the_place(center, curator):
    old, new = (factories.CaseFactory(patient=factories.PatientFactory(center=center)) for _ in range(2))
    query = queries.ask(old.patient, "sex", "Really?", by=curator)
    assert queries.carry_over(old.patient, new.patient, by=curator, reason="one person") == 1
    query.refresh_from_db()
    assert (query.record_uuid, query.case) == (new.patient.uuid, new)
    assert steps(query)[-1] == ("moved", "curator", "one person")


def test_a_merge_brings_queries_along_and_settles_whether_two_are_one(center, curator):
    from registry.curation.merging import hooks
    from registry.curation.merging.choosing import FIELDS
    from registry.curation.merging.merge import Chosen, merge

    old, new = (factories.PatientFactory(center=center, hospital_number="4711") for _ in range(2))
    sweep.check(center)
    (duplicate,) = DataQuery.objects.all()
    query = queries.ask(new, "sex", "Really?", by=curator)
    assert [(pair.a, pair.b) for pair in hooks.pairs(curator)] == [(old, new)]
    merge(old, new, Chosen("a", dict.fromkeys(FIELDS, "a")), by=curator, reason="one person")
    query.refresh_from_db()
    duplicate.refresh_from_db()
    assert (query.record_uuid, query.state) == (old.uuid, "open")
    assert duplicate.state == "closed" and not duplicate.silenced
    assert [row["kind"] for row in query.events.values("kind")] == ["asked", "moved"]


# -- cost and reach --------------------------------------------------------------------------------------------------


def test_a_save_costs_two_questions_more_at_most(old_case, case, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for at in (case, old_case):
        lesion = factories.LesionFactory(case=at, volume_ml=6)
        fresh = type(lesion).objects.get(pk=lesion.pk)
        fresh.volume_ml = 7
        with CaptureQueriesContext(connection) as asked:
            records.save(fresh, by=TESTS)
        own = [query for query in asked.captured_queries if "curation_dataquery" in query["sql"]]
        assert len(own) == 1, own


def test_the_check_of_all_is_steady_and_says_what_it_did(center, case, capsys):
    from django.core.management import CommandError, call_command

    factories.LesionFactory(case=case, volume_ml=20)
    for expected in ("1 cases looked at, 0 queries raised, 0 closed",) * 2:
        call_command("check_quality", "--center", "HEI", "--rule", "unusual_value")
        said = capsys.readouterr().out
        assert expected in said and "unusual_value: 1 waiting" in said
    for wrong in (("--rule", "no_such_rule"), ("--center", "XXX")):
        with pytest.raises(CommandError, match="there is no"):
            call_command("check_quality", *wrong)
