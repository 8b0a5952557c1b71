"""Curation in the admin."""

from registry.curation.admin import erasing, keeping, merging, queries, workbench

__all__ = ["erasing", "keeping", "merging", "queries", "workbench"]
