"""Signatures, freezes, the log of eligible procedures, and data queries with their threads."""

from registry.curation.models.ascertainment import AscertainmentMonth
from registry.curation.models.freeze import Freeze, FrozenCase, Thaw
from registry.curation.models.kept import KeptRow
from registry.curation.models.query import DataQuery, QueryEvent
from registry.curation.models.signature import Signature

__all__ = [
    "AscertainmentMonth",
    "DataQuery",
    "Freeze",
    "FrozenCase",
    "KeptRow",
    "QueryEvent",
    "Signature",
    "Thaw",
]
