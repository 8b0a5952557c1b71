"""The API's description in the browser: it works under the strict content security policy, without another host."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_the_description_of_the_api_can_be_read_and_tried_out(desk, live_server, clinician):
    # The fixture fails on any message of the browser, so on any violation of the policy.
    desk.goto(f"{live_server.url}/api/docs/")
    expect(desk.get_by_role("heading", name="Spinal tumour intervention registry")).to_be_visible()
    operation = desk.locator(".opblock-get", has_text="/api/v1/centers/").first
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".responses-table.live-responses-table")).to_contain_text("HEI")
