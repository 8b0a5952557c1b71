"""Pages that every record shares: its form, its deletion, the conflict between two people, and the health checks."""

from registry.core.views.deletion import RecordDeleteView
from registry.core.views.form import Part, RecordFormView

__all__ = ["Part", "RecordDeleteView", "RecordFormView"]
