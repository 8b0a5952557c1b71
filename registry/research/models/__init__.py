"""What research keeps: cohorts, receipts of exports, and the jobs that write large ones."""

from registry.research.models.cohort import Cohort, CohortQuerySet, CohortVersion
from registry.research.models.job import ExportJob, ExportJobQuerySet
from registry.research.models.receipt import ExportReceipt, ExportReceiptQuerySet

__all__ = [
    "Cohort",
    "CohortQuerySet",
    "CohortVersion",
    "ExportJob",
    "ExportJobQuerySet",
    "ExportReceipt",
    "ExportReceiptQuerySet",
]
