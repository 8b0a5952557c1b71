"""The catalogues of translated texts: gathering messages from the source, merging, compiling, and what lags behind.

Everything is done in Python (Babel, a development dependency), so that no machine needs GNU gettext: neither to run the
registry, whose compiled catalogues are kept beside their sources, nor to translate it.
"""

import ast
import datetime
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation import templatize

ROOT = Path(settings.BASE_DIR)
LOCALE = ROOT / "locale"

#: English is the language of the source and needs no catalogue.
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]

#: Catalogue → what it is gathered from. The scripts of the browser have one of their own, which they are sent.
SOURCES: dict[str, tuple[tuple[str, str], ...]] = {
    "django": (
        ("python", "registry/**/*.py"),
        ("python", "cases/**/*.py"),
        ("python", "procedures/**/*.py"),
        ("python", "outcomes/**/*.py"),
        ("template", "templates/**/*.html"),
        ("template", "templates/**/*.txt"),
    ),
    "djangojs": (("javascript", "registry/static/js/**/*.js"),),
}
LEFT_OUT = {"migrations", "vendor"}

#: Functions that take messages, and which of their arguments they are (Babel's notation; ``c`` marks a context).
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

#: Dates in a catalogue would change it whenever it is written; when it changed is in the history of the source.
NO_DATE = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
_HEADER = """\
# Texts of the spinal tumour registry. `make messages` brings this file up to date and compiles it.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""

#: What makes a text one that Python fills in: a named or plain placeholder, or a doubled per cent sign.
_FORMAT = re.compile(r"%(\(\w+\)|[sdifr]\b|%)")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sdifr]|%[sdifr]|\{\w*\}|</?\w+")


def files(domain: str) -> Iterator[tuple[str, Path]]:
    """Kind and path of every file that may hold messages of a catalogue."""
    for kind, pattern in SOURCES[domain]:
        for path in sorted(ROOT.glob(pattern)):
            if not LEFT_OUT & set(path.relative_to(ROOT).parts):
                yield kind, path


def messages_of(kind: str, text: str, name: str = "") -> Iterator[tuple[int, Any, list[str], str | None]]:
    """Line, message (or singular and plural), comments for translators and context of every message in a source."""
    method, options = "python", {}
    if kind == "python":
        ast.parse(text, name)  # half a file would lose messages without a word
    elif kind == "template":
        # Django's own reading of a template, as calls of gettext(); in brackets its layout means nothing.
        text = f"({templatize(text, origin=name)}\n)"
    else:
        method, options = "javascript", {"parse_template_string": True}
    yield from extract(method, io.BytesIO(text.encode()), KEYWORDS, ("Translators:",), options)


def gathered(domain: str) -> Catalog:
    """Every message of the source, untranslated."""
    catalog = Catalog(domain=domain, fuzzy=False)
    for kind, path in files(domain):
        name = path.relative_to(ROOT).as_posix()
        for _line, message, comments, context in messages_of(kind, path.read_text("utf-8"), name):
            catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalog


def path_of(domain: str, language: str, suffix: str = "po") -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.{suffix}"


def stored(domain: str, language: str) -> Catalog:
    """The catalogue as it is kept; an empty one where there is none yet."""
    path = path_of(domain, language)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, domain=domain, abort_invalid=True)
    else:
        catalog = Catalog(locale=language, domain=domain)
    catalog.fuzzy = False
    catalog.creation_date = catalog.revision_date = NO_DATE
    return catalog


def merged(domain: str, language: str, *, prune: bool = False) -> Catalog:
    """The stored catalogue with every message of the source; what is no longer used stays below, as a comment."""
    catalog = stored(domain, language)
    for message in list(catalog.obsolete.values()):  # it may be used again
        catalog[message.id] = message
    catalog.obsolete.clear()
    catalog.update(gathered(domain), no_fuzzy_matching=True, update_creation_date=False)
    if prune:
        catalog.obsolete.clear()
    for key in [key for key, message in catalog.obsolete.items() if not any(_parts(message.string))]:
        del catalog.obsolete[key]  # nobody had translated it
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    """Sorted, with file names but no line numbers: a change of the source that changes no text changes nothing.

    Babel takes “95 % interval” for a format with a placeholder ``% i``; its translation would fail the check of msgfmt.
    """
    for message in catalog:
        if not any(_FORMAT.search(part) for part in _parts(message.id)):
            message.flags.discard("python-format")
    buffer = io.BytesIO()
    buffer.write(_HEADER.format(language=catalog.locale_identifier, plurals=catalog.plural_forms).encode())
    write_po(buffer, catalog, width=110, omit_header=True, sort_output=True, include_lineno=False)
    return buffer.getvalue()


def mo_bytes(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def write(domain: str, language: str, *, prune: bool = False) -> Catalog:
    """Bring a catalogue up to date and compile it."""
    catalog = merged(domain, language, prune=prune)
    path = path_of(domain, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(po_bytes(catalog))
    path_of(domain, language, "mo").write_bytes(mo_bytes(stored(domain, language)))
    return catalog


def _parts(text: Any) -> tuple[str, ...]:
    """A message's text, or its singular and plural."""
    return tuple(text) if isinstance(text, tuple | list) else (text or "",)


def _placeholders(text: str) -> list[str]:
    return sorted(_PLACEHOLDER.findall(text))


def faults_of(message: Message) -> Iterator[str]:
    """What is wrong with one translation."""
    singular, plural = _parts(message.id)[0], _parts(message.id)[-1]
    strings = _parts(message.string)
    if not all(strings):
        yield "is not translated"
        return
    if message.fuzzy:
        yield "is marked as fuzzy"
    for number, string in enumerate(strings):
        source = singular if number == 0 else plural
        allowed = [_placeholders(source)]
        if len(strings) > 1 and number == 0:
            allowed.append(
                _placeholders(plural)
            )  # "one case" may become "%(n)s Fall", and the other way round
        if _placeholders(string) not in allowed:
            yield f"has other placeholders: {_placeholders(source)} became {_placeholders(string)}"
        if (source.startswith("\n"), source.endswith("\n")) != (
            string.startswith("\n"),
            string.endswith("\n"),
        ):
            yield "begins or ends with another line break"


def faults(domain: str, language: str) -> list[str]:
    """How far a catalogue lags behind the source; empty when every message is translated and compiled."""
    catalog, found = stored(domain, language), []
    for message in gathered(domain):
        if not message.id:
            continue  # the header
        kept = catalog.get(message.id, message.context)
        if kept is None or _parts(kept.id) != _parts(message.id):
            found.append(f"“{_parts(message.id)[0]}” is missing")
        else:
            found += [f"“{_parts(message.id)[0]}” {fault}" for fault in faults_of(kept)]
    compiled = path_of(domain, language, "mo")
    if not compiled.exists() or compiled.read_bytes() != mo_bytes(catalog):
        found.append("the compiled catalogue is not that of its source: run `make messages`")
    return found
