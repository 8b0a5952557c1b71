"""A diff of two releases names exactly what was edited in between: rows, cells, and how the main results moved."""

import csv
import random
from decimal import Decimal

import pytest

from cases.models import Case, Lesion, Patient
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.models import Procedure, TreatedLesion
from registry.access.models import Membership
from registry.core import records
from registry.interchange.load_publications import FOLDER, load
from registry.research.models import Release
from registry.research.releases import comparing, rebuilding, shelf
from registry.research.releases.difference import Cell, compare_results, compare_tables
from tests import factories as make
from tests.factories import TESTS
from tests.research.releases.conftest import frozen

# -- the files themselves ----------------------------------------------------------------------------------------------


def sheet(folder, name, columns, *rows):
    path = folder / name
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


COLUMNS = ("patient_id", "lesion_id", "side", "notes")


def test_rows_and_cells_are_told_apart_by_the_id_of_the_row(tmp_path):
    before = sheet(
        tmp_path,
        "before.csv",
        COLUMNS,
        ("p1", "a", "left", 'quotes "", commas\nand lines\r\n'),
        ("p1", "b", "right", "é 漢"),
        ("p2", "c", "", "goes"),
        ("p2", "d", "left", "stays"),
    )
    after = sheet(
        tmp_path,
        "after.csv",
        COLUMNS,
        ("p2", "d", "left", "stays"),
        ("p1", "a", "right", 'quotes "", commas\nand other lines\r\n'),
        ("p1", "b", "right", "é 漢"),
        ("p3", "e", "left", "new"),
    )
    found = compare_tables("lesions", "lesion_id", before, after)
    assert (found.rows_before, found.rows_after) == (4, 4)
    assert (found.rows_added, found.rows_removed) == (["e"], ["c"])
    assert found.cells == [
        Cell("a", "side", "left", "right"),
        Cell("a", "notes", 'quotes "", commas\nand lines\r\n', 'quotes "", commas\nand other lines\r\n'),
    ]
    assert (found.added, found.removed, found.changed_rows, found.changed_cells) == (1, 1, 1, 2)
    assert not found.same and found.listed_all
    assert compare_tables("lesions", "lesion_id", before, before).same


def test_columns_that_one_side_does_not_have(tmp_path):
    before = sheet(
        tmp_path, "before.csv", ("lesion_id", "side", "old"), ("a", "left", "1"), ("b", "left", "1")
    )
    after = sheet(
        tmp_path, "after.csv", ("new", "lesion_id", "side"), ("2", "a", "left"), ("2", "b", "right")
    )
    found = compare_tables("lesions", "lesion_id", before, after)
    assert (found.columns_added, found.columns_removed) == (["new"], ["old"])
    assert found.cells == [Cell("b", "side", "left", "right")] and not found.same


def test_a_table_that_one_side_does_not_have(tmp_path):
    rows = sheet(tmp_path, "rows.csv", COLUMNS, ("p1", "a", "left", ""))
    assert compare_tables("lesions", "lesion_id", None, rows).rows_added == ["a"]
    assert compare_tables("lesions", "lesion_id", rows, None).rows_removed == ["a"]


def test_lists_are_cut_and_counts_are_not(tmp_path):
    before = sheet(tmp_path, "before.csv", COLUMNS, *(("p", str(n), "left", "") for n in range(9)))
    after = sheet(tmp_path, "after.csv", COLUMNS, *(("p", str(n), "right", "") for n in range(5, 25)))
    found = compare_tables("lesions", "lesion_id", before, after, limit=3)
    assert (found.added, found.removed, found.changed_cells) == (16, 5, 4)
    assert (len(found.rows_added), len(found.rows_removed), len(found.cells)) == (3, 3, 3)
    assert not found.listed_all and found.as_json()["listed_all"] is False


def test_rows_of_patients_who_withdrew_are_counted_and_not_named(tmp_path):
    before = sheet(tmp_path, "before.csv", COLUMNS, ("p1", "a", "left", ""), ("p2", "b", "left", ""))
    after = sheet(tmp_path, "after.csv", COLUMNS, ("p2", "b", "right", ""))
    found = compare_tables("lesions", "lesion_id", before, after, hidden={"p1", "p2"})
    assert (found.withheld, found.rows_removed, found.cells) == (2, [], []) and not found.same


def test_results_that_moved():
    def result(n, mean, **more):
        return {
            "result": "vas",
            "label": "VAS",
            "unit": "",
            "time_point": "day_1",
            "group": "all",
            "n": n,
            "mean": mean,
            **more,
        }

    gone = {**result(1, 1), "group": "A"}
    found = compare_results([result(2, 5.5), gone], [result(3, 5.5, sd=1)])
    assert [(moved.about["group"], moved.moved) for moved in found] == [
        ("all", {"n": (2, 3), "sd": (None, 1)}),
        ("A", {"n": (1, None), "mean": (1, None)}),
    ]
    assert not compare_results([gone], [gone])[0].moved


# -- known edits -------------------------------------------------------------------------------------------------------


def new_patient(world):
    """Somebody with a row in every table that the edits are about; nothing of it would move a mean."""
    patient = make.PatientFactory(center=world.own, birth_year=1950)
    case = make.CaseFactory(patient=patient, diagnosis=world.diagnosis, age_years=50)
    procedure = make.ProcedureFactory(case=case, complications_answered="present")
    make.SacroplastyDetailsFactory(procedure=procedure)
    make.TreatedLesionFactory(procedure=procedure, lesion=make.LesionFactory(case=case, levels="L4"))
    make.ComplicationFactory(procedure=procedure)
    make.AssessmentFactory(case=case, time_point="baseline")
    return patient


def rows_of(patient):
    """Every row of a patient, with its table."""
    case = Case.objects.get(patient=patient)
    yield from (("patients", patient), ("cases", case), ("case_summary", case))
    yield from (("lesions", row) for row in case.lesions.all())
    yield from (("assessments", row) for row in case.assessments.all())
    for procedure in case.procedures.all():
        yield "procedures", procedure
        yield from (("treated_lesions", row) for row in procedure.treated_lesions.all())
        yield from (("complications", row) for row in procedure.complications.all())


class Ledger:
    """Makes edits and writes down, by itself, what a diff must say of them."""

    def __init__(self, world, folder, seed):
        self.world, self.folder, self.draw = world, folder, random.Random(seed)
        #: (table, id of the row, column) → value as it stands in the file.
        self.before, self.now = {}, {}
        self.added, self.removed = set(), set()

    def changed(self, table, record, column, before, after):
        cell = (table, str(record.uuid), column)
        self.before.setdefault(cell, before)
        self.now[cell] = after

    @property
    def cells(self):
        """What changed and is not what it was again, of rows that are still there and were there before."""
        gone = self.added | self.removed
        return {
            (*cell, self.before[cell], after)
            for cell, after in self.now.items()
            if after != self.before[cell] and (cell[0], cell[1]) not in gone
        }

    def make(self, count):
        """So many edits: every kind, the rest by chance, in an order by chance."""
        kinds = [self.side, self.device, self.new_lesion, self.remove_lesion, self.visit, self.remove_visit]
        kinds += [
            self.stay,
            self.sex,
            self.score,
            self.state,
            self.onset,
            self.new_patient,
            self.remove_patient,
        ]
        kinds += [self.new_complication, self.remove_complication]
        edits = [self.reload, *kinds, *self.draw.choices(kinds, k=count - len(kinds) - 1)]
        self.draw.shuffle(edits)
        for edit in edits:
            edit()

    def rows(self, model):
        centers = [self.world.own, self.world.published]
        of = {"center__in": centers} if model is Case else {f"{model.center_path}__in": centers}
        agreed = {f"{model.center_path.removesuffix('center')}patient__consent_status": "withdrawn"}
        return list(model.objects.filter(**of).exclude(**agreed).order_by("pk"))

    def side(self):
        lesion = self.draw.choice(self.rows(Lesion))
        before, lesion.side = lesion.side or "", self.draw.choice(["left", "right", "central", "bilateral"])
        lesion.missing = {name: code for name, code in lesion.missing.items() if name != "side"}
        stored = Lesion.objects.get(pk=lesion.pk).missing.get("side", "")
        records.save(lesion, by=TESTS, reason="read again")
        self.changed("lesions", lesion, "side", before, lesion.side)
        self.changed("lesions", lesion, "side__missing", stored, "")

    def device(self):
        """A column of one table alone; text with everything that a file must take."""
        procedure = self.draw.choice([row for row in self.rows(Procedure) if row.kind == "sacroplasty"])
        details = procedure.details
        before = details.technique
        details.technique = self.draw.choice(["needle", "balloon", "screw"])
        records.save(details, by=TESTS, reason="read again")
        self.changed("procedures", procedure, "technique", before, details.technique)
        self.changed("case_summary", procedure.case, "sacroplasty__technique", before, details.technique)

    def new_lesion(self):
        case = self.draw.choice(self.rows(Case))
        before = Lesion.objects.filter(case=case).count()
        lesion = make.LesionFactory(case=case, levels="S3", side="left")
        self.added.add(("lesions", str(lesion.uuid)))
        self.changed("case_summary", case, "lesion_count", str(before), str(before + 1))
        self.levels(case)

    def remove_lesion(self):
        free = [row for row in self.rows(Lesion) if not TreatedLesion.objects.filter(lesion=row).exists()]
        free = [row for row in free if row.levels == "S3"]
        if not free:
            return self.new_lesion()
        lesion = self.draw.choice(free)
        case, before = lesion.case, Lesion.objects.filter(case=lesion.case).count()
        records.delete(lesion, by=TESTS, reason="entered twice")
        self.gone("lesions", lesion)
        self.changed("case_summary", case, "lesion_count", str(before), str(before - 1))
        self.levels(case)

    def gone(self, table, record):
        """A row that came and went in between was never there."""
        row = (table, str(record.uuid))
        if row in self.added:
            self.added.remove(row)
            self.now = {cell: value for cell, value in self.now.items() if cell[:2] != row}
        else:
            self.removed.add(row)

    def levels(self, case):
        """The union over the lesions; S3 stands behind whatever else these cases have."""
        held = set(";".join(Lesion.objects.filter(case=case).values_list("levels", flat=True)).split(";"))
        order = ["L3", "L4", "S1", "S2", "S3", "pelvis"]
        was = ";".join(level for level in order if level in held - {"S3"})
        self.before.setdefault(("case_summary", str(case.uuid), "levels"), was)
        self.now["case_summary", str(case.uuid), "levels"] = ";".join(
            level for level in order if level in held
        )

    def new_complication(self):
        procedure = self.draw.choice(
            [row for row in self.rows(Procedure) if row.complications_answered != "none"]
        )
        self.complications(procedure.case, +1)
        complication = make.ComplicationFactory(procedure=procedure, onset_day=self.draw.randrange(30))
        self.added.add(("complications", str(complication.uuid)))

    def remove_complication(self):
        complications = self.rows(Complication)
        if not complications:
            return self.new_complication()
        complication = self.draw.choice(complications)
        case = complication.procedure.case
        self.complications(case, -1)
        if complication.sir_grade:  # the one that has a grade is a major one
            self.changed("case_summary", case, "major_complication_count", "1", "0")
        records.delete(complication, by=TESTS, reason="another patient's")
        self.gone("complications", complication)

    def complications(self, case, more):
        count = Complication.objects.filter(procedure__case=case).count()
        self.changed("case_summary", case, "complication_count", str(count), str(count + more))

    def onset(self):
        complications = self.rows(Complication)
        if not complications:
            return self.new_complication()
        complication = self.draw.choice(complications)
        before, complication.onset_day = complication.onset_day, self.draw.randrange(30)
        records.save(complication, by=TESTS, reason="read again")
        one = "" if before is None else str(before)
        self.changed("complications", complication, "onset_day", one, str(complication.onset_day))

    def score(self):
        visit = Assessment.objects.get(case=self.world.b, time_point="month_1")
        before, visit.analgesic_scale = visit.analgesic_scale, self.draw.randrange(4)
        records.save(visit, by=TESTS, reason="typing slip")
        for table, record, column in (
            ("assessments", visit, "analgesic_scale"),
            ("case_summary", self.world.b, "analgesic_scale__month_1"),
        ):
            self.changed(table, record, column, str(int(before)), str(visit.analgesic_scale))

    def state(self):
        status = FollowUpStatus.objects.get(case=self.world.b)
        before = status.followup_state
        status.followup_state = "completed" if before == "under_follow_up" else "under_follow_up"
        records.save(status, by=TESTS, reason="letter")
        self.changed("case_summary", self.world.b, "followup_state", before, status.followup_state)

    def reload(self):
        """The paper's file with two values read again."""
        text = (FOLDER / "zhao-2021.yaml").read_text("utf-8")
        for before, after in (
            ('value: 400, printed: "400 mL"', 'value: 450, printed: "450 mL"'),
            ('{value: 22, printed: "22"', '{value: 23, printed: "23"'),
        ):
            assert text.count(before) == 1
            text = text.replace(before, after)
        path = self.folder / "zhao-2021.yaml"
        path.write_text(text, "utf-8")
        assert load(path)["updated"]
        procedure = Procedure.objects.get(
            case__patient__publication__slug="zhao-2021", case__patient__source_label="Case 1"
        )
        self.changed("procedures", procedure, "blood_loss_ml", "400", "450")
        self.changed("case_summary", procedure.case, "reboa__blood_loss_ml", "400", "450")
        for table in ("cases", "case_summary"):
            self.changed(table, procedure.case, "age_years", "22", "23")

    def visit(self):
        """A visit that nobody counts: it is in no column of the wide table, and no main result."""
        case = self.draw.choice(self.rows(Case))
        visit = make.AssessmentFactory(
            case=case,
            time_point="unscheduled",
            interval_value=self.draw.randrange(1, 90),
            interval_unit="days",
        )
        self.added.add(("assessments", str(visit.uuid)))

    def remove_visit(self):
        visits = [row for row in self.rows(Assessment) if row.time_point == "unscheduled"]
        if not visits:
            return self.visit()
        visit = visits[0]  # those that were there before go first
        records.delete(visit, by=TESTS, reason="another patient's")
        self.gone("assessments", visit)

    def new_patient(self):
        patient = new_patient(self.world)
        self.added |= {(table, str(record.uuid)) for table, record in rows_of(patient)}

    def remove_patient(self):
        """One who was there before goes first."""
        everyone = Patient.objects.filter(center=self.world.own, birth_year=1950).order_by("pk")
        patient = everyone.first()
        if patient is None:
            return self.new_patient()
        for table, record in rows_of(patient):
            self.gone(table, record)
        records.delete(Case.objects.get(patient=patient), by=TESTS, reason="asked for it")
        records.delete(patient, by=TESTS, reason="asked for it")

    def stay(self):
        procedure = self.draw.choice([row for row in self.rows(Procedure) if row.kind == "rfa"])
        before = procedure.hospital_stay_days
        procedure.hospital_stay_days = self.draw.randrange(10)
        records.save(procedure, by=TESTS, reason="read again")
        one, other = "" if before is None else str(before), str(procedure.hospital_stay_days)
        self.changed("procedures", procedure, "hospital_stay_days", one, other)
        self.changed("case_summary", procedure.case, "rfa__hospital_stay_days", one, other)

    def sex(self):
        patient = Patient.objects.get(pk=self.world.b.patient_id)
        before = patient.sex
        patient.sex = "male" if before == "female" else "female"
        records.save(patient, by=TESTS, reason="typing slip")
        for table, record in (("patients", patient), ("cases", self.world.b), ("case_summary", self.world.b)):
            self.changed(table, record, "sex", before, patient.sex)


def test_a_diff_names_exactly_fifty_edits_and_the_release_before_them_stays_what_it_was(kept, tmp_path):
    load(FOLDER / "zhao-2021.yaml")
    for _patient in range(2):
        new_patient(kept)
    before = frozen(kept.researcher)
    ledger = Ledger(kept, tmp_path, 1)
    ledger.make(50)
    after = frozen(kept.researcher, cohort=before.cohort_version.cohort)
    found = comparing.compare(before, after, kept.researcher)
    assert all(table.listed_all and not table.withheld for table in found.tables)
    assert {
        (table.table, cell.key, cell.column, cell.before, cell.after)
        for table in found.tables
        for cell in table.cells
    } == ledger.cells
    assert {(table.table, key) for table in found.tables for key in table.rows_added} == ledger.added
    assert {(table.table, key) for table in found.tables for key in table.rows_removed} == ledger.removed
    assert sum(table.changed_cells for table in found.tables) == len(ledger.cells)
    touched = {"patients", "cases", "case_summary", "lesions", "procedures", "assessments", "complications"}
    assert touched <= {table for table, _key in ledger.added} & {table for table, _key in ledger.removed}
    assert touched - {"complications"} <= {cell[0] for cell in ledger.cells}
    moved = {(result.about["result"], result.about["time_point"]): result.moved for result in found.moved}
    for name in ("cases", "patients", "lesions", "procedures"):
        more = sum(row[0] == name for row in ledger.added) - sum(row[0] == name for row in ledger.removed)
        n = {name: now - then for name, (then, now) in moved.pop((name, ""), {}).items()}
        assert n == ({"n": more} if more else {}), name
    # Of the new cases nothing is known that would move a mean.
    others = {result for result, numbers in moved.items() if set(numbers) != {"missing"}}
    assert others and all(result.startswith("complications.sir_grade") for result, _point in others)
    backwards = comparing.compare(after, before, kept.researcher)
    assert {(table.table, key) for table in backwards.tables for key in table.rows_added} == ledger.removed
    assert comparing.compare(before, before, kept.researcher).same
    for release in (before, after):
        rebuilding.rerun(release, kept.researcher)
        assert release.rerun["same"] and release.rerun["whole"]
        assert {file["file"]: file["rebuilt_sha256"] for file in release.rerun["files"]} == {
            file["file"]: file["sha256"] for file in release.files
        }


def test_main_results_move_with_the_scores(world):
    before = frozen(world.researcher)
    visit = Assessment.objects.get(case=world.b, time_point="month_1")
    visit.vas_pain = Decimal("2.6")
    records.save(visit, by=TESTS)
    after = frozen(world.researcher, cohort=before.cohort_version.cohort)
    moved = {
        (result.about["result"], result.about["time_point"]): result.moved
        for result in comparing.compare(before, after, world.researcher).moved
    }
    assert moved["assessments.vas_pain value", "month_1"] == {"mean": (5.6, 2.6)}
    assert moved["assessments.vas_pain change", "month_1"]["mean"] == (-1.9, -4.9)
    assert moved["assessments.vas_pain responder yes", "month_1"]["count"] == (0, 1)
    assert all(point == "month_1" for _result, point in moved)


def test_a_case_that_leaves_the_cohort_is_removed_from_every_table(world):
    before = frozen(world.researcher)
    case = Case.objects.get(pk=world.a.pk)
    case.age_years = None
    records.save(case, by=TESTS, reason="not printed")
    after = frozen(world.researcher, cohort=before.cohort_version.cohort)
    found = {table.table: table for table in comparing.compare(before, after, world.researcher).tables}
    assert found["cases"].rows_removed == found["case_summary"].rows_removed == [str(world.a.uuid)]
    assert found["lesions"].removed == 2 and found["balloon_inflations"].removed == 2
    assert not any(table.changed_cells for table in found.values())


def test_other_centres_are_said_to_be_others(world):
    before = frozen(world.researcher)
    Membership.objects.create(user=world.researcher, center=world.foreign, role="researcher")
    after = frozen(world.researcher, cohort=before.cohort_version.cohort)
    found = comparing.compare(before, after, world.researcher)
    assert not found.same_centers and found.same_definition
    assert next(table for table in found.tables if table.table == "cases").rows_added == [str(world.d.uuid)]


def test_a_file_that_is_not_what_it_was_is_not_compared(world):
    release = frozen(world.researcher)
    path = shelf.folder_of(release.slug) / "lesions.csv"
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(comparing.Unavailable, match=r"lesions\.csv"):
        comparing.compare(release, Release.objects.get(), world.researcher)
