"""Curation in the admin."""

from registry.curation.admin import merging

__all__ = ["merging"]
