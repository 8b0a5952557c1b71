"""Releases: a cohort frozen with its data, definition and hashes, rebuilt from history and compared."""
