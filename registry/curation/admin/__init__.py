"""Curation in the admin."""

from registry.curation.admin import keeping, merging

__all__ = ["keeping", "merging"]
