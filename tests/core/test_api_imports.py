"""The API's modules can be imported in any order."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["problems", "filters", "parsers", "views", "serializers"])
def test_each_module_can_be_the_first(module):
    """REST framework loads the settings' parsers while its views are imported, so a cycle shows only from one side."""
    code = (
        "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'registry.settings'; django.setup();"
        f"import registry.core.api.{module}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
