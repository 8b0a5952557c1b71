"""Looking for barriers: what axe-core finds on a page in each of its looks, and what no page may do in any of them."""

import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from django.conf import settings
from django.test import Client

from tests.e2e.conftest import watch

#: Width in px and colour scheme. Neighbours differ in one of the two, as changing the width is what takes time.
LOOKS = [(1280, "light"), (1280, "dark"), (390, "dark"), (390, "light")]
#: To this width everything has to fit without scrolling sideways (WCAG 1.4.10).
NARROWEST = 320

#: WCAG 2.2 at level AA with all before it, and what axe recommends besides.
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES = {"runOnly": {"type": "tag", "values": STANDARD}, "rules": {"target-size": {"enabled": True}}}
#: The rules whose answer depends on the colour scheme; the others need be asked once per width only.
COLOUR_RULES = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
#: Rules whose “needs review” is a fault here: names of parts that are not on the page.
NOT_LEFT_OPEN = ["aria-valid-attr-value"]

#: A refused form answers 422, a conflict 409, and so on: the browser logs each, and each is meant.
MEANT = re.compile(r"status of 4\d\d|ERR_INTERNET_DISCONNECTED")

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@cache
def axe_script() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def violations(page: Any, rules: dict[str, Any] | None = None, part: str | None = None) -> list[str]:
    """What axe finds on the page, or in a part of it."""
    if page.evaluate("typeof window.axe") == "undefined":
        page.evaluate(axe_script())
    # Transitions would be judged half way.
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
    options = {**(rules or ALL_RULES), "resultTypes": ["violations", "incomplete"], "preload": False}
    found = page.evaluate(
        """async ([part, options, surely]) => {
          const { violations, incomplete } = await axe.run(part ?? document, options);
          return [...violations, ...incomplete.filter((rule) => surely.includes(rule.id))];
        }""",
        [part, options, NOT_LEFT_OPEN],
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        for node in rule["nodes"][:3]
    ]


def overflows(page: Any) -> list[str]:
    """Whether the page as a whole has to be scrolled sideways, and what sticks out."""
    wide = page.evaluate(
        """() => {
          const {scrollWidth, clientWidth} = document.documentElement;
          if (scrollWidth <= clientWidth) return [];
          const within = (one) => one && (getComputedStyle(one).overflowX !== "visible" || within(one.parentElement));
          const out = [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > clientWidth + 1 && !within(one.parentElement));
          return [`${scrollWidth} > ${clientWidth}`, ...out.slice(0, 3).map((one) => one.outerHTML.slice(0, 120))];
        }"""
    )
    return [f"scrolls sideways: {wide}"] if wide else []


class Visit:
    """A visitor in one language, who looks at each state in every width and scheme without loading it anew."""

    def __init__(self, browser: Any, live_server: Any, user: Any, language: str) -> None:
        self.host = live_server.url
        self.language = language
        self.context = browser.new_context(
            viewport={"width": 1280, "height": 900},
            color_scheme="light",
            reduced_motion="reduce",
            locale={"en": "en-GB", "de": "de-DE"}[language],
        )
        self.context.add_init_script(TELL_VIOLATIONS)
        self._cookie(settings.LANGUAGE_COOKIE_NAME, language)
        self.page = self.context.new_page()
        self.faults = watch(self.page, self.host)
        self.found: list[str] = []
        self._underway = 0
        for event, step in (("request", 1), ("requestfinished", -1), ("requestfailed", -1)):
            self.page.on(event, lambda _request, step=step: self._count(step))
        if user is not None:
            self.sign_in(user)

    def sign_in(self, user: Any) -> None:
        client = Client()
        client.force_login(user)
        self._cookie("sessionid", client.cookies["sessionid"].value)

    def sign_out(self) -> None:
        self.context.clear_cookies(name="sessionid")

    def _cookie(self, name: str, value: str) -> None:
        self.context.add_cookies([{"name": name, "value": value, "url": self.host}])

    def _count(self, step: int) -> None:
        self._underway += step

    def settle(self) -> None:
        """Wait until fragments, scripts and savings have come: a moment in which nothing is under way."""
        still, end = 0, time.monotonic() + 15
        while still < 3 and time.monotonic() < end:
            self.page.wait_for_timeout(25)
            still = 0 if self._underway > 0 else still + 1

    def open(self, path: str) -> Any:
        self.page.goto(self.host + path)
        self.settle()
        return self.page

    def submit(self) -> None:
        """Send the form that is the page's purpose; a new page comes."""
        with self.page.expect_navigation():
            self.page.locator("main form:not(.language) [type=submit]").first.click()
        self.settle()

    def unfold(self) -> None:
        """Open everything that is folded away."""
        self.page.evaluate(
            "document.querySelectorAll('main details').forEach((part) => { part.open = true })"
        )

    def look(
        self, state: str, part: str | None = None, width: int | None = None, path: str | None = None
    ) -> None:
        """Note every barrier of what is shown now. ``part`` narrows axe to what differs from a state seen before."""
        if path is not None:
            self.open(path)
        page = self.page
        # What is scrolled beneath a bar that stays in its place is no smaller for that.
        page.evaluate("window.scrollTo(0, 0)")
        if (said := page.evaluate("document.documentElement.lang")) != self.language:
            self.found.append(f"{state}: lang is {said}")
        for pixels, scheme in LOOKS:
            if width not in (None, pixels):
                continue
            if page.viewport_size["width"] != pixels:
                page.set_viewport_size({"width": pixels, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = violations(page, ALL_RULES if scheme == "light" else COLOUR_RULES, part)
            if scheme == "light":
                found += overflows(page)
            self.found += [f"{state} · {self.language} · {pixels} {scheme} · {what}" for what in found]
        if part is None and width is None:
            page.set_viewport_size({"width": NARROWEST, "height": 900})
            self.found += [f"{state} · {self.language} · {NARROWEST} · {what}" for what in overflows(page)]

    def close(self) -> None:
        """Fails if anything was found, or if the browser complained about anything that is not meant."""
        self.context.close()
        faults = [fault for fault in self.faults if not MEANT.search(fault)]
        assert not self.found, "\n".join(self.found)
        assert not faults, "\n".join(faults)
