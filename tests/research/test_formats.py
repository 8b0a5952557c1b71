"""Every format reads back, in the tools that researchers have, as the same values and the same missing codes."""

import datetime
import io
import json
from collections import Counter

import pytest

from registry.research.columns import ColumnType
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.formats.dta import LONGEST_NAME, variable_name
from registry.research.formats.xlsx import LONGEST_TEXT, MOST_ROWS
from registry.research.profiles import chosen
from registry.research.tables import tables
from tests import factories as make
from tests.research import reading


def exported(table, user, name, profile=None):
    selection = select(tables()[table], user, {}, *([profile] if profile else []))
    export = Export(selection, FORMATS[name], user)
    data = b"".join(export)
    assert export.receipt.finished and export.receipt.rows == export.rows
    return data, selection.columns


def expected(selection_queryset, columns):
    """The rows as Python holds them, in the spelling of ``reading``."""
    from registry.research.formats.values import TYPED, is_given

    rows = []
    for row in selection_queryset:
        cells = {}
        for column, value in zip(columns, row, strict=True):
            value = TYPED[column.type](value) if is_given(value) else None
            cells[column.name] = float(value) if type(value) in (int, float) else reading.plain(value)
        rows.append(cells)
    return rows


@pytest.mark.parametrize("reader", reading.READERS)
def test_every_cell_reads_back(world, reader, tmp_path):
    """Zero, “no”, missing values, and the reasons why they are missing; every column of every table."""
    curator = make.member(world.own, "curator")
    world.transarterial_case()
    seen = Counter()
    for table in tables():
        profile = chosen(curator, "identified")
        data, columns = exported(table, curator, reading.READERS[reader][0], profile)
        wanted = expected(select(tables()[table], curator, {}, profile).queryset, columns)
        assert wanted
        seen += reading.compared(reader, data, columns, wanted, tmp_path)
    assert seen["cells"] > 1000 and seen["zeros"] > 10
    assert seen["reasons"] or reader not in ("sav", "dta")


# -- what each format says beside the values ---------------------------------------------------------------------------


def test_parquet_has_the_right_types(world):
    from pyarrow import parquet

    data, columns = exported("case_summary", world.researcher, "parquet")
    schema = parquet.read_schema(io.BytesIO(data))
    wanted = {
        ColumnType.NUMBER: "double",
        ColumnType.INTEGER: "int64",
        ColumnType.BOOLEAN: "bool",
        ColumnType.DATE: "date32[day]",
    }
    for column in columns:
        assert str(schema.field(column.name).type) == wanted.get(column.type, "string"), column.name


def test_a_workbook_has_numbers_and_truths_in_its_cells(world):
    from openpyxl import load_workbook

    data, _columns = exported("lesions", world.researcher, "xlsx")
    book = load_workbook(io.BytesIO(data))
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    kinds = {name: {type(row[at]) for row in rows} - {type(None)} for at, name in enumerate(head)}
    assert kinds["volume_ml"] <= {int, float} and kinds["zone_ala"] == {bool}
    meaning = {row[0]: row for row in book["codebook"].iter_rows(min_row=2, values_only=True)}
    assert meaning["volume_ml"][3] == "mL" and "left = " in meaning["side"][4]


def test_text_that_a_workbook_cannot_hold_is_marked(world):
    make.CaseFactory(
        patient=make.PatientFactory(center=world.published, publication=world.paper),
        diagnosis=world.diagnosis,
        notes="bell\x07" + "x" * 40_000,
    )
    from openpyxl import load_workbook

    data, _columns = exported("cases", world.researcher, "xlsx")
    head, *rows = load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)
    text = rows[-1][head.index("notes")]
    assert text.startswith("bell�x") and text.endswith("[…]") and len(text) == LONGEST_TEXT


def test_what_looks_like_an_error_of_a_workbook_is_text(world):
    make.CaseFactory(
        patient=make.PatientFactory(center=world.published, publication=world.paper),
        diagnosis=world.diagnosis,
        notes="#N/A",
    )
    from openpyxl import load_workbook

    data, columns = exported("cases", world.researcher, "xlsx")
    at = [column.name for column in columns].index("notes")
    *_others, last = load_workbook(io.BytesIO(data)).worksheets[0].iter_rows()
    assert (last[at].value, last[at].data_type) == ("#N/A", "s")


def test_spss_says_what_each_variable_is(world, tmp_path):
    import pyreadstat

    data, _columns = exported("lesions", world.researcher, "sav")
    (tmp_path / "t.sav").write_bytes(data)
    _frame, meta = pyreadstat.read_sav(str(tmp_path / "t.sav"))
    labels = meta.column_names_to_labels
    assert labels["volume_ml"] == "lesion volume (mL)"
    assert meta.variable_measure["side"] == "nominal" and meta.variable_measure["volume_ml"] == "scale"
    assert meta.variable_value_labels["side"][1.0] == "left"
    assert meta.variable_value_labels["zone_ala"] | {} and meta.variable_value_labels["zone_ala"][0.0] == "no"
    assert meta.variable_value_labels["volume_ml"] == {
        -91.0: "not recorded",
        -92.0: "not done",
        -93.0: "refused",
        -94.0: "unknown",
        -95.0: "not applicable",
        -96.0: "died",
        -97.0: "lost to follow-up",
        -98.0: "not reported in the paper",
        -99.0: "reported for the group only",
    }


@pytest.mark.parametrize("table", tables())
def test_user_missing_numbers_are_no_possible_values(table):
    from django.apps import apps

    from registry.research.formats.sav import FAR, first_missing
    from registry.research.ranges import limits_of

    for column in tables()[table].columns:
        label, _dot, field = column.declaration.rpartition(".")
        limits = limits_of(apps.get_model(label), field) if label else None
        if column.name.endswith("day") and column.derived:
            assert first_missing(column) == FAR, column.name
        elif limits is not None:
            assert first_missing(column) < limits.low, column.name


@pytest.mark.parametrize("table", tables())
def test_names_are_legal_in_stata_and_spss(table):
    names = [column.name for column in tables()[table].columns]
    short = [variable_name(name) for name in names]
    assert len({name.lower() for name in short}) == len(names)
    for name in (*names, *short):
        assert name.isidentifier() and name.isascii() and not name.endswith("_") and len(name) <= 64
    assert max(map(len, short)) <= LONGEST_NAME
    reserved = {"byte", "double", "float", "if", "in", "int", "long", "strl", "using", "with"} | {
        "all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to"
    }  # fmt: skip
    assert not reserved & {name.lower() for name in (*names, *short)}


def test_a_name_is_cut_the_same_in_every_file():
    assert variable_name("volume_ml") == "volume_ml"
    assert variable_name("diameter_longest_mm__missing") == "diameter_longest_mm__missing"
    assert variable_name("transfused_units_total__missing") == "transfused_units_total__why"
    long = variable_name("vertebroplasty__complications_answered__missing")
    assert len(long) == LONGEST_NAME and long.startswith("vertebroplasty__compli")


# -- what a format refuses -----------------------------------------------------------------------------------------


def test_a_workbook_cannot_take_more_rows_than_it_holds():
    assert not FORMATS["xlsx"].refusal(MOST_ROWS, 10)
    assert "1,048,575" in FORMATS["xlsx"].refusal(MOST_ROWS + 1, 10)
    assert "memory" in FORMATS["sav"].refusal(1_000_000, 100)
    assert not FORMATS["csv"].refusal(10**9, 500)


@pytest.mark.parametrize(
    ("name", "module"), [("parquet", "pyarrow"), ("sav", "pyreadstat"), ("dta", "pandas")]
)
def test_a_format_whose_library_is_not_there_says_what_to_install(
    world, client_of, monkeypatch, name, module
):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda wanted, *a: None if wanted == module else found(wanted, *a)
    )
    answer = client_of(world.researcher).get(f"/api/v1/export/cases.{name}")
    assert answer.status_code == 501 and answer["Content-Type"] == "application/problem+json"
    detail = answer.json()["detail"]
    assert module in detail and f"spinal-registry[{FORMATS[name].extra}]" in detail


def test_an_abandoned_workbook_leaves_no_file_behind(world, monkeypatch, tmp_path):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    export = Export(select(tables()["cases"], world.researcher, {}), FORMATS["xlsx"], world.researcher)

    def stop():
        raise RuntimeError("stopped")

    export.watch = stop
    monkeypatch.setattr("registry.research.delivery._LOOK_EVERY", 1)
    with pytest.raises(RuntimeError):
        list(export)
    export.close()
    assert list(tmp_path.iterdir()) == [] and not export.receipt.finished


def test_moments_are_in_utc_and_to_the_second(world):
    make.ProcedureFactory(
        case=world.b,
        date=datetime.date(2024, 3, 11),
        incision_at=datetime.datetime(
            2024, 3, 11, 8, 15, 59, 999, tzinfo=datetime.timezone(datetime.timedelta(hours=1))
        ),
    )
    curator = make.member(world.own, "curator")
    data, _columns = exported("procedures", curator, "ndjson", chosen(curator, "identified"))
    assert "2024-03-11T07:15:59Z" in {json.loads(line)["incision_at"] for line in data.splitlines()}
