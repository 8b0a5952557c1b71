"""Curation in the admin."""

from registry.curation.admin import keeping, merging, queries

__all__ = ["keeping", "merging", "queries"]
