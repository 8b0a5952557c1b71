"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry.settings")
application = get_wsgi_application()

# Behind the set-up of Django, which the models need.
from cases import checks  # noqa: E402
from registry.checks import refuse_debug_with_patients  # noqa: E402
from registry.core.chain import triggers  # noqa: E402

refuse_debug_with_patients()
triggers.report()
checks.report()
