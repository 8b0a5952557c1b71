"""What research keeps: cohorts and receipts of exports."""

from registry.research.models.cohort import Cohort, CohortQuerySet, CohortVersion
from registry.research.models.receipt import ExportReceipt, ExportReceiptQuerySet

__all__ = ["Cohort", "CohortQuerySet", "CohortVersion", "ExportReceipt", "ExportReceiptQuerySet"]
