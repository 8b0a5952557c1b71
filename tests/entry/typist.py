"""A typist without a browser: reads the pages of the editor, types into the controls that stand there, and sends what
the editor's script would send. A value for which no page has a control cannot be typed."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.urls import reverse


@dataclass
class Control:
    name: str
    kind: str
    form: str
    options: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


@dataclass
class Form:
    id: str
    attrs: dict
    hidden: dict = field(default_factory=dict)
    buttons: list = field(default_factory=list)


class Page(HTMLParser):
    """Forms and controls of a page; a control belongs to the form around it or to the one it names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.controls: dict[str, Control] = {}
        self._open: list[Form] = []
        self._select: Control | None = None
        self._textarea: Control | None = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            form = Form(attrs.get("id", ""), attrs)
            self.forms.append(form)
            self._open.append(form)
        elif tag == "button":
            if self._open:
                self._open[-1].buttons.append(attrs)
        elif tag == "option" and self._select is not None:
            self._select.options.append(attrs.get("value", ""))
            if "selected" in attrs and attrs.get("value"):
                self._select.values = [attrs["value"]]
        elif tag in ("input", "select", "textarea") and attrs.get("name"):
            self._control(tag, attrs)

    def _control(self, tag, attrs):
        kind = attrs.get("type", "text") if tag == "input" else tag
        around = self._open[-1] if self._open else None
        if kind == "hidden" and "form" not in attrs:
            if around is not None:
                around.hidden[attrs["name"]] = attrs.get("value", "")
            return
        form = attrs.get("form") or (around.id if around else "")
        control = self.controls.setdefault(attrs["name"], Control(attrs["name"], kind, form))
        if kind in ("checkbox", "radio"):
            control.options.append(attrs.get("value", "on"))
            if "checked" in attrs:
                control.values.append(attrs.get("value", "on"))
        elif tag == "input":
            control.values = [attrs["value"]] if attrs.get("value") else []
        elif tag == "select":
            self._select = control
        else:
            self._textarea = control

    def handle_data(self, data):
        if self._textarea is not None and data.strip():
            self._textarea.values = [data.strip()]

    def handle_endtag(self, tag):
        if tag == "form" and self._open:
            self._open.pop()
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None


class Typist:
    """Types one case, section by section."""

    def __init__(self, client, case) -> None:
        self.client, self.case = client, case

    def page(self, slug: str) -> Page:
        answer = self.client.get(reverse("case-section", args=[self.case.uuid, slug]))
        assert answer.status_code == 200, (slug, answer.status_code)
        return Page(answer.content.decode())

    def add(self, slug: str, **wanted: str) -> None:
        """Press the button that adds a row: the one form that has, hidden, chosen or as a button, what is wanted."""
        page = self.page(slug)
        for form in page.forms:
            address = form.attrs.get("hx-post") or form.attrs.get("action") or ""
            if "data-add" not in form.attrs:
                continue
            data = dict(form.hidden)
            offered = {name: {value} for name, value in form.hidden.items()}
            for button in form.buttons:
                if button.get("name"):
                    offered.setdefault(button["name"], set()).add(button.get("value", ""))
            for control in page.controls.values():
                if control.form == form.id and control.name in wanted:
                    offered.setdefault(control.name, set()).update(control.options or [wanted[control.name]])
            if all(value in offered.get(name, ()) for name, value in wanted.items() if name != "at") and (
                wanted.get("at", "") in address
            ):
                data.update({name: value for name, value in wanted.items() if name != "at"})
                answer = self.client.post(address, data, headers={"HX-Request": "true"})
                assert answer.status_code == 200, (slug, wanted, answer.content.decode()[:2000])
                return
        raise AssertionError(f"no page of section {slug} adds {wanted}")

    def type(self, slug: str, record, values: dict[str, list[str]]) -> None:
        """Type values into a record's controls as they stand on the page of the section, and send them."""
        prefix = f"{record._meta.model_name}-{record.uuid}"
        page = self.page(slug)
        form = next((form for form in page.forms if form.id == f"rec-{prefix}"), None)
        assert form is not None, f"{slug} shows no {prefix}"
        self.send(page, form, values)

    def score(self, point: str, values: dict[str, list[str]]) -> None:
        """Type a time point into its column, which the page shows or draws on demand."""
        address = reverse("assessment-point-save", args=[self.case.uuid, point])
        page = self.page("outcomes")
        form = next((form for form in page.forms if form.attrs.get("data-save") == address), None)
        if form is None:
            column = reverse("assessment-column", args=[self.case.uuid, point])
            answer = self.client.get(column, headers={"HX-Request": "true"})
            assert answer.status_code == 200, (point, answer.status_code)
            page = Page(answer.content.decode())
            form = next(form for form in page.forms if form.attrs.get("data-save") == address)
        self.send(page, form, values)

    def follow_up(self, values: dict[str, list[str]]) -> None:
        address = reverse("followup-save", args=[self.case.uuid])
        page = self.page("followup")
        self.send(page, next(f for f in page.forms if f.attrs.get("data-save") == address), values)

    def send(self, page: Page, form: Form, values: dict[str, list[str]]) -> None:
        if not values:
            return
        prefix = form.id.removeprefix("rec-")
        for name, wanted in values.items():
            control = page.controls.get(f"{prefix}-{name}")
            assert control is not None, f"no control for {prefix} {name}"
            assert control.form == form.id, f"{name} belongs to {control.form}"
            if control.options:
                assert set(wanted) <= set(control.options), f"{name} does not offer {wanted}"
        base = {name: page.controls[f"{prefix}-{name}"].values for name in values}
        answer = self.client.post(
            form.attrs["data-save"],
            json.dumps({"fields": values, "base": base}),
            content_type="application/json",
        )
        body = answer.json()
        assert answer.status_code == 200, body
        assert body["errors"] == {}, body["errors"]
        assert body["refused"] == [], body["refused"]
        assert body["conflicts"] == []
