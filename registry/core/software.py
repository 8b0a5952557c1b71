"""Which version of the registry's software this is, told without a working copy of its source."""

import importlib.metadata
import tomllib
from functools import cache

from django.conf import settings

NAME = "spinal-registry"


@cache
def version() -> str:
    """The version of the installed package; of the project's own file where it runs from its folder."""
    try:
        return importlib.metadata.version(NAME)
    except importlib.metadata.PackageNotFoundError:
        project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))
        return str(project["project"]["version"])
