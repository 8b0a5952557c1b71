"""Publications, their arms and reported values, the series they cite, and where each patient-level value is printed."""

from decimal import Decimal

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.core import fields
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyOne, Pair


class Qualifier(models.TextChoices):
    """How exact a printed number claims to be."""

    EXACT = "exact", _("exact")
    NEARLY = "nearly", _("nearly")
    APPROXIMATELY = "approximately", _("approximately")
    UP_TO = "up_to", _("up to")
    AT_LEAST = "at_least", _("at least")
    LESS_THAN = "less_than", _("less than")
    GREATER_THAN = "greater_than", _("greater than")


class Statistic(models.TextChoices):
    N = "n", _("number")
    MEAN = "mean", _("mean")
    SD = "sd", _("standard deviation")
    MEDIAN = "median", _("median")
    MIN = "min", _("minimum")
    MAX = "max", _("maximum")
    PERCENT = "percent", _("per cent")
    P_VALUE = "p_value", _("P value")


class UnitOfAnalysis(models.TextChoices):
    PATIENT = "patient", _("patient")
    LESION = "lesion", _("lesion")
    APPROACH = "approach", _("approach")
    NEEDLE = "needle", _("needle")
    CYCLE = "cycle", _("ablation cycle")
    PROCEDURE = "procedure", _("procedure")


class Origin(models.TextChoices):
    DOCUMENT = "document", _("document")
    ABSTRACT = "abstract", _("abstract")


class Scope(models.TextChoices):
    PATIENT = "patient", _("stated of this patient")
    ALL = "all", _("stated of all patients")


class PeriodUnit(models.TextChoices):
    DAYS = "days", _("days")
    WEEKS = "weeks", _("weeks")
    MONTHS = "months", _("months")
    YEARS = "years", _("years")


class Publication(Record):
    """A published series."""

    center_path = None

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    title = fields.LineField(_("title"), max_length=400, blank=False)
    authors = models.JSONField(
        _("authors"), default=list, help_text=_("One name per author, in printed order.")
    )
    journal = fields.LineField(_("journal"), max_length=200)
    year = fields.IntegerField(_("year"))
    volume = fields.LineField(_("volume"), max_length=20)
    issue = fields.LineField(_("issue"), max_length=20)
    pages = fields.LineField(_("pages"), max_length=40)
    doi = fields.LineField(_("DOI"), max_length=100)
    design = fields.LineField(_("design"), max_length=200)
    enrolment_from = fields.LineField(_("enrolled from"), max_length=20)
    enrolment_to = fields.LineField(_("enrolled to"), max_length=20)
    language = fields.LineField(_("language"), max_length=20)
    licence = fields.LineField(_("licence"), max_length=100)
    notes = models.TextField(_("notes"), blank=True, default="")
    tables = models.JSONField(
        _("tables as printed"),
        default=list,
        blank=True,
        help_text=_("Heads, rows and cells of each table, with the values that a cell prints."),
    )

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["slug"]
        constraints = [Between("year", 1900, 2100), CodedMissing()]

    def __str__(self) -> str:
        return self.slug


class StudyArm(Record):
    """A group of a publication that is reported apart."""

    center_path = None

    publication = models.ForeignKey(
        Publication, models.CASCADE, related_name="arms", verbose_name=_("publication"), db_index=False
    )
    code = fields.LineField(_("code"), max_length=10, blank=False)
    label = fields.LineField(_("label"), max_length=200)
    kinds = fields.LineField(_("procedure kinds"), max_length=100, help_text=_("Kinds joined by ;"))
    patients = fields.IntegerField(_("patients"), null=True, blank=True)
    lesions = fields.IntegerField(_("lesions"), null=True, blank=True)

    class Meta:
        verbose_name = _("study arm")
        verbose_name_plural = _("study arms")
        ordering = ["publication", "code"]
        constraints = [
            OnlyOne("publication", "code", message=_("This publication has an arm of that code.")),
            Between("patients", 0, 1_000_000),
            Between("lesions", 0, 1_000_000),
            CodedMissing("patients", "lesions"),
        ]

    def __str__(self) -> str:
        return f"{self.publication.slug} {self.code}"


class ReportedValue(Record):
    """One number a paper prints about a group: which variable, of whom, when, which statistic, and where it stands."""

    center_path = None

    publication = models.ForeignKey(
        Publication,
        models.CASCADE,
        related_name="reported_values",
        verbose_name=_("publication"),
        db_index=False,
    )
    arm = models.ForeignKey(
        StudyArm, models.CASCADE, null=True, blank=True, related_name="reported_values", verbose_name=_("arm")
    )
    order = fields.IntegerField(_("order"), help_text=_("Position in the transcription."))
    variable = fields.LineField(_("variable"), max_length=80, blank=False)
    category = fields.LineField(_("category"), max_length=120)
    time_point = fields.LineField(_("time point"), max_length=40)
    statistic = fields.CodeField(_("statistic"), choices=Statistic.choices)
    value = fields.DecimalField(_("value"), max_digits=18, decimal_places=6)
    value_text = fields.LineField(
        _("value as printed"), max_length=40, help_text=_("Keeps the decimals that were printed.")
    )
    denominator = fields.IntegerField(_("denominator"), null=True, blank=True)
    qualifier = fields.CodeField(_("qualifier"), choices=Qualifier.choices, default=Qualifier.EXACT)
    comparison = fields.LineField(_("comparison"), max_length=120)
    test = fields.LineField(_("test"), max_length=60)
    unit = fields.LineField(_("unit"), max_length=40)
    unit_of_analysis = fields.CodeField(
        _("unit of analysis"), choices=UnitOfAnalysis.choices, default=UnitOfAnalysis.PATIENT
    )
    location = fields.LineField(_("location"), max_length=200, blank=False)
    origin = fields.CodeField(_("origin"), choices=Origin.choices, default=Origin.DOCUMENT)
    printed = fields.LineField(_("as printed"), max_length=400)

    class Meta:
        verbose_name = _("reported value")
        verbose_name_plural = _("reported values")
        ordering = ["publication", "order"]
        constraints = [
            OnlyOne("publication", "order", message=_("This publication has a value at that position.")),
            Between("order", 0, 1_000_000),
            OneOf("statistic", Statistic),
            OneOf("qualifier", Qualifier),
            OneOf("unit_of_analysis", UnitOfAnalysis),
            OneOf("origin", Origin),
            Between("value", Decimal(-1_000_000), Decimal(1_000_000_000)),
            Between("denominator", 0, 1_000_000_000),
            CodedMissing("denominator"),
        ]

    def __str__(self) -> str:
        return f"{self.publication.slug} {self.variable} {self.statistic}"


class CitedSeries(Record):
    """A series that a paper lists in its own literature table."""

    center_path = None

    publication = models.ForeignKey(
        Publication,
        models.CASCADE,
        related_name="cited_series",
        verbose_name=_("publication"),
        db_index=False,
    )
    order = fields.IntegerField(_("order"))
    authors_as_printed = fields.LineField(_("authors as printed"), max_length=200, blank=False)
    reference_no = fields.IntegerField(_("reference number"), null=True, blank=True)
    patients = fields.IntegerField(_("patients"), null=True, blank=True)
    primary_tumours = fields.LineField(_("primary tumours as printed"), max_length=300)
    followup = fields.LineField(_("follow-up as printed"), max_length=100)
    followup_min = fields.DecimalField(_("follow-up from"), null=True, blank=True)
    followup_max = fields.DecimalField(_("follow-up to"), null=True, blank=True)
    followup_unit = fields.CodeField(_("follow-up unit"), choices=PeriodUnit.choices, null=True, blank=True)
    pain_reduction = fields.BooleanField(_("pain reduction"))
    location = fields.LineField(_("location"), max_length=200)

    class Meta:
        verbose_name = _("cited series")
        verbose_name_plural = pgettext_lazy("several", "cited series")
        ordering = ["publication", "order"]
        constraints = [
            OnlyOne("publication", "order", message=_("This publication has a series at that position.")),
            Between("order", 0, 1_000_000),
            Between("reference_no", 1, 10_000),
            Between("patients", 0, 1_000_000),
            Between("followup_min", 0, 10_000),
            Between("followup_max", 0, 10_000),
            OneOf("followup_unit", PeriodUnit),
            Pair("followup_max", "followup_unit"),
            CodedMissing(
                "reference_no", "patients", "followup_min", "followup_max", "followup_unit", "pain_reduction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.publication.slug}: {self.authors_as_printed}"


class SourceValue(Record):
    """Where one value of a published patient is printed, and how."""

    center_path = None

    publication = models.ForeignKey(
        Publication,
        models.CASCADE,
        related_name="source_values",
        verbose_name=_("publication"),
        db_index=False,
    )
    content_type = models.ForeignKey(
        ContentType, models.PROTECT, verbose_name=_("kind of record"), db_index=False
    )
    object_id = models.BigIntegerField(_("record"))
    record = GenericForeignKey("content_type", "object_id")
    field = fields.LineField(_("field"), max_length=80, blank=False)
    location = fields.LineField(_("location"), max_length=200, blank=False)
    printed = fields.LineField(_("as printed"), max_length=400)
    qualifier = fields.CodeField(_("qualifier"), choices=Qualifier.choices, default=Qualifier.EXACT)
    scope = fields.CodeField(_("scope"), choices=Scope.choices, default=Scope.PATIENT)

    class Meta:
        verbose_name = _("source of a value")
        verbose_name_plural = _("sources of values")
        ordering = ["publication", "id"]
        indexes = [models.Index(fields=["publication", "id"])]
        constraints = [
            OnlyOne("content_type", "object_id", "field", message=_("This value has a source already.")),
            OneOf("qualifier", Qualifier),
            OneOf("scope", Scope),
            CodedMissing(),
        ]

    def __str__(self) -> str:
        return f"{self.publication.slug} {self.location}: {self.printed}"
