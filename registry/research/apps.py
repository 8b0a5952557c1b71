from django.apps import AppConfig


class ResearchConfig(AppConfig):
    name = "registry.research"
    label = "research"
    verbose_name = "Research"
