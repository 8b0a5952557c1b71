"""What research keeps: receipts of exports, and the jobs that write large ones."""

from registry.research.models.job import ExportJob, ExportJobQuerySet
from registry.research.models.receipt import ExportReceipt, ExportReceiptQuerySet

__all__ = ["ExportJob", "ExportJobQuerySet", "ExportReceipt", "ExportReceiptQuerySet"]
