"""How a release is cited: as a line of text, for BibTeX, and as CITATION.cff.

All three name the hash of the manifest, which names the hash of every other file: a citation pins down every byte.
"""

import re
from typing import Any

import yaml
from django.conf import settings

from registry.core import software
from registry.research.models import Release

#: Letters that mean something to LaTeX.
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def registry_name() -> str:
    return str(settings.SPECTACULAR_SETTINGS["TITLE"])


def name_parts(author: str) -> tuple[str, str]:
    """Family and given name of “Family, Given”; a name without a comma is that of a group."""
    family, _comma, given = author.partition(",")
    return family.strip(), given.strip()


def _says(release: Release) -> str:
    return f"State after change {release.sequence}"


def as_text(release: Release) -> str:
    """One line, as it stands among references."""
    parts = [
        "; ".join(release.authors),
        f"{release.title} [data set]",
        f"{registry_name()}, release {release.slug}, {release.created_at:%Y-%m-%d}",
        _says(release),
        f"{software.NAME} {release.software}",
        f"SHA-256 of the manifest: {release.manifest_sha256}",
    ]
    return ". ".join([*(part.rstrip(".") for part in parts), release.address]).rstrip(". ") + "\n"


def as_bibtex(release: Release) -> str:
    """An entry of the kind that every style knows."""
    fields = {
        "author": " and ".join(_bibtex_author(author) for author in release.authors),
        "title": f"{{{_escaped(release.title)}}}",
        "howpublished": f"Data set, {_escaped(registry_name())}",
        "year": f"{release.created_at:%Y}",
        "month": f"{release.created_at:%m}",
        "version": _escaped(release.slug),
        "note": (
            f"{_says(release)}. {software.NAME} {_escaped(release.software)}. "
            f"SHA-256 of the manifest: {release.manifest_sha256}"
        ),
    }
    if release.address:
        fields["url"] = release.address
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{re.sub(r'[^a-z0-9]+', '_', release.slug)},\n{lines}\n}}\n"


def _bibtex_author(author: str) -> str:
    family, given = name_parts(author)
    return f"{_escaped(family)}, {_escaped(given)}" if given else f"{{{_escaped(family)}}}"


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(text.split()))


def as_cff(release: Release) -> str:
    """CITATION.cff, as GitHub, Zenodo and Zotero read it (Citation File Format 1.2.0)."""
    said: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": release.title,
        "version": release.slug,
        "date-released": f"{release.created_at:%Y-%m-%d}",
        "authors": [_cff_author(author) for author in release.authors],
        "abstract": "\n\n".join(part for part in (release.sentence, release.notes) if part),
        "identifiers": [
            {
                "type": "other",
                "value": f"sha256:{release.manifest_sha256}",
                "description": "SHA-256 of MANIFEST, which has that of every other file",
            }
        ],
    }
    if release.address:
        said["url"] = release.address
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=1000)


def _cff_author(author: str) -> dict[str, str]:
    family, given = name_parts(author)
    return {"family-names": family, "given-names": given} if given else {"name": family}


#: What a release has of them, by file name.
FILES = {"CITATION.cff": as_cff, "citation.bib": as_bibtex, "citation.txt": as_text}
