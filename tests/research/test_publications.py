"""The four published series as files: they load in pandas with the right types and join on their keys."""

import io

import pandas
import pytest

from registry.research.columns import MISSING_SUFFIX, ColumnType
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.tables import tables
from tests import factories as make
from tests.remembered import publications


@pytest.fixture
def frames(db):
    publications()
    reader = make.UserFactory()
    return {
        table.name: pandas.read_csv(
            io.BytesIO(b"".join(Export(select(table, reader, {}), FORMATS["csv"], reader)))
        )
        for table in tables().values()
    }


def test_published_series_load_with_types_and_join(frames):
    # Types: numbers stay numbers beside their missing codes.
    for table in tables().values():
        frame = frames[table.name]
        assert frame.columns.is_unique
        for column in table.columns:
            if column.name not in frame:
                continue
            if column.type in (ColumnType.NUMBER, ColumnType.INTEGER) and len(frame):
                assert pandas.api.types.is_numeric_dtype(frame[column.name]), (table.name, column.name)
            if column.type is ColumnType.BOOLEAN:
                assert set(frame[column.name].dropna()) <= {True, False}
            reason = column.name + MISSING_SUFFIX
            if reason in frame:
                both = frame[column.name].notna() & frame[reason].notna()
                assert not both.any(), (table.name, column.name)
    # Keys: every row finds its parent.
    for name, frame in frames.items():
        for key, parent in (
            ("patient_id", "patients"),
            ("case_id", "cases"),
            ("lesion_id", "lesions"),
            ("procedure_id", "procedures"),
        ):
            if key in frame:
                assert frame[key].dropna().isin(frames[parent][key]).all(), (name, key)
    # Counts, and a few values as printed.
    cases = frames["cases"].groupby("publication").size()
    assert cases.to_dict() == {"andresen-2014": 10, "zhao-2021": 6}
    lesions = frames["lesions"].groupby("publication").size()
    assert lesions["andresen-2014"] == 12
    assert set(frames["reported_values"]["publication"]) == {
        "zhao-2021",
        "andresen-2014",
        "tian-2017",
        "tian-2022",
    }
    summary = frames["case_summary"].set_index(["publication", "source_label"])
    assert summary.loc[("zhao-2021", "Case 6"), "levels"] == "L3;L4"
    assert summary.loc[("zhao-2021", "Case 4"), "reboa__duration_min"] == 810
    assert summary.loc[("zhao-2021", "Case 4"), "reboa__duration_qualifier"] == "nearly"
    assert summary.loc[("andresen-2014", "pat. 9"), "death_day"] == pytest.approx(5 * 365.25 / 12)
    ages = summary.loc["andresen-2014", "age_years"]
    assert (round(ages.mean(), 1), round(ages.std(), 2)) == (64.3, 10.06)
