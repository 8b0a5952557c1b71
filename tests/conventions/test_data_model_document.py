"""The document of the data model says what the models say."""

from django.core.management import call_command


def test_the_data_model_document_is_up_to_date():
    call_command("data_model", "--check")
