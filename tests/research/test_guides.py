"""The guides for researchers: their code runs, in its order, and answers what they say."""

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from registry.access import tokens
from tests import factories as make
from tests.remembered import publications

DOCS = settings.BASE_DIR / "docs"
#: Between the outputs of two blocks of R.
END = "<end of block>"


def blocks(guide, language):
    """The code of every block in a language, and the answer that is shown below it."""
    text = (DOCS / guide).read_text("utf-8")
    fenced = re.compile(r"^```(\w*)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
    return [(code, answer) for found, code, answer in fenced.findall(text) if found == language]


def plain(output):
    return [line.rstrip() for line in output.strip("\n").split("\n")]


@pytest.fixture
def signed(live_server, monkeypatch, tmp_path):
    """The environment that a guide asks for, and a folder of its own."""
    publications()
    _instance, token = tokens.create(make.UserFactory(), may_write=True, profile="pseudonymised")
    monkeypatch.setenv("REGISTRY", live_server.url)
    monkeypatch.setenv("TOKEN", token)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_guide_for_python_runs_and_answers_what_it_says(signed):
    names = {}
    for code, answer in blocks("api-python.md", "python"):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(code, "api-python.md", "exec"), names)  # noqa: S102 - the guide's own code
        assert plain(output.getvalue()) == plain(answer), code
    assert Path("cohort.png").stat().st_size > 10_000
    days = [list(line.get_xdata()) for line in names["right"].lines]
    assert days == [[0, 2, 6], [0, 1, 3, 4, 5], [0, 1], [0, 1]]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_guide_for_r_runs_and_answers_what_it_says(signed):
    ((shell, _answer),) = blocks("api-r.md", "sh")
    subprocess.run(["sh", "-c", shell], check=True, timeout=60)
    shown = blocks("api-r.md", "r")
    script = []
    for number, (code, _answer) in enumerate(shown):
        Path(f"{number}.R").write_text(code, "utf-8")
        script.append(f'source("{number}.R", print.eval = TRUE, encoding = "UTF-8"); cat("{END}\\n")')
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", "\n".join(script)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    *outputs, _rest = done.stdout.split(f"{END}\n")
    for (code, answer), output in zip(shown, outputs, strict=True):
        assert plain(output) == plain(answer), code
    assert Path("cohort.pdf").stat().st_size > 5_000
