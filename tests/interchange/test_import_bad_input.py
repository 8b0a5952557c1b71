"""Files as they should not be: each is refused with words, or read and said how; nothing breaks, nothing is written."""

import io
import json
import zipfile

import pytest

from cases.models import Case, Lesion, Patient
from registry.interchange.code_lists import load_diagnoses
from tests import factories as make
from tests.interchange.importing import NEW, as_csv, as_xlsx, checked, errors


@pytest.fixture(autouse=True)
def _diagnoses(db):
    load_diagnoses()


def said(found):
    return " ".join(message for _file, _row, _column, message in errors(found))


ONE = [{"patient_ref": "Ä", "sex": "männlich", "birth_year": "1950"}]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (as_csv(ONE, encoding="utf-8-sig"), ""),
        (as_csv(ONE, encoding="cp1252"), "Windows-1252"),
        (as_csv(ONE, ";"), "semicolons"),
        (as_csv(ONE, "\t"), "tabs"),
    ],
)
def test_what_spreadsheets_write_is_read_and_said(center, curator, content, remark):
    found = checked(curator, center, patients_csv=content)
    assert errors(found) == [] and found.items[0].record.sex == "male"
    assert remark in str(found.report.remarks)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\r\n", "empty"),
        (as_csv(ONE).decode().encode("utf-16"), "UTF-16"),
        (b"sex\r\nma\x00le\r\n", "null characters"),
        (b"sex,sex\r\nmale,male\r\n", "stands twice"),
        (b"sex,birth_year\r\nmale\r\n", "has 1 cells, the head has 2"),
        (b"sex\r\nmale,1950\r\n", "has 2 cells, the head has 1"),
        (b"sex,\r\nmale,1950\r\n", "no column head"),
        (b'sex\r\n"male\r\n', "no readable CSV"),
        (b"sx\r\nmale\r\n", "Did you mean sex?"),
        (b"sex\r\n" + b"male\r\n" * 250_000, "at most 100000 are imported"),
        (",".join(f"c{i}" for i in range(2000)).encode() + b"\r\n1\r\n", "no table has more than"),
        (b"sex\r\n" + b"x" * 200_000 + b"\r\n", "no readable CSV"),
        (b"sex\r\n", "no rows"),
    ],
)
def test_a_csv_that_cannot_be_read_is_refused(center, curator, content, words):
    found = checked(curator, center, patients_csv=content)
    assert words in said(found) and not found.report.is_ready


def test_every_unknown_column_of_300_is_named(center, curator):
    head = ",".join(["sex", *(f"column_{i}" for i in range(299))])
    found = checked(curator, center, patients_csv=f"{head}\r\nmale{',' * 299}\r\n".encode())
    assert found.report.error_count == 299


@pytest.mark.parametrize("name", ["version", "created_by", "uuid", "id", "hospital_number_hash", "confirmed"])
def test_what_the_registry_keeps_itself_is_no_column(center, curator, name):
    assert "not known" in said(checked(curator, center, patients=[{"sex": "male", name: "1"}]))


def test_a_file_signs_no_case_and_moves_no_patient(center, other_center, curator):
    case = make.CaseFactory(patient=make.PatientFactory(center=center))
    found = checked(curator, center, cases=[{"case_id": case.uuid, "case_status": "signed"}])
    assert "not signed by setting its status" in said(found)
    found = checked(curator, center, patients=[{"patient_id": case.patient.uuid, "center": "BER"}])
    assert "another centre" in said(found)
    found = checked(curator, center, patients=[{"sex": "male", "center": "BER"}])
    assert said(found) == said(checked(curator, center, patients=[{"sex": "male", "center": "NOWHERE"}]))


def test_another_centres_ids_are_as_unknown_as_no_ids(center, other_center, curator):
    foreign = make.LesionFactory(
        case=make.CaseFactory(patient=make.PatientFactory(center=other_center, hospital_number="77"))
    )
    for table, column, value in [
        ("lesions", "lesion_id", foreign.uuid),
        ("lesions", "case_id", foreign.case.uuid),
        ("cases", "patient_id", foreign.case.patient.uuid),
        ("cases", "registry_id", foreign.case.patient.registry_id),
        ("cases", "hospital_number", "77"),
    ]:
        found = checked(curator, center, **{table: [{column: value}]})
        unknown = "00000000-0000-4000-8000-000000000000" if column.endswith("_id") else "78"
        assert said(found) and said(found) == said(checked(curator, center, **{table: [{column: unknown}]}))


def test_text_that_looks_like_a_formula_or_a_command_is_text(center, curator):
    case = make.CaseFactory(patient=make.PatientFactory(center=center))
    for text in ("=1+1", "'; DROP TABLE cases_case; --", "<script>alert(1)</script>", "-7", "@x"):
        found = checked(curator, center, cases=[{"case_id": case.uuid, "notes": text}])
        assert errors(found) == [] and found.items[0].record.notes == text
    found = checked(curator, center, cases=[{"case_id": case.uuid, "notes": "'=1+1"}])
    assert found.items[0].record.notes == "=1+1", "the apostrophe is the export's"


def test_hospital_numbers_lead_to_patients_and_twins_are_named(center, curator):
    make.PatientFactory(center=center, hospital_number="47-11", by=curator)
    found = checked(curator, center, cases=[{"hospital_number": "4711", "age_years": "60"}])
    assert errors(found) == [] and found.report.total["new"] == 1
    found = checked(curator, center, patients=[{"hospital_number": "4711"}, {"hospital_number": "9"}])
    assert errors(found) == []
    (only,) = found.report.warnings
    assert "is there: HEI-00001" in only["message"] and only["column"] == "hospital_number"


# -- workbooks ---------------------------------------------------------------------------------------------------------


def test_a_workbook_with_a_sheet_per_table(center, curator):
    tables = {name: [dict(row) for row in rows] for name, rows in NEW.items()}
    tables["cases"][0]["diagnosis_text"] = "Q"  # openpyxl writes a formula where a text begins with =
    tables["lesions"][0]["volume_ml"] = 6.800000000000001
    tables["explanations"] = [{"Column": "x"}]
    found = checked(curator, center, anything_xlsx=as_xlsx(**tables))
    assert errors(found) == [] and found.report.total["new"] == 10


def test_formulas_and_errors_in_a_workbook_are_refused(center, curator):
    found = checked(curator, center, lesions_xlsx=as_xlsx(lesions=[{"volume_ml": "=3+4", "levels": "#N/A"}]))
    assert [(row, column) for _f, row, column, _m in errors(found)][:2] == [("2", "A"), ("2", "B")]
    assert "formula" in said(found) and "error of the spreadsheet" in said(found)


def bomb(**parts):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(f"xl/{name}.xml", content)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 not a zip", "no readable XLSX"),
        (b"plain text", "no readable XLSX"),
        (bomb(sheet=b"0" * 300 * 1024**2), "unpacks into more"),
        (bomb(**{f"p{i}": b"x" for i in range(600)}), "unpacks into more"),
        (bomb(sheet=b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "no workbook needs"),
        (
            bomb(sheet='<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'.encode("utf-16")),
            "no workbook needs",
        ),
        (bomb(sheet=b"<x/>"), "no readable XLSX"),
    ],
)
def test_what_is_no_workbook_is_refused_before_it_unpacks(center, curator, content, words):
    assert words in said(checked(curator, center, lesions_xlsx=content))


# -- bundles -----------------------------------------------------------------------------------------------------------

BUNDLE = {
    "format": "case-bundle/1",
    "patients": [
        {
            "sex": "female",
            "cases": [
                {
                    "age_years": 60,
                    "lesions": [{"levels": ["S1", "L5"], "lesion_ref": "L"}],
                    "procedures": [
                        {
                            "kind": "sacroplasty",
                            "technique": "standard",
                            "treated_lesions": [{"lesion_ref": "L", "cement_volume_ml": 4.5}],
                        }
                    ],
                    "assessments": [{"time_point": "baseline", "vas_pain": 0}],
                    "followup_status": {"vital_status": "alive"},
                }
            ],
        }
    ],
}


def test_a_bundle_is_read_and_its_errors_are_placed(center, curator):
    text = json.dumps(BUNDLE)
    found = checked(curator, center, bundle_json=text.encode())
    assert [e for e in errors(found) if "technique" not in e[2]] == []
    broken = text.replace("4.5", "45").replace('"vas_pain": 0', '"vas_pane": 0')
    places = {
        (row, column) for _f, row, column, _m in errors(checked(curator, center, b_json=broken.encode()))
    }
    path = "patients[0].cases[0]"
    assert (f"{path}.procedures[0].treated_lesions[0]", "cement_volume_ml") in places
    assert (f"{path}.assessments[0]", "vas_pane") in places


YAML = """format: case-bundle/1
patients:
- sex: female
  cases:
  - recurrent: no
    lesions:
    - volume_ml: 6,8
"""


def test_yaml_is_text_and_structure(center, curator):
    found = checked(curator, center, bundle_yaml=YAML.encode())
    assert errors(found) == []
    assert [item.record.recurrent for item in found.items if isinstance(item.record, Case)] == [False]
    assert [str(item.record.volume_ml) for item in found.items if isinstance(item.record, Lesion)] == ["6.8"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (YAML.replace("female", "!!python/object/apply:os.system [id]"), "tags are not accepted"),
        (YAML.replace("female", "&a female"), "anchors"),
        (YAML.replace("female", "*a"), "anchors"),
        ("a: " + "[" * 100 + "]" * 100, "nested too deeply"),
        ("a: [", "no readable YAML"),
        ("just text", "format"),
        (YAML.replace("case-bundle/1", "other/1"), "The format is"),
        (YAML + "x: 1\n", "not known"),
        (YAML.replace("sex: female", "sex: {a: 1}"), "not a list"),
        (YAML.replace("sex: female", "sex: female\n  sex: male"), "stands twice"),
    ],
)
def test_yaml_that_is_more_than_that_is_refused(center, curator, content, words):
    assert words in said(checked(curator, center, bundle_yaml=content.encode()))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"format": "case-bundle/1", "patients": [{"birth_year": NaN}]}', "not a number"),
        ('{"format": "case-bundle/1", "patients": [{"sex": 1, "sex": 2}]}', "stands twice"),
        ('{"format": "case-bundle/1", "patients": 3}', "list of records"),
        ('{"format": "case-bundle/1", "patients": [{"cases": ["x"]}]}', "Enter a record"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "no readable JSON"),
        ("3", "format"),
    ],
)
def test_json_that_is_no_bundle_is_refused(center, curator, content, words):
    assert words in said(checked(curator, center, bundle_json=content.encode()))


# -- one row per case --------------------------------------------------------------------------------------------------


def test_one_row_per_case(center, curator):
    row = {
        "sex": "female",
        "age_years": "60",
        "lesion_1__levels": "S1",
        "lesion_2__levels": "S2",
        "rfa__date": "2021-03-01",
        "rfa__electrode": "SpineStar",
        "rfa__lesion_2__access_no": "1",
        "rfa__lesion_2__ablation_1__power_w": "20",
        "vas_pain__baseline": "7",
        "kps__day_1__missing": "not_done",
        "vital_status": "alive",
    }
    found = checked(curator, center, wide=[row, {**row, "vas_pain__baseline": "11"}])
    assert len(errors(found)) == 1, errors(found)
    (error,) = errors(found)
    assert error[:3] == ("wide.csv", "3", "vas_pain__baseline") and "0 to 10" in error[3]
    found = checked(curator, center, wide=[row])
    assert errors(found) == []
    assert {name: counted["new"] for name, counted in found.report.counts.items()} == {
        "patients": 1,
        "cases": 1,
        "lesions": 2,
        "procedures": 1,
        "treated_lesions": 1,
        "ablations": 1,
        "assessments": 2,
        "followup_status": 1,
    }
    assert "not known" in said(checked(curator, center, wide=[{"lesion_1__power_w": "3"}]))


def test_a_summary_of_an_export_is_not_imported(center, curator):
    assert "computed from other tables" in said(checked(curator, center, case_summary=[{"a": "b"}]))
    assert "does not say which table" in said(checked(curator, center, data=[{"a": "b"}]))


def test_nothing_was_written_by_any_of_this(center, curator):
    checked(curator, center, **NEW)
    assert not Patient.objects.exists()
