"""Curation in the admin."""

from registry.curation.admin import erasing, keeping, merging

__all__ = ["erasing", "keeping", "merging"]
