"""Pages for the tests of the picture alone: the partial beside plain fields, once as selects, once as radio buttons."""

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from cases import codes
from cases.models import Lesion
from registry.urls import urlpatterns as site

_ZONE = [("", "not said"), ("true", "yes"), ("false", "no")]
_PAGE = """
{% load i18n static %}<!doctype html>
<html lang="en"><head><title>Picture</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="htmx-config" content='{"includeIndicatorStyles":false,"allowEval":false}'>
<link rel="icon" href="{% static 'img/favicon.svg' %}">
<link rel="stylesheet" href="{% static 'vendor/bootstrap/bootstrap.min.css' %}">
<link rel="stylesheet" href="{% static 'css/tokens.css' %}">
<link rel="stylesheet" href="{% static 'css/registry.css' %}">
<link rel="stylesheet" href="{% static 'css/spine.css' %}">
<script src="{% static 'vendor/htmx/htmx.min.js' %}" defer></script>
<script src="{% static 'js/spine.js' %}" type="module"></script>
</head><body><main class="page"><h1>Picture</h1>
{% for form in forms %}{% include row %}{% endfor %}
{% if lesions %}<h2>Show</h2>{% include "cases/_spine.html" with mode="show" %}{% endif %}
<button type="button" hx-get="?row" hx-target="this" hx-swap="beforebegin">Add</button>
</main></body></html>
"""
_ROW = """
<section id="{{ form.prefix }}"><h2>{{ form.prefix }}</h2>
<form>{{ form.as_div }}</form>
{% include "cases/_spine.html" with mode="edit" prefix=form.prefix number=form.number %}
</section>
"""


class _Fields(forms.Form):
    """The fields of a lesion that the picture is bound to."""

    levels = forms.MultipleChoiceField(
        choices=codes.LEVEL_CHOICES, required=False, widget=forms.CheckboxSelectMultiple
    )
    zone_ala = forms.ChoiceField(choices=_ZONE, required=False)
    zone_foraminal = forms.ChoiceField(choices=_ZONE, required=False)
    zone_central = forms.ChoiceField(choices=_ZONE, required=False)
    side = forms.ChoiceField(choices=[("", "–"), *codes.Side.choices], required=False)

    def __init__(self, number: int, widget: type[forms.Widget], initial: dict | None = None) -> None:
        super().__init__(prefix=f"lesion-{number}", initial=initial)
        self.number = number
        for name in ("zone_ala", "zone_foraminal", "zone_central", "side"):
            self.fields[name].widget = widget(choices=self.fields[name].choices)


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    row = engines["django"].from_string(_ROW)
    if "row" in request.GET:
        return HttpResponse(row.render({"form": _Fields(3, forms.Select)}, request))
    shown = {"initial": request.GET.dict() | {"levels": request.GET.getlist("levels")}}
    made = [_Fields(1, forms.Select, **shown), _Fields(2, forms.RadioSelect)]
    context = {"forms": made, "row": row, "lesions": Lesion.objects.none()}
    return HttpResponse(engines["django"].from_string(_PAGE).render(context, request))


urlpatterns = [path("picture/", page), *site]
