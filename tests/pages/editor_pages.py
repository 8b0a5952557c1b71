"""How the pages of the editor talk to the server."""

import json

from django.urls import reverse

SECTIONS = ("patient", "lesions", "procedures", "outcomes", "complications", "followup", "review")


def section(case, slug="patient"):
    return reverse("case-section", args=[case.uuid, slug])


def save(client, record, fields, **more):
    body = {"fields": {name: [value] if value else [] for name, value in fields.items()}, **more}
    return client.post(
        reverse("record-save", args=[record._meta.model_name, record.uuid]),
        json.dumps(body),
        content_type="application/json",
    )
