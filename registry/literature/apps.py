from django.apps import AppConfig


class LiteratureConfig(AppConfig):
    name = "registry.literature"
    label = "literature"
    verbose_name = "Literature"
