"""Tests of signatures, freezes and the ascertainment log."""
