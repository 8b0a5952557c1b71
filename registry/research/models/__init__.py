"""What research keeps: cohorts, receipts of exports, the jobs that write large ones, and releases."""

from registry.research.models.cohort import Cohort, CohortQuerySet, CohortVersion
from registry.research.models.job import ExportJob, ExportJobQuerySet
from registry.research.models.receipt import ExportReceipt, ExportReceiptQuerySet
from registry.research.models.release import Release, ReleaseQuerySet

__all__ = [
    "Cohort",
    "CohortQuerySet",
    "CohortVersion",
    "ExportJob",
    "ExportJobQuerySet",
    "ExportReceipt",
    "ExportReceiptQuerySet",
    "Release",
    "ReleaseQuerySet",
]
