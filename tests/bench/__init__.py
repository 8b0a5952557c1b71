"""Measurements: not tests, as nothing here passes or fails."""
