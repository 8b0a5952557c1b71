from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProceduresConfig(AppConfig):
    name = "procedures"
    verbose_name = _("Procedures")

    def ready(self) -> None:
        from cases import extensions
        from procedures import completeness, editing, embedding, listing, start
        from registry.core import policies

        policies.register(requirement=completeness.gaps)
        embedding.register()
        extensions.register(column=listing.STRATEGY, choice=listing.KIND, start=start.START)
        editing.register()
