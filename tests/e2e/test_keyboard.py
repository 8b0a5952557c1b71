"""The keyboard reaches every control, shows where it is, is never covered by a bar, and comes out again."""

import pytest
from django.urls import reverse

from tests import factories
from tests.core.test_write_door import complete
from tests.e2e.barriers import Visit
from tests.outcomes.drafted import person, reboa_case, rfa_case, vertebroplasty_with_tace

pytestmark = pytest.mark.e2e

#: One step of the walk: what has the focus now, and whether what had it before shows a difference without it.
WALK = """() => {
  const told = (element) => element.outerHTML.replace(/\\s+/g, " ").slice(0, 140);
  const ring = (element) => {
    const style = getComputedStyle(element);
    const outline = style.outlineStyle === "none" ? "" : style.outlineStyle + style.outlineWidth + style.outlineColor;
    return outline + "|" + style.boxShadow;
  };
  // The mark may be drawn around the label of a button-like choice, or beside it on a picture.
  const around = (element) => [element, element.closest("label"), element.nextElementSibling].filter(Boolean);
  const look = (element) => around(element).map(ring).join() +
    (element.ownerSVGElement?.querySelector(".spine-ring[href]")?.getAttribute("href") ?? "");
  // Some of what can be seen of it within the window is not behind something else.
  const seen = (element) => [element, element.closest("label")].filter(Boolean).some((part) => {
    const box = part.getBoundingClientRect();
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    return [.1, .3, .5, .7, .9].some((x) => [.1, .5, .9].some((y) => {
      const hit = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
      return hit && (part.contains(hit) || (hit.contains(part) && hit.matches("svg, label, summary, a, button")));
    }));
  });
  const free = (element) =>
    !element.disabled && element.tabIndex >= 0 && element.checkVisibility({ visibilityProperty: true });
  const nameOf = (element) => element.type === "radio" && element.name
    ? `${element.form?.id ?? ""} ${element.name}` : element;

  const walk = window.walk ??= { reached: new Set(), faults: [], first: null, steps: 0, last: null };
  const { last } = walk;
  const now = document.activeElement;
  // A date has several stops in one control.
  const moved = now !== last?.element;
  if (moved && last?.element.isConnected && look(last.element) === last.look) {
    walk.faults.push(`no focus to be seen: ${told(last.element)}`);
  }
  const over = moved && now === walk.first;
  walk.steps += 1;
  if (!over && moved && now !== document.body) {
    walk.first ??= now;
    walk.reached.add(nameOf(now));
    if (!seen(now)) walk.faults.push(`covered while it has the focus: ${told(now)}`);
  }
  if (moved) walk.last = now === document.body ? null : { element: now, look: look(now) };
  const kinds = "a[href], button, input, select, textarea, summary, [tabindex]";
  const controls = [...document.querySelectorAll(kinds)].filter(free);
  if (over) {
    for (const control of controls) {
      if (!walk.reached.has(nameOf(control))) walk.faults.push(`not reached: ${told(control)}`);
    }
  }
  return { over, steps: walk.steps, controls: controls.length, faults: walk.faults };
}"""


def walk(page):
    """Go through the page with Tab until it begins anew; answers with what is wrong on the way."""
    page.evaluate("() => { window.scrollTo(0, 0); delete window.walk; }")
    while True:
        page.keyboard.press("Tab")
        now = page.evaluate(WALK)
        if now["over"]:
            return now["faults"]
        if now["steps"] > 3 * now["controls"] + 50:
            return [*now["faults"], f"a trap: {now['steps']} steps, {now['controls']} controls"]


@pytest.fixture
def pages(center, clinician):
    """What stands on the pages, by name; the editor's sections of the cases that fill them most."""
    surgical, ablation, case = reboa_case(center), rfa_case(center), vertebroplasty_with_tace(center)
    paper = factories.PublicationFactory()
    factories.ReportedValueFactory(publication=paper)
    at = {
        "dashboard": reverse("dashboard"),
        "cases": reverse("case-list"),
        "new case": reverse("case-new"),
        "case": reverse("case-detail", args=[case.uuid]),
        "report": reverse("case-report", args=[case.uuid]),
        "follow-up": reverse("followup"),
        "publication": reverse("publication-detail", args=[paper.slug]),
        "account": reverse("account"),
        "form": reverse("lesion-edit", args=[case.lesions.first().uuid]),
    }
    for slug in ("patient", "lesions", "procedures", "outcomes", "complications", "review"):
        at[slug] = reverse("case-section", args=[case.uuid, slug])
    at["occlusion"] = reverse("case-section", args=[surgical.uuid, "procedures"])
    at["complete case"] = reverse("case-section", args=[complete(person(center)).uuid, "patient"])
    at["followup"] = reverse("case-section", args=[ablation.uuid, "followup"])
    return at


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_keyboard_shows_where_it_is_and_reaches_everything(
    browser, live_server, clinician, pages, width, scheme
):
    visit = Visit(browser, live_server, clinician, "en")
    page = visit.page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for name, path in pages.items():
        visit.open(path)
        visit.found += [f"{name} · {width} · {fault}" for fault in walk(page)]
    visit.sign_out()
    visit.open(reverse("login"))
    visit.found += [f"sign-in · {width} · {fault}" for fault in walk(page)]
    visit.close()
