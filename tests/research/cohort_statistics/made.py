"""Cohorts made up in memory: everything that the statistics read, without a database."""

import random
from typing import Any

from registry.research.cohort_statistics.data import COLUMNS, CohortData, Frame, gathered
from registry.research.cohorts.document import Arm, Definition, Group

#: How arms lie: none at all, apart, apart with some in none, overlapping.
SHAPES = ("none", "apart", "rest", "overlap")


def arm(code: str, label: str = "") -> Arm:
    return Arm(code=code, label=label, where=Group(all=[]))


def definition(*codes: str) -> Definition:
    return Definition(format=1, title="Made up", where=Group(all=[]), arms=[arm(code) for code in codes])


def frame(name: str, rows: list[dict[str, Any]]) -> Frame:
    """Rows of one table; what a row does not say is unknown."""
    return Frame(
        {column: [row.get(column) for row in rows] for column in COLUMNS[name]},
        [row["case"] for row in rows],
    )


def cohort(
    cases: list[dict[str, Any]],
    arms: dict[str, list[bool]] | None = None,
    **tables: list[dict[str, Any]],
) -> CohortData:
    """Cases as dicts, with ``patient`` and ``published`` beside the columns; rows of tables name their ``case``."""
    rows = [{"case": position, **case} for position, case in enumerate(cases)]
    frames = {"case_summary": frame("case_summary", rows)}
    frames |= {name: frame(name, tables.get(name, [])) for name in COLUMNS if name != "case_summary"}
    patients = [case.get("patient", position) for position, case in enumerate(cases)]
    published = [case.get("published", False) for case in cases]
    return gathered(frames, patients, published, definition(*(arms or {})), arms or {})


def drawn(seed: int, n: int, shape: str, published: float, missing: float, skew: float) -> CohortData:
    """A cohort at random; ``skew`` makes some categories rare, ``missing`` values absent, ``published`` rows public."""
    rng = random.Random(f"{seed}/{n}/{shape}")

    def maybe(value: Any) -> Any:
        return None if rng.random() < missing else value

    def one(*codes: str) -> Any:
        return maybe(rng.choices(codes, [skew**place for place in range(len(codes))])[0])

    cases, tables = [], {name: [] for name in COLUMNS if name != "case_summary"}
    for number in range(n):
        again = number and rng.random() < 0.05
        diagnosis = one("lung", "breast", "thyroid", "kidney", "myeloma")
        baseline = maybe(round(rng.gauss(7, 1.5), 1))
        dead = rng.random() < 0.3
        cases.append(
            {
                "patient": number - 1 if again else number,
                "published": rng.random() < published,
                "sex": one("female", "male"),
                "age_years": maybe(round(rng.gauss(62, 11))),
                "diagnosis": diagnosis,
                "diagnosis_label": diagnosis and diagnosis.title(),
                # Follows from the diagnosis, as some things do.
                "disease_status": diagnosis and ("systemic" if diagnosis == "myeloma" else "metastasis"),
                "recurrent": maybe(rng.random() < 0.2),
                "asa_class": one("asa_2", "asa_3", "asa_1"),
                "strategy": one("sacroplasty", "sacroplasty+rfa", "reboa"),
                "lesion_count": rng.choices((1, 2, 3), (80, 15, 5))[0],
                "levels": maybe(rng.choice(("S1", "S1;S2", "S2", "sacrum"))),
                "vas_pain__baseline": baseline,
                "last_contact_day": maybe(rng.randrange(20, 900)),
                "vital_status": "dead" if dead else "alive",
                "death_day": maybe(rng.randrange(20, 900)) if dead else None,
                "local_recurrence": maybe(rng.random() < 0.25),
                "recurrence_day": rng.randrange(30, 600),
            }
        )
        tables["procedures"].append(
            {
                "case": number,
                "sequence": 1,
                "duration_min": maybe(rng.randrange(20, 90)),
                "technical_success": True,
                "complications_answered": maybe("none"),
            }
        )
        if rng.random() < 0.2:
            tables["complications"].append(
                {"case": number, "kind": "bleeding", "sir_grade": one("a", "b", "d")}
            )
        for point, drop in (("baseline", 0), ("day_1", 4), ("month_3", 4.5), ("month_6", 4)):
            value = baseline if point == "baseline" else maybe(round(rng.gauss(7 - drop, 1.3), 1))
            flags = (
                None if baseline is None or value is None or point == "baseline" else baseline - value >= 2
            )
            tables["assessments"].append(
                {"case": number, "time_point": point, "vas_pain": value, "responder_points": flags}
            )
        for _lesion in range(cases[-1]["lesion_count"]):
            tables["lesions"].append(
                {
                    "case": number,
                    "denis_zone": one("ala", "central"),
                    "volume_ml": maybe(round(rng.gauss(8, 2), 1)),
                }
            )
            tables["treated_lesions"].append(
                {
                    "case": number,
                    "cement_volume_ml": maybe(round(rng.gauss(6, 2), 1)),
                    "leak": maybe(rng.random() < 0.2),
                }
            )
        volumes = [row["volume_ml"] for row in tables["lesions"] if row["case"] == number]
        known = [volume for volume in volumes if volume is not None]
        cases[-1]["volume_ml__sum"] = sum(known) if known else None
    return cohort(cases, arms(rng, n, shape), **tables)


def arms(rng: random.Random, n: int, shape: str) -> dict[str, list[bool]]:
    if shape == "none":
        return {}
    draw = [rng.random() for _case in range(n)]
    if shape == "apart":
        return {"A": [x < 0.55 for x in draw], "B": [x >= 0.55 for x in draw]}
    if shape == "rest":
        return {"A": [x < 0.45 for x in draw], "B": [x > 0.6 for x in draw]}
    return {"A": [x < 0.6 for x in draw], "B": [x > 0.35 for x in draw]}
