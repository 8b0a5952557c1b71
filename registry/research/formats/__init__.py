"""File formats of an export, one module each. A format turns typed rows into bytes; this is where it is registered."""

from registry.research.formats.base import Format, Sheet
from registry.research.formats.csv import CSV
from registry.research.formats.dta import DTA
from registry.research.formats.ndjson import NDJSON
from registry.research.formats.parquet import PARQUET
from registry.research.formats.sav import SAV
from registry.research.formats.xlsx import XLSX

FORMATS: dict[str, Format] = {made.name: made for made in (CSV, NDJSON, XLSX, PARQUET, SAV, DTA)}

__all__ = ["FORMATS", "Format", "Sheet"]
