from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    name = "procedures"
    verbose_name = "Procedures"

    def ready(self) -> None:
        from cases import extensions
        from procedures import completeness, embedding, listing
        from registry.core import policies

        policies.register(requirement=completeness.gaps)
        embedding.register()
        extensions.register(column=listing.STRATEGY, choice=listing.KIND)
