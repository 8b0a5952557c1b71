from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    name = "procedures"
    verbose_name = "Procedures"

    def ready(self) -> None:
        from procedures import completeness, embedding
        from registry.core import policies

        policies.register(requirement=completeness.gaps)
        embedding.register()
