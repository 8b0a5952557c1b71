"""Signatures, freezes and the log of eligible procedures."""

from registry.curation.models.ascertainment import AscertainmentMonth
from registry.curation.models.freeze import Freeze, FrozenCase, Thaw
from registry.curation.models.kept import KeptRow
from registry.curation.models.signature import Signature

__all__ = ["AscertainmentMonth", "Freeze", "FrozenCase", "KeptRow", "Signature", "Thaw"]
