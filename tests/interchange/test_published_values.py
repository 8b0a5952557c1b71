"""What the four papers print, read back from the registry."""

from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.test import TestCase

from cases.models import Case, Lesion, Patient
from outcomes.models import Assessment, FollowUpStatus
from procedures.models import BalloonInflation, Procedure, ReboaDetails, SacroplastyDetails, TreatedLesion
from registry.core.limits import unconfirmed
from registry.interchange.patient_plan import settable
from registry.literature.models import CitedSeries, Publication, ReportedValue, SourceValue
from tests.remembered import publications

PATIENT_LEVEL = (
    Patient,
    Case,
    Lesion,
    Procedure,
    ReboaDetails,
    SacroplastyDetails,
    BalloonInflation,
    TreatedLesion,
    Assessment,
    FollowUpStatus,
)

ZHAO = {
    "Case 1": ("male", 22, "undifferentiated-pleomorphic-sarcoma", ["L2"], "anterior", 400, None),
    "Case 2": ("female", 55, "thyroid-carcinoma", ["L4"], "posterior", None, None),
    "Case 3": ("male", 69, "plasmacytoma", ["L4"], "posterior", None, None),
    "Case 4": ("female", 43, "giant-cell-tumour", ["L5"], "combined", 3200, 810),
    "Case 5": ("male", 56, "osteosarcoma", ["L2", "pelvis"], "combined", None, None),
    "Case 6": ("male", 44, "giant-cell-tumour", ["L3;L4"], "posterior", None, None),
}

ALA, FORAMINAL, CENTRAL = "zone_ala", "zone_foraminal", "zone_central"
SHORT, ILIAC = "posterior_short_axis", "transiliac"
ANDRESEN = {
    "pat. 1": (
        "female",
        58,
        "multiple-myeloma",
        [("sacrum", "right", {ALA}, "6.8", SHORT), ("sacrum", "left", {ALA, FORAMINAL}, "8", SHORT)],
    ),
    "pat. 2": ("female", 52, "multiple-myeloma", [("sacrum", "left", {ALA}, "6.6", SHORT)]),
    "pat. 3": ("male", 69, "multiple-myeloma", [("sacrum", "right", {ALA}, "7.1", SHORT)]),
    "pat. 4": (
        "male",
        74,
        "multiple-myeloma",
        [("sacrum", "right", {CENTRAL}, "8", ILIAC), ("sacrum", "left", {CENTRAL}, "11.7", ILIAC)],
    ),
    "pat. 5": ("female", 49, "breast-carcinoma", [("sacrum", "left", {ALA}, "7.3", SHORT)]),
    "pat. 6": ("female", 63, "renal-cell-carcinoma", [("sacrum", "right", {ALA}, "8.8", SHORT)]),
    "pat. 7": ("male", 57, "urothelial-carcinoma", [("sacrum", "right", {ALA}, "7.1", SHORT)]),
    "pat. 8": ("male", 69, "hepatocellular-carcinoma", [("sacrum", "right", {ALA, CENTRAL}, "11.3", ILIAC)]),
    "pat. 9": ("female", 79, "lung-carcinoma", [("sacrum", "central", {CENTRAL}, "10.8", ILIAC)]),
    "pat. 10": ("male", 73, "lung-carcinoma", [("S2", "left", {ALA, FORAMINAL, CENTRAL}, "12.1", ILIAC)]),
}


class PublishedValues(TestCase):
    """The four files are loaded once; no test here writes."""

    @classmethod
    def setUpTestData(cls):
        publications()

    def test_patients_of_zhao_2021_are_as_printed(self):
        found = {}
        for case in Case.objects.filter(patient__publication__slug="zhao-2021"):
            procedure = case.procedures.get()
            found[case.patient.source_label] = (
                case.patient.sex,
                case.age_years,
                case.diagnosis.slug,
                [lesion.levels for lesion in case.lesions.all()],
                procedure.details.surgical_approach,
                procedure.details.blood_loss_ml,
                procedure.duration_min,
            )
        assert found == ZHAO

    def test_patients_of_andresen_2014_are_as_printed(self):
        found = {}
        for case in Case.objects.filter(patient__publication__slug="andresen-2014"):
            lesions = []
            for lesion in case.lesions.all():
                zones = {zone for zone in (ALA, FORAMINAL, CENTRAL) if getattr(lesion, zone)}
                assert not any(getattr(lesion, zone) is False for zone in (ALA, FORAMINAL, CENTRAL))
                treated = lesion.treated.get()
                assert treated.derived_value("leak") is False
                lesions.append((lesion.levels, lesion.side, zones, lesion.volume_ml, treated.approach))
            found[case.patient.source_label] = (
                case.patient.sex,
                case.age_years,
                case.diagnosis.slug,
                lesions,
            )
        expected = {
            label: (
                sex,
                age,
                diagnosis,
                [(at, side, zones, Decimal(ml), way) for at, side, zones, ml, way in lesions],
            )
            for label, (sex, age, diagnosis, lesions) in ANDRESEN.items()
        }
        assert found == expected
        assert Lesion.objects.filter(case__patient__publication__slug="andresen-2014").count() == 12

    def test_single_facts_of_the_text_have_their_place(self):
        def case(label):
            return Case.objects.get(patient__source_label=label)

        assert case("Case 4").procedures.get().duration_qualifier == "nearly"
        assert case("Case 4").procedures.get().details.anterior_route == "transperitoneal"
        assert case("Case 4").body_habitus == "obese"
        recurrence = case("Case 4").followup_status
        assert (recurrence.recurrence_levels, recurrence.recurrence_interval_value) == ("L5", 1)
        assert (recurrence.recurrence_interval_unit, recurrence.recurrence_treatment_detail) == (
            "years",
            "Dinosemer",
        )
        root = case("Case 2").lesions.get()
        assert (root.epidural_extension, root.neural_compression) == (True, "nerve_root")
        assert (root.compressed_root_levels, root.compressed_root_side) == ("L4", "right")
        assert case("Case 3").vascular_imaging == "dce_mri"
        assert case("Case 3").procedures.get().details.reconstruction == "pedicle_screws"
        assert case("Case 6").lesions.get().kyphotic_levels == "L4"
        assert case("Case 1").followup_status.followup_state == "lost"
        deaths = FollowUpStatus.objects.filter(vital_status="dead").order_by("case__patient_id")
        assert [(row.case.patient.source_label, row.death_interval_value) for row in deaths] == [
            ("pat. 8", 3),
            ("pat. 9", 5),
        ]
        assert case("pat. 10").lesions.get().cortical_breach is True

    def test_whatever_is_empty_says_why(self):
        for model in PATIENT_LEVEL:
            for record in model.objects.all():
                empty = {name for name in model.missable_fields() if getattr(record, name) is None}
                assert set(record.missing) == empty, record
        silent = Case.objects.get(patient__source_label="Case 2").procedures.get()
        assert silent.missing["duration_min"] == silent.details.missing["blood_loss_ml"] == "group_only"
        assert silent.missing["anesthesia"] == "not_reported"
        assert set(TreatedLesion.objects.values_list("missing__cement_volume_ml", flat=True)) == {
            "group_only"
        }
        scores = Assessment.objects.filter(
            case__patient__source_label="pat. 8", case__center__code="ANDRESEN2014"
        )
        assert {row.time_point: row.missing["vas_pain"] for row in scores} == {
            "baseline": "group_only",
            "day_2": "group_only",
            "month_6": "died",
            "last_followup": "not_reported",
        }

    def test_every_patient_value_says_where_it_is_printed(self):
        for model in PATIENT_LEVEL:
            content_type = ContentType.objects.get_for_model(model)
            for record in model.objects.all():
                given = {
                    name
                    for name, field in settable(model).items()
                    if getattr(record, field.attname) not in (None, "", field.get_default())
                }
                sources = SourceValue.objects.filter(content_type=content_type, object_id=record.pk)
                assert given == set(sources.values_list("field", flat=True)), record
        assert not SourceValue.objects.filter(printed="").exists()
        volume = Lesion.objects.get(volume_ml="12.1")
        source = SourceValue.objects.get(
            content_type=ContentType.objects.get_for_model(Lesion), object_id=volume.pk, field="volume_ml"
        )
        assert (source.printed, source.location, source.scope) == ("12.1 ml", "Table 1", "patient")
        anesthesia = SourceValue.objects.filter(publication__slug="andresen-2014", field="anesthesia")
        assert {(row.printed, row.scope) for row in anesthesia} == {("intubation anesthesia", "all")}
        duration = SourceValue.objects.get(publication__slug="zhao-2021", field="duration_min")
        assert (duration.printed, duration.qualifier) == ("nearly 810 min", "nearly")

    def test_published_cases_are_complete_and_nothing_waits_for_confirmation(self):
        assert set(Case.objects.values_list("status", flat=True)) == {"complete"}
        for model in PATIENT_LEVEL:
            for record in model.objects.all():
                assert unconfirmed(record) == []

    def test_group_values_keep_arm_place_and_printed_decimals(self):
        values = ReportedValue.objects.filter(publication__slug="tian-2022")
        relieved = values.get(arm__code="A", variable="analgesics_reduced_or_stopped", statistic="percent")
        assert (relieved.value, relieved.value_text, relieved.denominator) == (Decimal("90.19"), "90.19", 51)
        assert values.get(variable="excluded_inr").value_text == "1.50"
        smallest = values.filter(arm__code="B", variable="cement_volume_ml", statistic="min")
        assert {(row.location, row.value) for row in smallest} == {("Table", 2), ("Results, paragraph 1", 3)}
        relief = values.filter(arm__code="B", variable="pain_relief", statistic="n")
        assert [(row.category, row.value, row.denominator) for row in relief] == [
            ("pain relief", 57, 75),
            ("no improvement", 19, 75),
        ]
        p = values.get(variable="cement_volume_ml", statistic="p_value", qualifier="less_than")
        assert (p.value_text, p.comparison, p.arm) == ("0.001", "A vs B", None)
        assert {
            arm.code: (arm.patients, arm.lesions, arm.kinds) for arm in values[0].publication.arms.all()
        } == {
            "A": (51, 58, "sacroplasty;rfa"),
            "B": (75, 104, "sacroplasty"),
        }

    def test_cited_series_are_the_fifteen_of_the_table(self):
        series = CitedSeries.objects.filter(publication__slug="andresen-2014")
        assert [row.order for row in series] == list(range(1, 16))
        assert sum(row.patients for row in series) == 78
        assert (series[0].followup_min, series[0].followup_max, series[0].followup_unit) == (3, 27, "months")

    def test_an_abstract_alone_gives_no_patient(self):
        publication = Publication.objects.get(slug="tian-2017")
        assert not publication.published_patients.exists()
        assert set(publication.reported_values.values_list("origin", flat=True)) == {"abstract"}


class MissingCodesTest(TestCase):
    """Why a value of a published patient is absent."""

    @classmethod
    def setUpTestData(cls):
        publications("zhao-2021", "andresen-2014")

    def test_of_the_dead_nothing_is_said_at_six_months(self):
        for label in ("pat. 8", "pat. 9"):
            row = Assessment.objects.get(case__patient__source_label=label, time_point="month_6")
            assert row.pain_instrument is None
            assert set(row.missing) == set(Assessment.missable_fields())
            assert set(row.missing.values()) == {"died"}

    def test_no_complication_is_denied_that_the_paper_does_not_name(self):
        for procedure in Procedure.objects.filter(kind="reboa"):
            assert (procedure.complications_answered, procedure.missing["complications_answered"]) == (
                None,
                "group_only",
            )

    def test_of_the_living_no_death_is_missing_and_of_the_lost_everything_is(self):
        for status in FollowUpStatus.objects.filter(case__procedures__kind="reboa").select_related(
            "case__patient"
        ):
            code = "lost" if status.case.patient.source_label == "Case 1" else "not_applicable"
            assert {
                status.missing[name] for name in ("death_date", "death_interval_value", "death_cause")
            } == {code}
