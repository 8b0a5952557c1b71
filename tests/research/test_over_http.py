"""What a researcher does with a token and nothing else, against a server that holds the published series."""

from collections import Counter

import pytest
import requests
from django.core.management import call_command

from registry.access import tokens
from registry.core.codes import MISSING_SUFFIX
from registry.research.columns import Column, ColumnType, missing_column
from registry.research.formats import FORMATS
from tests import factories as make
from tests.research import reading

#: As the paper prints those of its ten patients who were 60 or older (Andresen 2014, Table 1).
FROM_60 = {"pat. 3": 69, "pat. 4": 74, "pat. 6": 63, "pat. 8": 69, "pat. 9": 79, "pat. 10": 73}
QUESTION = {
    "format": 1,
    "title": "Sacroplasty, age ≥ 60",
    "where": {
        "all": [
            {"variable": "procedures.kind", "is": "=", "value": "sacroplasty"},
            {"variable": "cases.age_years", "is": ">=", "value": 60},
        ]
    },
}


class Researcher(requests.Session):
    """Requests of one user. Addresses are below ``/api/v1/``."""

    def __init__(self, base, token):
        super().__init__()
        self.base = base
        self.headers["Authorization"] = f"Token {token}"

    def request(self, method, path, *arguments, **options):
        answer = super().request(method, f"{self.base}/api/v1/{path}", *arguments, **options)
        answer.raise_for_status()
        return answer


@pytest.fixture
def researcher(live_server):
    call_command("load_publications", "andresen-2014", "zhao-2021", verbosity=0)
    _instance, token = tokens.create(make.UserFactory())
    return Researcher(live_server.url, token)


def described(researcher):
    """Every column that a file may have, by table and name, as the codebook tells it."""
    found = {}
    for said in researcher.get("codebook/").json()["results"]:
        codes = tuple((one["code"], one["label"]) for one in said["codes"])
        column = Column(
            said["name"],
            said["label"],
            ColumnType(said["type"]),
            None,
            said["source"],
            said["unit"],
            codes,
            derived=said["derived"],
        )
        reason = missing_column(column, None)
        found.setdefault(said["table"], {}).update({column.name: column, reason.name: reason})
    return found


#: Tables of cases, in which the question finds rows.
TABLES = (
    "patients",
    "cases",
    "lesions",
    "procedures",
    "treated_lesions",
    "assessments",
    "case_summary",
)


def test_one_question_has_the_same_answer_in_every_format(researcher, tmp_path):
    counts = researcher.post("cohorts/preview/", json=QUESTION).json()
    assert (counts["cases"], counts["available"]) == (len(FROM_60), 16)
    cohort = researcher.post("cohorts/", json=QUESTION).json()
    assert cohort["counts"] == counts

    known, seen = described(researcher), {reader: Counter() for reader in reading.READERS}
    # A cohort is of cases; what a paper says of its groups belongs to the paper.
    asked = {table: {"cohort": cohort["slug"]} for table in TABLES}
    for table, narrowed in {**asked, "reported_values": {"publication": "andresen-2014"}}.items():
        answers = {name: researcher.get(f"export/{table}.{name}", params=narrowed) for name in FORMATS}
        head = answers["csv"].text.partition("\r\n")[0].split(",")
        columns = tuple(known[table][name] for name in head)
        wanted, _reasons = reading.from_ndjson(answers["ndjson"].content, columns)
        assert {int(answer.headers["X-Rows"]) for answer in answers.values()} == {len(wanted)}
        for reader, (name, _read) in reading.READERS.items():
            seen[reader] += reading.compared(reader, answers[name].content, columns, wanted, tmp_path)
        assert wanted, table
        if table == "cases":
            assert {row["source_label"]: row["age_years"] for row in wanted} == FROM_60
            assert {row[f"height_cm{MISSING_SUFFIX}"] for row in wanted} == {"not_reported"}
        if table == "treated_lesions":
            assert {row["leak"] for row in wanted} == {False}
    for reader, found in seen.items():
        assert found["cells"] > 5000 and found["zeros"] > 30, (reader, found)
    assert seen["sav"]["reasons"] == seen["dta"]["reasons"] > 500
