"""Two ways to enter a case: with the mouse, every click and every filled field counted, and with the keyboard alone."""

from django.urls import reverse
from playwright.sync_api import expect

from tests import factories


class Mouse:
    """Clicks and fills as a person does; ``count`` is how often."""

    def __init__(self, page, host) -> None:
        self.page, self.host, self.count = page, host, 0

    # -- controls ------------------------------------------------------------------------------------------------------

    def control(self, model, name, nth=0, value=None):
        which = f'[name^="{model}-"][name$="-{name}"]'
        if value is not None:
            which += f'[value="{value}"]'
        return self.page.locator(f"main {which}").nth(nth)

    def fill(self, model, name, text, nth=0) -> None:
        self.count += 1
        field = self.control(model, name, nth)
        if field.evaluate("control => control.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
            field.blur()

    def choose(self, model, name, value, nth=0) -> None:
        """A button of a short list, or a box of a longer one."""
        self.count += 1
        self.control(model, name, nth, value).locator("xpath=ancestor::label").click()

    def press(self, name, nth=0, role="button") -> None:
        self.count += 1
        self.page.get_by_role(role, name=name, exact=True).nth(nth).click()

    def click(self, selector, nth=0) -> None:
        self.count += 1
        self.page.locator(selector).nth(nth).click()

    # -- steps ---------------------------------------------------------------------------------------------------------

    def sign_in(self, user) -> None:
        self.page.goto(self.host + reverse("login"))
        self.count += 2
        self.page.get_by_label("User name").fill(user.username)
        self.page.get_by_label("Password").fill(factories.PASSWORD)
        self.press("Sign in")
        self.page.wait_for_url(f"{self.host}/")

    def begin(self, *, sex, age, diagnosis, kind) -> None:
        self.press("New case", role="link")
        self.choose("patient", "sex", sex)
        self.count += 1
        self.page.locator('[name="age_years"]').fill(age)
        self.count += 2
        self.page.locator("input[role=combobox]").fill(diagnosis)
        self.page.locator(".combo-list > li").first.click()
        self.count += 1
        self.page.locator(f'[name="procedure-kind"][value="{kind}"]').locator("xpath=ancestor::label").click()
        self.press("Begin the case")
        self.page.wait_for_url("**/edit/**")

    def on_to(self, slug) -> None:
        """By the button at the end of the section."""
        self.click("[data-next]")
        self.page.wait_for_url(f"**/edit/{slug}/**")

    def section(self, slug) -> None:
        """By the side list."""
        self.click(f'.editor-section[href$="/edit/{slug}/"]')
        self.page.wait_for_url(f"**/edit/{slug}/**")

    def rows(self, selector, number) -> None:
        """Wait for rows that the server adds."""
        expect(self.page.locator(selector)).to_have_count(number)

    def complete(self) -> None:
        self.section("review")
        missing = self.page.locator(".review-missing").all_inner_texts()
        assert missing == [], "\n".join(missing)
        self.press("Complete the case")
        self.page.wait_for_url(lambda address: "/edit/" not in address)


class Keyboard(Mouse):
    """The same steps with Tab, arrows, Space and Enter; ``count`` is the number of answers, not of keys."""

    MOST_TABS = 400

    def reach(self, locator) -> None:
        """Tab until the control has the focus, or Shift+Tab where it stands before."""
        wanted = locator.first.element_handle() if locator.count() else None
        assert wanted is not None, f"{locator} is not on the page"
        before = wanted.evaluate(
            "control => Boolean(document.activeElement.compareDocumentPosition(control)"
            " & Node.DOCUMENT_POSITION_PRECEDING) && document.activeElement !== document.body"
        )
        for _tab in range(self.MOST_TABS):
            if wanted.evaluate("control => control === document.activeElement"):
                return
            self.page.keyboard.press("Shift+Tab" if before else "Tab")
        raise AssertionError(f"{locator} cannot be reached by Tab")

    def fill(self, model, name, text, nth=0) -> None:
        self.count += 1
        field = self.control(model, name, nth)
        self.reach(field)
        if field.evaluate("control => control.tagName") == "SELECT":
            label = field.locator(f'option[value="{text}"]').inner_text()
            self.page.keyboard.type(label)
        elif field.get_attribute("type") == "date":
            year, month, day = text.split("-")
            self.page.keyboard.type(f"{month}{day}{year}")
        else:
            self.page.keyboard.type(text)

    def choose(self, model, name, value, nth=0) -> None:
        self.count += 1
        option = self.control(model, name, nth, value)
        if option.get_attribute("type") == "checkbox":
            self.reach(option)
            self.page.keyboard.press("Space")
            return
        group = self.page.locator(f'[name="{option.get_attribute("name")}"]')
        self.reach(group)
        if group.first.get_attribute("value") == value:
            self.page.keyboard.press("Space")
            return
        for _arrow in range(group.count()):
            self.page.keyboard.press("ArrowRight")
            if option.is_checked():
                return
        raise AssertionError(f"{name} {value} cannot be chosen by arrow keys")

    def press(self, name, nth=0, role="button") -> None:
        self.count += 1
        self.reach(self.page.get_by_role(role, name=name, exact=True).nth(nth))
        self.page.keyboard.press("Enter")

    def click(self, selector, nth=0) -> None:
        self.count += 1
        self.reach(self.page.locator(selector).nth(nth))
        self.page.keyboard.press("Enter")

    def sign_in(self, user) -> None:
        self.page.goto(self.host + reverse("login"))
        self.count += 2
        self.reach(self.page.get_by_label("User name"))
        self.page.keyboard.type(user.username)
        self.reach(self.page.get_by_label("Password"))
        self.page.keyboard.type(factories.PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.host}/")

    def begin(self, *, sex, age, diagnosis, kind) -> None:
        self.press("New case", role="link")
        self.page.wait_for_url("**/cases/new/")
        self.choose("patient", "sex", sex)
        self.reach(self.page.locator('[name="age_years"]'))
        self.page.keyboard.type(age)
        self.reach(self.page.locator("input[role=combobox]"))
        self.page.keyboard.type(diagnosis)
        self.page.keyboard.press("Enter")
        self.choose("procedure", "kind", kind)
        self.press("Begin the case")
        self.page.wait_for_url("**/edit/**")
