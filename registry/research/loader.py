"""The R script of an archive: reads every table with the right types, labels and factors.

For CSV it needs nothing but R itself; for the other formats the package that reads them.
"""

import json
from collections.abc import Iterable, Mapping

from registry.research.columns import Column, ColumnType

_TYPES = {
    ColumnType.NUMBER: "numeric",
    ColumnType.INTEGER: "integer",
    ColumnType.BOOLEAN: "logical",
    ColumnType.DATE: "Date",
}

#: Format → how R reads a file of it.
_READERS = {
    "csv": """  d <- utils::read.csv(table$file, colClasses = table$types, na.strings = "", encoding = "UTF-8",
                       check.names = FALSE, stringsAsFactors = FALSE)""",
    "ndjson": """  d <- jsonlite::stream_in(file(table$file, encoding = "UTF-8"), verbose = FALSE)""",
    "xlsx": """  d <- as.data.frame(readxl::read_excel(table$file, sheet = 1, guess_max = 1048576))""",
    "parquet": """  d <- as.data.frame(arrow::read_parquet(table$file))""",
    "sav": """  d <- haven::read_sav(table$file, user_na = TRUE)""",
    "dta": """  d <- haven::read_dta(table$file)""",
}
#: Formats that carry types and value labels of their own.
_LABELLED = ("sav", "dta")

_TYPED = """  for (name in intersect(names(table$types), names(d))) {
    d[[name]] <- switch(table$types[[name]],
      Date = as.Date(d[[name]]), integer = as.integer(d[[name]]), numeric = as.numeric(d[[name]]),
      logical = as.logical(d[[name]]), as.character(d[[name]]))
  }
"""
_FACTORS = """  for (name in intersect(names(table$codes), names(d))) {
    codes <- table$codes[[name]]
    d[[name]] <- factor(d[[name]], levels = names(codes), labels = unname(codes))
  }
"""
_LABELS = """  for (name in intersect(names(table$labels), names(d))) {
    attr(d[[name]], "label") <- table$labels[[name]]
  }
"""


def _text(text: str) -> str:
    """A string of R in ASCII, so that it reads the same under every locale."""
    return json.dumps(text).replace("\\/", "/")


def _named(pairs: Mapping[str, str], indent: str) -> str:
    lines = ",\n".join(f"{indent}  `{name}` = {_text(value)}" for name, value in pairs.items())
    return f"c(\n{lines})"


def _table(name: str, file: str, columns: Iterable[Column]) -> str:
    columns = list(columns)
    types = {column.name: _TYPES.get(column.type, "character") for column in columns}
    coded = [
        f"      `{column.name}` = {_named(dict(column.codes), ' ' * 6)}"
        for column in columns
        if column.codes and column.type is ColumnType.CODE
    ]
    labels = {
        column.name: f"{column.label} ({column.unit})" if column.unit else column.label for column in columns
    }
    return (
        f"  `{name}` = list(\n    file = {_text(file)},\n    types = {_named(types, ' ' * 4)},\n"
        f"    labels = {_named(labels, ' ' * 4)},\n    codes = list(\n" + ",\n".join(coded) + "))"
    )


def script(table_format: str, tables: Mapping[str, tuple[str, Iterable[Column]]]) -> str:
    """The script for these tables: name → file and columns."""
    body = _READERS[table_format] + "\n"
    if table_format not in _LABELLED:
        body += (_TYPED if table_format != "csv" else "") + _FACTORS + _LABELS
    described = ",\n".join(_table(name, file, columns) for name, (file, columns) in tables.items())
    return (
        "# Reads every table of this archive with its types, labels and factors.\n"
        '# In the folder of the files:  source("load.R")  – then `cases`, `lesions` … are data frames.\n'
        "# What is missing is NA; the reason stands in the column of the same name with __missing behind it.\n\n"
        f"tables <- list(\n{described})\n\n"
        f"read_table <- function(table) {{\n{body}  d\n}}\n\n"
        "for (name in names(tables)) assign(name, read_table(tables[[name]]))\n"
    )
