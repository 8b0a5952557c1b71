"""A convention that holds for every file is one test, which names every file that breaks it."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def of_each(paths: Iterable[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Make of the check of one file a test of all of them."""
    every = list(paths)

    def decorate(check: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            assert every, "no file was looked at"
            broken = []
            for path in every:
                try:
                    check(path)
                except (AssertionError, pytest.fail.Exception) as fault:
                    broken.append(f"{name_of(path)}: {fault}")
            assert not broken, "\n".join(broken)

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return decorate


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a source, which several conventions walk."""
    return ast.parse(path.read_text("utf-8"))
