"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry.settings")
application = get_wsgi_application()

from registry.checks import refuse_debug_with_patients  # noqa: E402 - needs the applications

refuse_debug_with_patients()
