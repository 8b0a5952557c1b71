"""What a signature covers: the canonical form of a case and everything beneath it, and its hash.

The form is made of field names listed here, not of whatever columns a table has: a later version of the software that
adds a column hashes an old case as before. A change of the lists or of the form is a new version beside the old one,
never a change of it, as signatures are verified by the version that they were made with.

Values are written so that neither the database nor the order of rows matters: numbers without trailing zeros, moments
in UTC, rows by their public id, references by public id or code. Who the patient is, the numbers that the registry
gives, and the status are not part of it: they may change while what was signed stays the same.
"""

import datetime
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db.models import F

from registry.core.units import plain


@dataclass(frozen=True)
class Part:
    """One table: its model, the lookup to the case, and the fields that count."""

    model: str
    path: str
    fields: str

    @property
    def names(self) -> list[str]:
        return self.fields.split()

    @property
    def table(self) -> str:
        return self.model.split(".")[1]


#: What every row has besides: why a value is missing, and why an unusual one is right.
EVERYWHERE = ("missing", "confirmed")
#: The version by which new signatures are made.
VERSION = 1
_FIRST = (
    Part(
        "cases.Patient",
        "cases",
        """
        sex birth_year
        """,
    ),
    Part(
        "cases.Case",
        "pk",
        """
        diagnosis__slug diagnosis_text disease_status recurrent distant_metastases index_date
        index_date_precision age_years height_cm weight_kg body_habitus indications inr
        platelets_10e9_l asa_class neuro_scale neuro_grade imaging vascular_imaging
        vascular_findings notes
        """,
    ),
    Part(
        "cases.Lesion",
        "case",
        """
        number levels fractured_levels kyphotic_levels side zone_ala zone_foraminal zone_central
        volume_ml volume_method diameter_longest_mm diameter_perpendicular_mm
        diameter_craniocaudal_mm bone_lesion cortical_breach epidural_grade epidural_extension
        neural_compression compressed_root_levels compressed_root_side foraminal_erosion sins_pain
        sins_alignment sins_collapse sins_posterolateral
        """,
    ),
    Part(
        "cases.Treatment",
        "case",
        """
        timing kind detail interval_value interval_unit
        """,
    ),
    Part(
        "procedures.Procedure",
        "case",
        """
        kind sequence date incision_at anesthesia position guidance duration_min duration_qualifier
        technical_success antibiotic_prophylaxis complications_answered hospital_stay_days notes
        """,
    ),
    Part(
        "procedures.ReboaDetails",
        "procedure__case",
        """
        procedure__uuid access_side access_anesthesia sheath_fr aortic_diameter_mm
        balloon_diameter_mm occlusion_confirmed_by closure closure_device surgical_approach
        anterior_route resection margin reconstruction blood_loss_ml transfused_units
        urine_output_ml
        """,
    ),
    Part(
        "procedures.VertebroplastyDetails",
        "procedure__case",
        """
        procedure__uuid technique cement_product transarterial_therapy
        """,
    ),
    Part(
        "procedures.SacroplastyDetails",
        "procedure__case",
        """
        procedure__uuid technique cement_product
        """,
    ),
    Part(
        "procedures.RfaDetails",
        "procedure__case",
        """
        procedure__uuid electrode stopped_for_neurologic_symptoms
        """,
    ),
    Part(
        "procedures.BalloonInflation",
        "procedure__case",
        """
        procedure__uuid number inflated_min deflated_min aortic_zone completeness volume_ml
        """,
    ),
    Part(
        "procedures.TransarterialSession",
        "procedure__case",
        """
        procedure__uuid number kind date interval_value interval_unit arteries agents
        """,
    ),
    Part(
        "procedures.TransarterialDrug",
        "session__procedure__case",
        """
        session__uuid name dose_mg
        """,
    ),
    Part(
        "procedures.TreatedLesion",
        "procedure__case",
        """
        procedure__uuid lesion__uuid access_no approach needle_gauge needle_count cement_volume_ml
        cement_diameter_mm cement_filling_percent_reported leak_sites leak_symptomatic
        ablation_completion
        """,
    ),
    Part(
        "procedures.Ablation",
        "treated_lesion__procedure__case",
        """
        treated_lesion__uuid cycle active_tip_cm power_w ablation_time_min temperature_mean_celsius
        temperature_min_celsius temperature_max_celsius minutes_at_target_min rolloff_count
        """,
    ),
    Part(
        "outcomes.Assessment",
        "case",
        """
        time_point date interval_value interval_unit vas_pain pain_instrument odi odi_pain_intensity
        odi_personal_care odi_lifting odi_walking odi_sitting odi_standing odi_sleeping odi_sex_life
        odi_social_life odi_travelling kps ecog analgesic_scale analgesic_scale_version
        analgesic_class analgesic_adjuvant pain_relief barthel barthel_version ambulatory
        satisfaction
        """,
    ),
    Part(
        "outcomes.Complication",
        "procedure__case",
        """
        procedure__uuid lesion__uuid kind sir_grade cirse_grade clavien_dindo onset_day symptomatic
        treatment resolved
        """,
    ),
    Part(
        "outcomes.FollowUpStatus",
        "case",
        """
        followup_state last_contact_date last_contact_interval_value last_contact_interval_unit
        vital_status death_date death_interval_value death_interval_unit death_cause
        local_recurrence recurrence_date recurrence_interval_value recurrence_interval_unit
        recurrence_levels recurrence_treatment recurrence_treatment_detail
        """,
    ),
)
PARTS: dict[int, tuple[Part, ...]] = {1: _FIRST}


def digests(case_ids: Iterable[int], version: int = VERSION) -> dict[int, str]:
    """The SHA-256 of each case, in hex: one query for each table, however many cases."""
    return {pk: hashlib.sha256(text).hexdigest() for pk, text in canonical(case_ids, version).items()}


def digest(case: Any, version: int = VERSION) -> str:
    """The SHA-256 of one case, in hex."""
    return digests([case.pk], version)[case.pk]


def canonical(case_ids: Iterable[int], version: int = VERSION) -> dict[int, bytes]:
    """What is hashed: JSON with sorted keys and without spaces, in UTF-8."""
    ids = list(dict.fromkeys(case_ids))
    found: dict[int, dict[str, list[Any]]] = {pk: {} for pk in ids}
    for part in PARTS[version]:
        model: Any = apps.get_model(part.model)
        rows = (
            model._base_manager.filter(**{f"{part.path}__in": ids})
            .order_by()
            .values("uuid", *EVERYWHERE, *part.names, _case=F(part.path))
        )
        fields = {name.split("__")[0] for name in part.names}
        for row in rows:
            case_id = row.pop("_case")
            for said in EVERYWHERE:  # of the fields that count, and of no others
                row[said] = {name: why for name, why in (row[said] or {}).items() if name in fields}
            if part.path == "cases":
                del row["uuid"]  # a case may come to stand under another id of the same person
            found[case_id].setdefault(part.table, []).append(_row(row))
    return {pk: _json({"form": version, "tables": _sorted(tables)}) for pk, tables in found.items()}


def _sorted(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Rows by public id; the patient is one row and has none."""
    return {name: sorted(rows, key=lambda row: str(row.get("uuid"))) for name, rows in tables.items()}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """Only what has a value: an empty text, a NULL and a field that is not there are the same."""
    confirmed = {name: entry.get("reason", "") for name, entry in row.pop("confirmed").items()}
    said = {**row, "confirmed": confirmed}
    return {name: _value(value) for name, value in said.items() if value not in (None, "", {})}


def _value(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal | int | float):
        return plain(Decimal(str(value)).normalize())
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict):
        return {str(key): _value(each) for key, each in value.items()}
    return str(value)


def _json(body: Any) -> bytes:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
