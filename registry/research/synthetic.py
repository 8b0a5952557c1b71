"""Synthetic patients: plausible cases of all four kinds, for demonstrations, load tests and teaching.

Every value is drawn, none belongs to anybody. The same seed gives the same patients, on any database and any day.
"""

import datetime
import random
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from cases.models import Case, Diagnosis, Lesion, Patient, Treatment
from outcomes.codes import WINDOWS, TimePoint
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.codes import Kind
from procedures.kinds import KINDS
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
)
from registry.access.models import Center
from registry.core import bulk
from registry.core.actors import System
from registry.core.models import Record

#: Index procedures lie in these years, so that two years of follow-up are past whenever this runs.
FIRST_DAY, DAYS = datetime.date(2016, 1, 4), 2500
#: How often each plan of treatment is drawn.
PLANS: tuple[tuple[tuple[Kind, ...], int], ...] = (
    ((Kind.SACROPLASTY,), 30),
    ((Kind.VERTEBROPLASTY,), 30),
    ((Kind.REBOA,), 15),
    ((Kind.RFA,), 13),
    ((Kind.SACROPLASTY, Kind.RFA), 12),
)
SACRAL = (("S1",), ("S2",), ("S1", "S2"), ("S3",), ("S2", "S3"), ("sacrum",))
LUMBAR = (("L1",), ("L2",), ("L3",), ("L4",), ("L5",), ("L3", "L4"), ("L4", "L5"))
FOLLOW_UP = (TimePoint.DAY_1, TimePoint.MONTH_1, TimePoint.MONTH_3, TimePoint.MONTH_6, TimePoint.MONTH_12)
#: How often a value is missing, and why.
MISSING = 0.04
WHY = ("not_recorded", "not_done", "unknown")


class Synthesis:
    """Draws patients in batches and writes each at once. A batch depends on its number alone, not on those before it.

    What is drawn holds every rule by itself, those across rows too; a test writes it through the write door as well.
    """

    def __init__(self, center: Center, seed: int) -> None:
        self.center, self.name = center, f"{center.code}/{seed}"
        self.diagnoses = list(Diagnosis.objects.filter(needs_text=False).order_by("slug"))
        self.actor = System("synthesize")
        self.begin(0)

    def begin(self, batch: int) -> None:
        """Draw what belongs to this batch from here on."""
        self.batch, self.drawn = f"{self.name}/{batch}", 0
        self.draw = random.Random(self.batch)  # noqa: S311 - nothing secret
        self.records: list[Record] = []

    def public_id(self, number: int) -> uuid.UUID:
        """The public id of the record drawn as the ``number``-th of the batch."""
        return uuid.uuid5(uuid.NAMESPACE_OID, f"synthetic/{self.batch}/{number}")

    def add(self, record: Any) -> Any:
        record.uuid = self.public_id(self.drawn)
        self.drawn += 1
        self.records.append(record)
        return record

    def write(self, batch: int, patients: int) -> int:
        """Draw and write so many patients, all or none of them; answers how many cases that made."""
        self.begin(batch)
        cases = sum(self.patient() for _ in range(patients))
        bulk.load(self.records, by=self.actor, reason="synthetic")
        return cases

    # -- drawing -------------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def one(self, *choices: Any) -> Any:
        return self.draw.choice(choices)

    def weighted(self, choices: Sequence[tuple[Any, int]]) -> Any:
        values, weights = zip(*choices, strict=True)
        return self.draw.choices(values, weights)[0]

    def number(self, mean: float, sd: float, low: float, high: float, places: int = 1) -> Decimal:
        value = min(max(self.draw.gauss(mean, sd), low), high)
        return Decimal(round(value * 10**places)).scaleb(-places)

    def whole(self, mean: float, sd: float, low: int, high: int, step: int = 1) -> int:
        return step * round(int(self.number(mean, sd, low, high, 0)) / step)

    def answered(self, record: Record, **values: Any) -> None:
        """Set values; now and then one is missing, with the reason."""
        for name, value in values.items():
            if value is not None and self.chance(MISSING):
                record.missing = {**record.missing, name: self.one(*WHY)}
            else:
                setattr(record, name, value)

    # -- a patient -----------------------------------------------------------------------------------------------

    def patient(self) -> int:
        """Draw one patient; answers how many cases that made."""
        age = self.whole(64, 11, 22, 88)
        day = FIRST_DAY + datetime.timedelta(days=self.draw.randrange(DAYS))
        patient = self.add(
            Patient(
                center=self.center,
                sex=self.one("female", "male"),
                birth_year=day.year - age,
                consent_status=self.weighted(
                    [("given", 92), ("waived", 4), ("pending", 2), ("refused", 1), ("withdrawn", 1)]
                ),
                consent_date=day,
            )
        )
        self.case(patient, age, day)
        if self.chance(0.04):
            later = self.draw.randrange(1, 3)
            self.case(patient, age + later, day.replace(day=1).replace(year=day.year + later))
            return 2
        return 1

    def case(self, patient: Patient, age: int, day: datetime.date) -> None:
        plan: tuple[Kind, ...] = self.weighted(PLANS)
        case = Case(
            patient=patient,
            diagnosis=self.draw.choice(self.diagnoses),
            disease_status=self.weighted(
                [("metastasis", 78), ("systemic", 10), ("primary", 9), ("benign", 3)]
            ),
            age_years=age,
            index_date=day,
            index_date_precision="day",
            indications=self.one(
                "pain", "pain;instability", "pain;neurologic_deficit", "pain;tumour_control"
            ),
        )
        height = self.number(170, 9, 140, 205)
        self.answered(
            case,
            recurrent=self.chance(0.08),
            distant_metastases=self.chance(0.5),
            height_cm=height,
            weight_kg=self.number(float(height) - 98, 12, 40, 140),
            inr=self.number(1.05, 0.12, 0.8, 1.5, 2),
            platelets_10e9_l=self.whole(240, 70, 92, 700),
            asa_class=self.one("asa_2", "asa_3"),
        )
        self.add(case)
        sacral = Kind.SACROPLASTY in plan or (Kind.VERTEBROPLASTY not in plan and self.chance(0.3))
        lesions = [self.lesion(case, sacral) for _ in range(self.weighted([(1, 75), (2, 20), (3, 5)]))]
        if self.chance(0.4):
            kind = self.one("radiotherapy", "chemotherapy", "bisphosphonate", "surgery")
            self.add(Treatment(case=case, timing="before", kind=kind))
        for kind in plan:
            self.procedure(case, kind, lesions, day)
        self.outcomes(case, day)
        if self.chance(0.7):
            case.status = "complete"

    def lesion(self, case: Case, sacral: bool) -> Lesion:
        longest = self.number(30 if sacral else 38, 6, 15, 42 if sacral else 60)
        across, high = (
            self.number(float(longest) * share, 2, 8, 28 if sacral else 50) for share in (0.75, 0.65)
        )
        ellipsoid = float(longest * across * high) / 2000
        lesion = Lesion(case=case, levels=";".join(self.one(*(SACRAL if sacral else LUMBAR))))
        self.answered(
            lesion,
            side=self.one("left", "right", "central", "bilateral"),
            volume_ml=self.number(
                ellipsoid, ellipsoid * 0.05, ellipsoid * 0.85, min(ellipsoid * 1.15, 15 if sacral else 90), 2
            ),
            diameter_longest_mm=longest,
            diameter_perpendicular_mm=across,
            diameter_craniocaudal_mm=high,
            bone_lesion=self.weighted([("lytic", 75), ("mixed", 18), ("blastic", 7)]),
            epidural_extension=self.chance(0.2),
            sins_pain=self.one("mechanical", "occasional"),
            sins_alignment=self.weighted([("normal", 85), ("deformity", 12), ("subluxation", 3)]),
            sins_collapse=self.one("over_half", "under_half", "body_involved", "none"),
            sins_posterolateral=self.one("bilateral", "unilateral", "none"),
        )
        if sacral:
            central = self.chance(0.3)
            self.answered(
                lesion, zone_ala=not central, zone_foraminal=self.chance(0.35), zone_central=central
            )
        return self.add(lesion)

    # -- procedures ----------------------------------------------------------------------------------------------

    def procedure(self, case: Case, kind: Kind, lesions: Sequence[Lesion], day: datetime.date) -> None:
        is_open = kind == Kind.REBOA
        complicated = self.chance(0.35 if is_open else 0.12)
        procedure = Procedure(
            case=case,
            kind=kind.value,
            date=day,
            position="prone",
            technical_success=self.chance(0.97),
            complications_answered="present" if complicated else "none",
        )
        self.answered(
            procedure,
            anesthesia="general" if is_open else self.one("local", "local_with_sedation"),
            guidance="angiography" if is_open else self.one("ct_fluoroscopy", "fluoroscopy", "ct"),
            duration_min=self.whole(330, 90, 200, 850) if is_open else self.whole(55, 18, 16, 118),
            hospital_stay_days=self.whole(16, 6, 5, 55) if is_open else self.whole(3, 2, 0, 13),
        )
        self.add(procedure)
        getattr(self, f"_{kind.value}")(procedure, lesions)
        if complicated:
            kinds = ("bleeding", "infection") if is_open else ("cement_leak", "hematoma")
            self.add(
                Complication(
                    procedure=procedure,
                    kind=self.one(*kinds, "radicular_pain"),
                    sir_grade=self.weighted([("a", 40), ("b", 35), ("c", 15), ("d", 9), ("e", 1)]),
                    onset_day=self.draw.randrange(15),
                    symptomatic=self.chance(0.4),
                    resolved=self.chance(0.9),
                )
            )

    def details(self, procedure: Procedure, **values: Any) -> None:
        details = KINDS[procedure.kind].details_model(procedure=procedure)
        self.answered(details, **values)
        self.add(details)

    def _reboa(self, procedure: Procedure, lesions: Sequence[Lesion]) -> None:
        aorta = self.number(18, 2, 13, 24)
        approach = self.one("anterior", "posterior", "combined")
        values = {
            "access_side": self.one("left", "right"),
            "sheath_fr": self.number(11, 1.5, 7, 14, 0),
            "aortic_diameter_mm": aorta,
            "balloon_diameter_mm": aorta + self.number(2, 1, 0, 4),
            "occlusion_confirmed_by": self.one("aortography", "aortography;dorsalis_pedis_pulse", "toe_spo2"),
            "closure": self.one("suture_mediated", "surgical", "manual"),
            "surgical_approach": approach,
            "resection": self.one("total_en_bloc_spondylectomy", "en_bloc", "piecemeal", "curettage"),
            "margin": self.one("wide", "marginal", "intralesional"),
            "blood_loss_ml": self.whole(1700, 900, 150, 4900, 50),
            "transfused_units": self.number(4, 3, 0, 14, 0),
            "urine_output_ml": self.whole(900, 300, 200, 2500, 50),
        }
        if approach != "posterior":
            values["anterior_route"] = self.one("retroperitoneal", "transperitoneal")
        self.details(procedure, **values)
        start = self.draw.randrange(20, 60)
        for _ in range(self.weighted([(1, 55), (2, 35), (3, 10)])):
            end = start + self.whole(38, 12, 10, 58)
            inflation = BalloonInflation(procedure=procedure, aortic_zone="zone_iii", inflated_min=start)
            self.answered(
                inflation,
                deflated_min=end,
                completeness=self.one("complete", "complete", "partial"),
                volume_ml=self.number(14, 3, 6, 24),
            )
            self.add(inflation)
            start = end + self.draw.randrange(10, 25)

    def _cement(self, procedure: Procedure, lesions: Sequence[Lesion], approaches: Sequence[str]) -> None:
        for lesion in lesions:
            volume, longest = float(lesion.volume_ml or 8), float(lesion.diameter_longest_mm or 30)
            treated = TreatedLesion(procedure=procedure, lesion=lesion)
            self.answered(
                treated,
                approach=self.draw.choice(approaches),
                needle_gauge=self.one(10, 11, 13),
                needle_count=self.one(1, 1, 2),
                cement_volume_ml=self.number(volume * 0.6, 1.5, 1, min(10, max(volume * 1.15, 1.01)), 2),
                cement_diameter_mm=self.number(longest * 0.78, 2, longest * 0.55, longest * 0.98),
                leak_sites=self.weighted(
                    [("none", 76), ("disc", 8), ("venous", 7), ("neuroforamen", 4), ("soft_tissue", 5)]
                ),
            )
            self.add(treated)

    def _sacroplasty(self, procedure: Procedure, lesions: Sequence[Lesion]) -> None:
        self.details(procedure, technique=self.one("needle", "balloon"))
        self._cement(procedure, lesions, ("transiliac", "posterior_long_axis", "posterior_short_axis"))

    def _vertebroplasty(self, procedure: Procedure, lesions: Sequence[Lesion]) -> None:
        sessions = self.weighted([(0, 55), (1, 30), (2, 15)])
        details = KINDS[procedure.kind].details_model(procedure=procedure)
        details.transarterial_therapy = "sessions" if sessions else "none"
        self.answered(details, technique=self.one("needle", "balloon", "vesselplasty"))
        self.add(details)
        self._cement(procedure, lesions, ("transpedicular", "parapedicular"))
        for number in range(sessions):
            session = TransarterialSession(
                procedure=procedure,
                kind=self.one("tai", "tace", "tace"),
                interval_value=Decimal(3 + 28 * number),
                interval_unit="days",
                agents=self.one("gelatin_sponge", "lipiodol", "gelatin_sponge;lipiodol"),
            )
            self.add(session)
            dose_mg = self.number(60, 10, 30, 90, 0)
            self.add(TransarterialDrug(session=session, name="cisplatin", dose_mg=dose_mg))

    def _rfa(self, procedure: Procedure, lesions: Sequence[Lesion]) -> None:
        self.details(procedure, stopped_for_neurologic_symptoms=self.chance(0.03))
        for lesion in lesions:
            treated = self.add(TreatedLesion(procedure=procedure, lesion=lesion, approach="transpedicular"))
            for _ in range(self.one(1, 1, 2)):
                mean = self.number(84, 3, 70, 92)
                minutes = self.number(12, 2, 6, 20)
                cycle = Ablation(treated_lesion=treated, temperature_mean_celsius=mean)
                self.answered(
                    cycle,
                    active_tip_cm=self.one(Decimal("1.0"), Decimal("2.0"), Decimal("3.0")),
                    power_w=self.number(40, 10, 10, 90, 0),
                    ablation_time_min=minutes,
                    temperature_min_celsius=mean - self.number(8, 2, 3, 10),
                    temperature_max_celsius=min(mean + self.number(6, 2, 1, 12), Decimal(95)),
                    minutes_at_target_min=min(minutes, self.number(10, 2, 2, 15)),
                    rolloff_count=self.draw.randrange(3),
                )
                self.add(cycle)

    # -- outcomes ------------------------------------------------------------------------------------------------

    def outcomes(self, case: Case, day: datetime.date) -> None:
        death = self.whole(420, 250, 40, 720) if self.chance(0.3) else None
        lost = self.draw.choice([30, 91, 182]) if death is None and self.chance(0.12) else None
        pain, kps = float(self.number(7.3, 1.2, 3, 10)), self.whole(62, 12, 30, 90, 10)
        self.assessment(case, TimePoint.BASELINE, day, 0, pain, kps)
        seen, relief = 0, self.draw.uniform(0.3, 0.95)
        for point in FOLLOW_UP:
            window = WINDOWS[point]
            at = self.draw.randint(window.first, window.last)
            if death is not None and at >= death:
                row = Assessment(case=case, time_point=point.value)
                row.missing = dict.fromkeys(("vas_pain", "odi", "kps"), "died")
                self.add(row)
                break
            if lost is not None and at > lost:
                break
            if self.chance(0.9):
                now = max(0.0, pain * (1 - relief) + self.draw.gauss(0, 0.7))
                self.assessment(case, point, day, at, min(now, 10.0), min(kps + self.one(0, 10, 20), 100))
                seen = at
        self.follow_up(case, day, death, lost, max(seen, 1))

    def assessment(
        self, case: Case, point: TimePoint, day: datetime.date, at: int, pain: float, kps: int
    ) -> None:
        row = Assessment(
            case=case,
            time_point=point.value,
            date=day + datetime.timedelta(days=at),
            pain_instrument="vas",
            analgesic_scale_version="registry_1",
            barthel_version="original",
        )
        self.answered(
            row,
            vas_pain=self.number(pain, 0, 0, 10),
            odi=self.number(pain * 8.5, 6, 0, 100, 2),
            kps=kps,
            analgesic_scale=self.number(pain / 2, 0.7, 0, 5, 0),
            barthel=self.whole(kps + 10, 8, 0, 100, 5),
            ambulatory=kps >= 50,
        )
        self.add(row)

    def follow_up(
        self, case: Case, day: datetime.date, death: int | None, lost: int | None, seen: int
    ) -> None:
        def on(days: int) -> datetime.date:
            return day + datetime.timedelta(days=days)

        status = FollowUpStatus(case=case, local_recurrence=self.chance(0.1))
        if death is not None:
            status.followup_state, status.vital_status = "died", "dead"
            status.death_date, status.death_cause = on(death), self.one("underlying_disease", "other")
        else:
            status.followup_state = "lost" if lost else "under_follow_up"
            status.vital_status = "unknown" if lost else "alive"
        last = seen if death is None else death
        status.last_contact_date = on(last)
        if status.local_recurrence:
            status.recurrence_date = on(self.draw.randint(1, last))
        self.add(status)
