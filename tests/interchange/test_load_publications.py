"""The four publications in the registry, and how the loader takes changed and broken files."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from cases.models import Case, Lesion, Patient
from procedures.models import ReboaDetails
from registry.core.models import Record
from registry.interchange.code_lists import load_diagnoses
from registry.interchange.load_publications import FOLDER, load
from registry.interchange.publication_document import Refused
from registry.literature.models import Publication, ReportedValue, SourceValue
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def zhao(db) -> Publication:
    load(FOLDER / "zhao-2021.yaml")
    return Publication.objects.get(slug="zhao-2021")


@pytest.fixture
def andresen(db) -> Publication:
    load(FOLDER / "andresen-2014.yaml")
    return Publication.objects.get(slug="andresen-2014")


@pytest.fixture
def edited(tmp_path):
    """A copy of a publication's file with replacements, each of which must be possible exactly once."""

    def write(slug: str, *replacements: tuple[str, str]) -> Path:
        text = (FOLDER / f"{slug}.yaml").read_text("utf-8")
        for before, after in replacements:
            assert text.count(before) == 1, f"{text.count(before)} × {before}"
            text = text.replace(before, after)
        path = tmp_path / f"{slug}.yaml"
        path.write_text(text, "utf-8")
        return path

    return write


def history_rows() -> int:
    return sum(model.history.count() for model in Record.__subclasses__() if not model._meta.abstract)


def refusal(path: Path) -> list[str]:
    """The refusal of a file, line by line; nothing may have been written."""
    load_diagnoses()
    before = history_rows()
    with pytest.raises(Refused) as refused:
        load(path)
    assert history_rows() == before
    return str(refused.value).splitlines()


def line_of(path: Path, text: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    found = [number for number, line in enumerate(lines, 1) if text in line]
    assert len(found) == 1, found
    return found[0]


# -- loading again, and changed files ----------------------------------------------------------------------------------


def test_loading_again_writes_nothing(zhao):
    before = history_rows()
    counts = load(FOLDER / "zhao-2021.yaml")
    assert (counts["created"], counts["updated"], counts["deleted"]) == (0, 0, 0)
    assert counts["unchanged"] > 200
    assert history_rows() == before


def test_a_corrected_value_updates_one_record_and_leaves_history(zhao, edited):
    path = edited("zhao-2021", ('{value: 400, printed: "400 mL"', '{value: 450, printed: "450 mL"'))
    counts = load(path)
    assert (counts["created"], counts["updated"], counts["deleted"]) == (0, 2, 0)
    details = ReboaDetails.objects.get(procedure__case__patient__source_label="Case 1")
    assert (details.blood_loss_ml, details.version) == (450, 2)
    newest = details.history.first()
    assert (newest.history_user_name, newest.history_change_reason) == (
        "system: load_publications",
        "zhao-2021.yaml loaded",
    )
    assert newest.prev_record.blood_loss_ml == 400
    assert details.procedure.case.status == "complete"
    source = SourceValue.objects.get(object_id=details.pk, field="blood_loss_ml")
    assert [row.printed for row in source.history.order_by("history_id")] == ["400 mL", "450 mL"]


def test_a_group_value_put_between_others_leaves_them_what_they_are(zhao, edited):
    first, last = zhao.reported_values.first(), zhao.reported_values.last()
    added = (
        '  - {variable: kps, statistic: n, value: "6", unit_of_analysis: patient, location: X, '
        'origin: document, printed: "6"}'
    )
    path = edited("zhao-2021", ("reported_values:\n", f"reported_values:\n{added}\n"))
    counts = load(path)
    assert (counts["created"], counts["deleted"]) == (1, 0)
    for record, order in ((first, first.order + 1), (last, last.order + 1)):
        before = (record.variable, record.value, record.location)
        record.refresh_from_db()
        assert (record.variable, record.value, record.location) == before
        assert record.order == order


def test_group_values_may_change_places(zhao, edited):
    lines = (FOLDER / "zhao-2021.yaml").read_text("utf-8").splitlines()
    start = lines.index("reported_values:") + 2
    path = edited(
        "zhao-2021", ("\n".join(lines[start : start + 2]), "\n".join(reversed(lines[start : start + 2])))
    )
    first, second = zhao.reported_values.all()[:2]
    counts = load(path)
    assert (counts["created"], counts["deleted"]) == (0, 0)
    assert list(zhao.reported_values.all()[:2]) == [second, first]


def test_a_group_value_that_is_gone_is_deleted_with_history(zhao, edited):
    text = (FOLDER / "zhao-2021.yaml").read_text("utf-8")
    line = next(line for line in text.splitlines() if "planned_reperfusion_min, statistic: min" in line)
    counts = load(edited("zhao-2021", (f"{line}\n", "")))
    assert counts["deleted"] == 1
    assert not zhao.reported_values.filter(variable="planned_reperfusion_min", statistic="min").exists()
    assert ReportedValue.history.filter(variable="planned_reperfusion_min", history_type="-").count() == 1


def test_a_lesion_may_come_and_go_in_a_complete_case(zhao, edited):
    text = (FOLDER / "zhao-2021.yaml").read_text("utf-8")
    lesion = text[
        text.index("      - number: 2") : text.index("    procedures:", text.index("      - number: 2"))
    ]
    case = Case.objects.get(patient__source_label="Case 5")
    load(edited("zhao-2021", (lesion, "")))
    assert [row.levels for row in case.lesions.all()] == ["L2"]
    assert not SourceValue.objects.filter(printed="L2 and Pelvic").exclude(location="Table 1").exists()
    counts = load(FOLDER / "zhao-2021.yaml")
    assert counts["created"] == 2  # the lesion and where its level is printed
    assert [row.levels for row in case.lesions.all()] == ["L2", "pelvis"]
    case.refresh_from_db()
    assert case.status == "complete"


def test_a_patient_who_is_gone_from_the_file_is_deleted(andresen, edited):
    text = (FOLDER / "andresen-2014.yaml").read_text("utf-8")
    patient = text[text.index("  - source_label: pat. 10") :]
    row = next(line for line in text.splitlines(keepends=True) if '{patient: "pat. 10"' in line)
    counts = load(edited("andresen-2014", (patient, ""), (row, "")))
    assert counts["created"] == 0
    assert andresen.published_patients.count() == 9
    assert Lesion.objects.count() == 11
    assert not SourceValue.objects.filter(printed="12.1 ml").exists()
    assert Patient.history.filter(source_label="pat. 10", history_type="-").count() == 1


def test_an_unusual_printed_value_stands_confirmed(andresen, edited):
    path = edited("andresen-2014", ('value: 12.1, printed: "12.1 ml"', 'value: 16.1, printed: "16.1 ml"'))
    load(path)
    confirmed = Lesion.objects.get(volume_ml="16.1").confirmed["volume_ml"]
    assert confirmed["reason"] == "as printed"
    assert confirmed["who"] == "system: load_publications"
    before = history_rows()
    load(path)
    assert history_rows() == before


# -- broken files ------------------------------------------------------------------------------------------------------


def test_a_broken_file_is_refused_as_a_whole_with_everything_at_once(edited):
    path = edited(
        "zhao-2021",
        ('{value: 400, printed: "400 mL"', '{value: 70000, printed: "400 mL"'),
        ("age_years: {value: 43,", "age_years: {value: old,"),
        ("diagnosis: {value: osteosarcoma,", "diagnosis: {value: osteosarkoma,"),
        ("          anterior_route:", "          anterior_rout:"),
    )
    lines = refusal(path)
    assert [line.split(": ", 2)[:2] for line in lines] == [
        [f"{path}:{line_of(path, '70000')}", "patients[0].procedures[0].details.blood_loss_ml.value"],
        [f"{path}:{line_of(path, 'value: old')}", "patients[3].case.age_years.value"],
        [f"{path}:{line_of(path, 'anterior_rout:')}", "patients[3].procedures[0].details.anterior_rout"],
        [f"{path}:{line_of(path, 'osteosarkoma')}", "patients[4].case.diagnosis.value"],
    ]
    assert "Blood loss: 70000 mL is above 60000 mL. Accepted: 0 to 60000 mL." in lines[0]
    assert "is no field of the REBOA details." in lines[2]
    assert not Publication.objects.exists()
    assert not Case.objects.exists()


def test_a_refusal_found_while_writing_takes_everything_back(zhao, edited):
    path = edited(
        "zhao-2021",
        ('{value: 400, printed: "400 mL"', '{value: 450, printed: "450 mL"'),
        (
            "      - {time_point: discharge}\n    followup:\n      followup_state",
            "    followup:\n      followup_state",
        ),
        # Scored three months after a death at one month: a rule across rows.
        (
            'vital_status: {value: alive, printed: "remaining five patients were alive", location: '
            '"Results, Balloon-related Complications"}\n      local_recurrence',
            "vital_status: {value: dead, printed: x, location: x}\n      death_interval_value: {value: 1, printed: x, "
            "location: x}\n      death_interval_unit: {value: months, printed: x, location: x}\n      local_recurrence",
        ),
    )
    text = path.read_text("utf-8").replace(
        "recurrence_interval_value: {value: 1,", "recurrence_interval_value: {value: 2,"
    )
    alive = "    missing: {followup: {death_date: not_applicable, death_interval_value: not_applicable, "
    text = text.replace(f"{alive}death_cause: not_applicable}}}}\n", "")
    path.write_text(text, "utf-8")
    lines = refusal(path)
    assert len(lines) == 1
    assert (
        f"{path}:{line_of(path, 'death_interval_value')}: patients[3].followup.death_interval_value.value"
        in lines[0]
    )
    assert ReboaDetails.objects.get(procedure__case__patient__source_label="Case 1").blood_loss_ml == 400


VOLUME = ("andresen-2014", 'value: 12.1, printed: "12.1 ml"')
VOLUME_AT = "patients[9].lesions[0].fields.volume_ml.value"
MEAN = ("zhao-2021", 'value: "24.9"')
PAST_LIST = ("zhao-2021", "  case: [indications]")
SHEATH = ("zhao-2021", "    sheath_fr: {value: 8,")
YEAR = ("zhao-2021", "  year: 2021")
CASE_1 = "patients[0].missing.followup"


@pytest.mark.parametrize(
    ("where", "after", "field", "message"),
    [
        (YEAR, "  year: 2021\n  impact: 3", "publication.impact", "is not a field of this document."),
        (YEAR, "  year: soon", "publication.year", "Input should be a valid integer"),
        (YEAR, "  year: 1021", "publication.year", "Year: 1021 is below 1900"),
        (("zhao-2021", "format: publication/1"), "format: publication/2", "format", "'publication/1'"),
        (("zhao-2021", "{every: lost"), "{vital: lost", CASE_1, "“vital” takes no missing code"),
        (
            ("zhao-2021", "every: lost"),
            "every: gone",
            f"{CASE_1}.every",
            "Input should be",
        ),
        (
            ("zhao-2021", "every: lost"),
            "followup_state: lost",
            f"{CASE_1}.followup_state",
            "as well",
        ),
        (PAST_LIST, "  cases: [indications]", "group_only.cases", "is none of the places"),
        (PAST_LIST, "  case: [reasons]", "group_only.case", "“reasons” takes no missing code"),
        (SHEATH, "    sheath: {value: 8,", "for_all.details.sheath", "is no field of the place “details”."),
        (
            SHEATH,
            "    sheath_fr: {value: 3,",
            "for_all.details.sheath_fr.value",
            "Sheath: 3 Fr is below 4 Fr.",
        ),
        (
            ("zhao-2021", "label: Case 6"),
            "label: Case 5 # twice",
            "patients[5].source_label",
            "“Case 5” stands twice.",
        ),
        (
            ("zhao-2021", "  - number: 2"),
            "  - number:  1",
            "patients[4].lesions[1].number",
            "“1” stands twice.",
        ),
        (
            ("zhao-2021", "[L3, L4]"),
            "[L3, L7]",
            "patients[5].lesions[0].fields.levels.value",
            "“L7” is not one of",
        ),
        (
            ("zhao-2021", "variable: occlusion_longest_min"),
            "variable: occlusion",
            "variable",
            "nor a registered name",
        ),
        (
            ("zhao-2021", "{variable: occlusion_lon"),
            "{arm: C, variable: occlusion_lon",
            "arm",
            "is no arm of this",
        ),
        (MEAN, 'value: "24.9.1"', "value", "more than one decimal separator"),
        (MEAN, 'value: "many"', "value", "“many” is not a number."),
        (MEAN, "value: 24.9", "value", "Input should be a valid string"),
        (VOLUME, 'value: 0.0, printed: "12.1 ml"', VOLUME_AT, "0 mL is not above 0 mL."),
        (VOLUME, 'value: [12.1, 3], printed: "12.1 ml"', VOLUME_AT, "Enter one value, not a list."),
        (VOLUME, 'value: {ml: 3}, printed: "12.1 ml"', VOLUME_AT, "Enter a text, a number"),
        (VOLUME, 'value: 12.1, print: "12.1 ml"', VOLUME_AT.replace("value", "print"), "is not a field"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(edited, where, after, field, message):
    slug, before = where
    path = edited(slug, (before, after))
    refused = [line.split(": ", 2) for line in refusal(path)]
    place, _named, said = next(one for one in refused if one[1] == field or one[1].endswith(f".{field}"))
    assert message in said
    assert place == f"{path}:{line_of(path, after.splitlines()[-1])}"


def test_a_missing_field_is_named(edited):
    path = edited("zhao-2021", ("  year: 2021\n", ""))
    assert refusal(path) == [f"{path}:{line_of(path, 'publication:')}: publication.year: is missing."]


def test_the_same_key_twice_is_refused(edited):
    path = edited("zhao-2021", ("  year: 2021", "  year: 2021\n  year: 2020"))
    assert refusal(path) == [f"{path}:{line_of(path, 'year: 2020')}: publication.year: stands twice."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"publication: [\n", "is not valid YAML"),
        (b"- 1\n", "document: Input should be"),
        (b"", "document: Input should be"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"format: a\x00b\n", "Null characters are not allowed"),
        (b"format: !!python/object/apply:os.system [ls]\n", "is not valid YAML"),
        (b"a: &a [x]\nb: *a\n", "aliases are not accepted"),
        (b"? [a]\n: 1\n? [a]\n: 2\n", "stands twice"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path, content, message):
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    assert message in refusal(path)[0]


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nothing.yaml")[0]


def test_the_code_of_a_clinical_centre_is_refused(edited):
    factories.CenterFactory(code="ZHAO2021")
    lines = refusal(edited("zhao-2021"))
    assert "center.code: “ZHAO2021” is the code of a clinical centre." in lines[0]


def test_a_treated_lesion_has_to_be_listed(edited):
    text = (FOLDER / "andresen-2014.yaml").read_text("utf-8")
    start = text.index("          - lesion: 2", text.index("source_label: pat. 4"))
    path = edited("andresen-2014")
    path.write_text(text[:start] + text[start:].replace("lesion: 2", "lesion: 3", 1), "utf-8")
    field = "patients[3].procedures[0].treated_lesions[1].lesion"
    assert f"{field}: This patient has no lesion 3." in refusal(path)[0]


def test_a_decimal_comma_is_read(edited):
    load(
        edited(
            "andresen-2014",
            ('value: 12.1, printed: "12.1 ml"', 'value: "12,1", printed: "12,1 ml"'),
            ('value: "64.3"', 'value: "64,3"'),
        )
    )
    assert Lesion.objects.get(case__patient__source_label="pat. 10").volume_ml == Decimal("12.1")
    mean = ReportedValue.objects.get(variable="age_years", statistic="mean")
    assert (mean.value, mean.value_text) == (Decimal("64.3"), "64,3")


def test_the_loader_and_the_model_refuse_in_the_same_words(edited):
    lines = refusal(edited("andresen-2014", ("value: 12.1, printed", "value: 6001, printed")))
    with pytest.raises(ValidationError) as refused:
        Lesion(volume_ml=Decimal(6001)).full_clean()
    assert lines[0].endswith(refused.value.message_dict["volume_ml"][0])


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did_per_file(capsys):
    call_command("load_publications", "tian-2017", str(FOLDER / "zhao-2021.yaml"))
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("tian-2017: 37 created, 0 updated")
    assert out[1].startswith("zhao-2021: ")
    call_command("load_publications", "tian-2017")
    assert "0 created, 0 updated, 0 deleted, 37 unchanged" in capsys.readouterr().out


def test_the_command_loads_what_is_sound_and_fails_for_what_is_not(edited, capsys):
    path = edited("zhao-2021", ("  year: 2021", "  year: soon"))
    with pytest.raises(CommandError):
        call_command("load_publications", str(path), "tian-2017")
    assert f"{path}:{line_of(path, 'year: soon')}: publication.year: " in capsys.readouterr().err
    assert list(Publication.objects.values_list("slug", flat=True)) == ["tian-2017"]


# -- printed tables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "before", "after", "message"),
    [
        (
            "zhao-2021",
            '{patient: "Case 3", cells: ["3", ',
            '{patient: "Case 3", cells: [',
            "has 5 cells for 6 columns",
        ),
        ("zhao-2021", '{patient: "Case 3", cells', '{patient: "Case 9", cells', "“Case 9” is no patient"),
        ("zhao-2021", '{patient: "Case 3", cells', "{cells", "is about one of: variable, patient, series"),
        (
            "andresen-2014",
            "- {series: 15, cells",
            "- {series: 16, cells",
            "“16” is the order of no cited series",
        ),
        (
            "andresen-2014",
            "fields: [followup, pain_reduction]",
            "fields: [follow]",
            "no field of a cited series",
        ),
        (
            "tian-2022",
            "- {variable: leak, cells",
            "- {variable: complication, cells",
            "no value of “complication”",
        ),
        ("tian-2022", "- {variable: leak, cells", "- {variable: volume_ml, cells", "no cell prints leak  n"),
        ("tian-2022", 'n = 75)", arm: B}', 'n = 75)", arm: C}', "“C” is no arm"),
        ("andresen-2014", "  - label: Table 2\n", "  - label: Table 1\n", "“Table 1” stands twice"),
    ],
)
def test_a_table_that_leads_nowhere_is_refused(db, edited, slug, before, after, message):
    path = edited(slug, (before, after))
    assert any(message in line for line in refusal(path)), refusal(path)


def test_a_changed_cell_updates_the_publication_alone(zhao, edited):
    counts = load(edited("zhao-2021", ('"L2 and Pelvic", "Combination"', '"L2 and pelvis", "Combination"')))
    assert (counts["created"], counts["updated"], counts["deleted"]) == (0, 1, 0)
    zhao.refresh_from_db()
    assert zhao.tables[0]["rows"][4]["cells"][4] == "L2 and pelvis"
