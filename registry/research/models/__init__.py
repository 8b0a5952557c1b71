"""What research keeps: receipts of exports."""

from registry.research.models.receipt import ExportReceipt, ExportReceiptQuerySet

__all__ = ["ExportReceipt", "ExportReceiptQuerySet"]
