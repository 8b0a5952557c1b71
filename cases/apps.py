from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self) -> None:
        from cases import completeness, locking
        from registry.core import policies

        policies.register(requirement=completeness.gaps, write_check=locking.refuse_signed)
