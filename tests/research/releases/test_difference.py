"""A diff of two releases names exactly what was edited in between: rows, cells, and how the main results moved."""

import csv
import random
from decimal import Decimal

import pytest

from cases.models import Case, Lesion, Patient
from outcomes.models import Assessment
from procedures.models import Procedure, TreatedLesion
from registry.access.models import Membership
from registry.core import records
from registry.research.models import Release
from registry.research.releases import comparing, shelf
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


class Ledger:
    """Makes edits and writes down, by itself, what a diff must say of them."""

    def __init__(self, world, seed):
        self.world, self.draw = world, random.Random(seed)
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

    def make(self):
        edits = [self.side, self.side, self.device, self.new_lesion, self.remove_lesion, self.visit]
        edits += [self.remove_visit, self.stay, self.sex, self.new_case]
        self.draw.choice(edits)()

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
            return
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
        if visits:
            visit = visits[0]  # those that were there before go first
            records.delete(visit, by=TESTS, reason="another patient's")
            self.gone("assessments", visit)

    def new_case(self):
        patient = make.PatientFactory(center=self.world.own)
        case = make.CaseFactory(patient=patient, diagnosis=self.world.diagnosis, age_years=50)
        self.added |= {("patients", str(patient.uuid))}
        self.added |= {(table, str(case.uuid)) for table in ("cases", "case_summary")}

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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_diff_names_exactly_the_edits(kept, seed):
    before = frozen(kept.researcher)
    ledger = Ledger(kept, seed)
    for _edit in range(50):
        ledger.make()
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
    assert ledger.added and ledger.removed and len(ledger.cells) > 5
    moved = {(result.about["result"], result.about["time_point"]): result.moved for result in found.moved}
    cases = sum(row[0] == "cases" for row in ledger.added)
    lesions = sum(row[0] == "lesions" for row in ledger.added)
    assert moved.pop(("cases", "")) == moved.pop(("patients", "")) == {"n": (2, 2 + cases)}
    assert moved.pop(("lesions", "")) == {"n": (3, 3 + lesions)}
    # Of the new cases nothing is known that would move a mean.
    assert {tuple(numbers) for numbers in moved.values()} == {("missing",)}
    backwards = comparing.compare(after, before, kept.researcher)
    assert sum(table.added for table in backwards.tables) == len(ledger.removed)
    assert comparing.compare(before, before, kept.researcher).same


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
