"""A customer asks, is answered, replies, and rates: in a browser, with nothing faked between."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PAGES = [
    "/support/",
    "/help/",
    "/help/?q=password",
    "/status/",
    "/status/TKT-9999/?key=wrong",
    "/nothing",
]
SOON = 15_000  # milliseconds, on a slow machine


def fill_in(page: Page, **changes: str) -> None:
    fields = {
        "Your name": "Alice Ahmed",
        "E-mail address": "alice@example.com",
        "Subject": "Password",
        "Your question": "Hello, I forgot my password. How can I get a new one?",
        **changes,
    }
    for label, value in fields.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("What is it about?").select_option("how_to")


def look_for_barriers(page: Page) -> None:
    """Fails with axe's own words if it finds any violation, once changing colours have settled."""
    page.evaluate(
        "Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition)"
        ".map((one) => one.finished))"
    )
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


def test_a_question_is_answered_on_the_page(page: Page, desk: str) -> None:
    page.goto(f"{desk}/support/")
    look_for_barriers(page)
    fill_in(page)
    page.get_by_role("button", name="Send question").click()

    expect(page.get_by_role("heading", name=re.compile("Your ticket is TKT-"))).to_be_visible()
    page.evaluate("window.neverReloaded = true")
    look_for_barriers(page)
    answer = page.locator(".from-agent").first
    expect(answer).to_be_visible(timeout=SOON)
    expect(page.get_by_role("status").first).to_contain_text("Answered")
    source = answer.locator(".sources a").first
    assert (source.get_attribute("href") or "").startswith("/help/")
    look_for_barriers(page)

    reply = page.get_by_label("Your reply")
    reply.fill("Thank you. And how do I change the e-mail address that I sign in with?")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".from-customer")).to_have_count(2, timeout=SOON)
    expect(reply).to_have_value("")
    expect(page.locator(".from-agent, .from-system")).to_have_count(2, timeout=SOON)

    page.get_by_role("button", name="This solved it").click()
    expect(page.get_by_role("heading", name="How did we do?")).to_be_visible(timeout=SOON)
    look_for_barriers(page)
    page.get_by_label("5: Great").check(force=True)
    page.get_by_label("What could we do better?").fill("Nothing, thank you.")
    page.get_by_role("button", name="Send rating").click()
    expect(page.get_by_text("You gave us 5 of 5.")).to_be_visible(timeout=SOON)
    look_for_barriers(page)
    assert page.evaluate("window.neverReloaded")

    page.goto(f"{desk}{source.get_attribute('href')}")
    look_for_barriers(page)


def test_news_leave_alone_what_is_being_typed(page: Page, desk: str) -> None:
    page.goto(f"{desk}/support/")
    fill_in(page)
    page.get_by_role("button", name="Send question").click()
    reply = page.get_by_label("Your reply")
    reply.press_sequentially("While I was typing")
    expect(page.locator(".from-agent").first).to_be_visible(timeout=SOON)
    expect(reply).to_have_value("While I was typing")
    expect(reply).to_be_focused()


def test_a_person_is_one_button_away(page: Page, desk: str) -> None:
    page.goto(f"{desk}/support/")
    fill_in(page)
    page.get_by_role("button", name="Send question").click()
    expect(page.locator(".from-agent").first).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="I would like a person").click()
    expect(page.get_by_role("status").first).to_contain_text("With our team", timeout=SOON)
    expect(page.locator(".from-system").first).to_be_visible(timeout=SOON)
    look_for_barriers(page)


def test_the_form_says_what_is_wrong_before_it_is_sent(page: Page, desk: str) -> None:
    page.goto(f"{desk}/support/")
    fill_in(page, **{"E-mail address": "alice@", "Your question": "short"})
    expect(page.locator("#id_email_error")).to_contain_text("Enter an e-mail address")
    expect(page.locator("[data-counter]")).to_contain_text("5 of 10,000")
    page.get_by_label("Your question").fill("  ")
    page.get_by_role("button", name="Send question").click()
    expect(page.locator("#id_message_error")).to_contain_text("Write your question.")
    expect(page.get_by_label("E-mail address", exact=True)).to_be_focused()
    look_for_barriers(page)
    page.get_by_label("E-mail address", exact=True).fill("alice@example.com")
    expect(page.locator("#id_email_error")).to_be_empty()


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_the_public_pages_have_no_barriers(page: Page, desk: str, colour_scheme: Any) -> None:
    page.emulate_media(color_scheme=colour_scheme)
    page.set_viewport_size({"width": 360, "height": 740})
    for path in PAGES:
        page.goto(f"{desk}{path}")
        look_for_barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_it_works_without_scripts(browser: Any, desk: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk}/support/")
    fill_in(page)
    page.get_by_role("button", name="Send question").click()
    page.get_by_role("heading", name=re.compile("Your ticket is TKT-")).wait_for()
    page.get_by_label("Your reply").fill("Is there anything else?")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".from-customer")).to_have_count(2)
    context.close()
