"""The dashboard on real parts, in real browsers: what people see and do, and when parts fail."""

import asyncio
import os
import re
import signal
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import ConsoleMessage, Locator, Page, expect

from cli.client.answers import Created, Webhook
from cli.demo.stage import Stage
from tests.support.browsing import LONG, Seen, answer, card, press, runs, seen
from tests.support.pull_requests import say
from tests.support.stack import DEMO
from trellis_contracts.deployments import Trigger
from trellis_contracts.pull_requests import PullRequestRule
from trellis_contracts.rights import Role
from trellis_contracts.rules import Approvals, Window, WindowKind
from trellis_contracts.settings import SettingsChange

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Playwright's pipes, when a test fails
]


async def created(at: Seen, page: Page) -> None:
    """Connect the demo's repository by the form, and set credentials by theirs."""
    stage = at.stage
    stage.git.create_repository(stage.repository, DEMO)
    await page.get_by_role("link", name="New application", exact=True).click()
    await page.get_by_label("Repository", exact=True).fill(stage.git.url(stage.repository))
    await page.get_by_label("Name", exact=True).fill("Shop!")
    await press(page, "Create application")
    await expect(page.get_by_role("alert")).to_contain_text("name")
    await page.get_by_label("Name", exact=True).fill(stage.name)
    await press(page, "Create application")
    hook = Webhook(
        url=await page.get_by_label("Payload URL", exact=True).inner_text(),
        secret=await page.get_by_label("Secret", exact=True).inner_text(),
    )
    assert hook.url.startswith(at.stage.up.url)
    stage.created = await as_created(stage, hook)
    await page.get_by_role("link", name="To the application").click()


async def as_created(stage: Stage, hook: Webhook) -> Created:
    view = await stage.api.application(stage.name)
    return Created(
        id=view.application_id,
        application_id=view.application_id,
        environments={one.name: one.environment_id for one in view.environments},
        webhook=hook,
    )


async def with_credentials(stage: Stage, page: Page) -> None:
    for name, account in stage.accounts.items():
        await page.goto(f"/applications/{stage.name}/{name}/settings")
        await page.get_by_label("Access key id", exact=True).fill(account)
        await page.get_by_label("Secret access key", exact=True).fill("a local AWS takes any")
        await press(page, "Set credentials")
        await expect(page.get_by_text("set (version 1)")).to_be_visible()


async def test_a_person_connects_pushes_promotes_rolls_back_and_tears_down(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        page, stage = await at.opened(), at.stage
        await expect(page.get_by_text("Connect your first repository")).to_be_visible()
        await created(at, page)
        await with_credentials(stage, page)
        page, other = [await at.opened(f"/applications/{stage.name}") for _ in range(2)]
        await expect(page.get_by_text("No push has arrived yet")).to_be_visible()

        first = stage.git.head(stage.repository)
        await stage.push(first)
        for looker in (page, other):
            moving = card(looker, "development").get_by_role("status")
            await expect(moving.get_by_role("progressbar")).to_be_visible(timeout=LONG)
        for looker in (page, other):
            await runs(looker, "development", first)

        second = stage.commit({"function/version.mjs": "export const version = 2;\n"}, "Say 2")
        await stage.push(second)
        await runs(page, "development", second)
        await press(card(page, "development"), "Promote to staging")
        await answer(page, "Promote")
        await runs(other, "staging", second)

        await press(card(page, "development"), "Roll back")
        await page.get_by_role("dialog").get_by_role("radio").first.click()
        await answer(page, "Roll back")
        await runs(other, "development", first)

        await torn_down(page, other)


async def torn_down(page: Page, other: Page) -> None:
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Name of the environment", exact=True)
    await asked_by_keys(page, name)
    await name.fill("production")
    await press(dialog, "Tear down")
    await expect(dialog.get_by_role("alert")).to_contain_text("staging")
    await name.fill("staging")
    await answer(page, "Tear down")
    await expect(card(other, "staging").get_by_text("Nothing runs here.")).to_be_visible(
        timeout=LONG
    )


async def asked_by_keys(page: Page, field: Locator) -> None:
    """Leave the dialog and come again: it takes the keys from the menu, and gives them back."""
    more = card(page, "staging").get_by_role("button", name="More for staging", exact=True)
    for again in (False, True):
        await more.click()
        await page.get_by_role("menuitem", name="Tear down").click()
        await expect(page.get_by_role("menu")).to_have_count(0)
        await expect(field).to_be_focused()
        if not again:
            await page.keyboard.press("Escape")
            await expect(more).to_be_focused()


async def test_a_deployment_shows_its_log_and_why_it_failed(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        first = await stage.connect(DEMO)
        history = f"/applications/{stage.name}/development/deployments"
        page = await at.opened(f"{history}/99")
        await expect(page.get_by_text("has no deployment #99")).to_be_visible()
        await stage.push(first)
        await page.goto(f"{history}/1")
        await expect(page.get_by_role("log")).to_contain_text("npm ci")
        await expect(page.get_by_test_id("state")).to_have_text("succeeded")
        await expect(page.get_by_test_id("log-state")).to_have_text("complete")

        broken = stage.commit({"template.yaml": "Resources: 1\n"}, "Break it")
        await stage.push(broken)
        await page.goto(f"/applications/{stage.name}")
        await card(page, "development").get_by_role("link", name="See why").click()
        await expect(page.get_by_role("alert")).to_contain_text("whoever writes the application")


async def test_a_page_says_what_is_stale_and_goes_on_by_itself(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        first = await stage.connect(DEMO)
        page = await at.opened(f"/applications/{stage.name}")
        await expect(card(page, "development")).to_be_visible()

        await killed(stage, "dashboard", page.get_by_text("The dashboard does not answer."))
        anew = page.get_by_text("It goes on by itself when that is mended.")
        await killed(stage, "projections", anew)  # the new dashboard may have read nothing yet
        await killed(stage, "bus", page.get_by_text("What you see was read at"))

        await stage.push(first)
        await runs(page, "development", first)


async def killed(stage: Stage, part: str, said: Locator) -> None:
    """Kill a part once: the page says so, and then is well again by itself."""
    looking = asyncio.create_task(said.wait_for())
    pid = stage.up.pid_of(part)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await looking
    await expect(said).to_be_hidden(timeout=LONG)


async def test_whoever_is_signed_out_is_shown_out_and_decides_nothing(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        await stage.connect(DEMO)
        made = await stage.api.make_token("ana", Role.DEVELOPER)
        page = await Seen(stage, at.browser, made.token).opened(f"/applications/{stage.name}")
        await press(card(page, "development"), "Deploy")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await stage.api.revoke_token(made.id)
        await press(page.get_by_role("dialog"), "Deploy")
        await page.wait_for_url(re.compile("/sign-in"))

        asked = await stage.api.deployments(stage.id_of("development"))
        assert not [view for view in asked if view.trigger is Trigger.PERSON]


async def test_a_developer_sets_what_a_viewer_only_sees(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        await stage.connect(DEMO)
        page = await at.opened(f"/applications/{stage.name}/staging/settings")
        await page.get_by_label("Branch", exact=True).fill("main")
        await page.get_by_text("Deploy each push to the branch").click()
        await press(page, "Save")
        await expect(page.get_by_text("Settings saved")).to_be_visible()
        await set_named(page, "Value", "GREETING", value="Hello\nyou")
        await refused_and_kept(page)
        await set_named(page, "New value", "API_KEY", value="a key\nnobody sees")
        await expect(page.get_by_text("version 1", exact=True)).to_be_visible()

        staging = await stage.environment("staging")
        assert (staging.settings.branch, staging.settings.automatic) == ("main", True)
        assert (staging.settings.tests, staging.variables) == (False, {"GREETING": "Hello\nyou"})
        assert staging.secrets == {"API_KEY": 1}

        made = await stage.api.make_token("vera", Role.VIEWER)
        vera = Seen(stage, at.browser, made.token)
        page = await vera.opened(f"/applications/{stage.name}/staging/settings")
        await expect(page.get_by_text("GREETING")).to_be_visible()
        await expect(page.get_by_role("button", name="Save")).to_have_count(0)
        assert "nobody sees" not in await page.content()
        await page.goto(f"/applications/{stage.name}")
        await expect(card(page, "staging").get_by_text("deploys pushes to main")).to_be_visible()
        await expect(page.get_by_role("button", name="Deploy")).to_have_count(0)


async def set_named(page: Page, field: str, name: str, *, value: str) -> None:
    form = page.locator("form").filter(has=page.get_by_label(field, exact=True))
    await form.get_by_label("Name", exact=True).fill(name)
    await form.get_by_label(field, exact=True).fill(value)
    await press(form, "Set")
    await expect(page.get_by_text(name, exact=True)).to_be_visible()


async def refused_and_kept(page: Page) -> None:
    """What was typed stands there still, to be mended; and nobody who looks on can read it."""
    form = page.locator("form").filter(has=page.get_by_label("New value", exact=True))
    value = form.get_by_label("New value", exact=True)
    await form.get_by_label("Name", exact=True).fill("4 IT")
    await value.fill("a key\nnobody sees")
    await press(form, "Set")
    await expect(page.get_by_role("alert")).to_contain_text("name")
    await expect(value).to_have_value("a key\nnobody sees")
    await expect(value).to_have_css("-webkit-text-security", "disc")


Scheme = Literal["light", "dark"]
LOOKS: list[tuple[int, Scheme]] = [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")]
ACROSS = "[document.documentElement.scrollWidth, innerWidth]"
Pages = dict[str, str]
"""By address, the words by which a page is known to be there."""

SIGN_IN = "/sign-in"
"""The door's own page, which no Reflex colours."""

LONGEST = "s" * 40
"""As a name of an application or environment may be; a repository's may be longer."""

EMPTY: Pages = {
    "/": "Connect your first repository",
    "/new-application": "Create application",
    "/applications/none": "none",
    "/nowhere": "There is no such page",
    SIGN_IN: "Your token",
}
CONNECTED: Pages = {
    "/": "shop",
    "/applications/shop": "No push has arrived yet",
    "/applications/shop/development/deployments/99": "has no deployment #99",
    "/applications/shop/settings": "Add environment",
    "/applications/shop/staging/settings": "Save rules",
}
FULL: Pages = {
    "/": "shop",
    "/new-application": "Create application",
    "/applications/shop": "it comes from a fork",
    "/applications/shop/settings": "Switch off",
    "/applications/shop/staging/deployments/1": "Override freeze",
    "/applications/shop/staging/settings": "Set credentials",
    "/applications/shop/development/deployments/1": "succeeded",
    "/applications/shop/development/deployments/2": "whoever writes the application",
    "/applications/shop/development/settings": "A_VARIABLE_WITH_A_LONG_NAME",
    f"/applications/{LONGEST}": f"Promote to {LONGEST}",
    f"/applications/{LONGEST}/settings": LONGEST,
}


async def test_every_page_fits_every_screen_and_breaks_nothing(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        await fits(at, EMPTY)
        first = await stage.connect(DEMO)
        await fits(at, CONNECTED)
        await filled(stage, first)
        await fits(at, FULL)


async def filled(stage: Stage, first: str) -> None:
    """Deployments that succeeded, failed and wait, and words that are too long to break."""
    for name in ("GREETING", "A_VARIABLE_WITH_A_LONG_NAME_" + "X" * 60):
        await stage.api.set_variable(stage.at("development"), name, "v" * 300)
    await stage.push(first)
    await stage.follow(await stage.pushed("development", first))
    broken = stage.commit({"template.yaml": "Resources: 1\n"}, "Break " + "it" * 200)
    await stage.push(broken)
    await stage.follow(await stage.pushed("development", broken))
    await ruled(stage)
    long = await stage.api.create_application(LONGEST, stage.git.url("acme/" + "r" * 100))
    await stage.api.add_environment(long.application_id, {"name": LONGEST})


async def ruled(stage: Stage) -> None:
    """Make something wait for people and a freeze, and follow pull requests; one is foreign."""
    development, long = stage.at("development"), "a-person-with-a-long-name-" + "x" * 36
    people = (f"person:{long}", f"person:{long}y")
    always = Window(kind=WindowKind.DENY, opens="* * * * *", minutes=60)
    rules = SettingsChange(approvals=Approvals(needed=2, people=people), windows=(always,))
    await stage.api.configure(stage.at("staging"), rules)
    await stage.api.promote(stage.at("staging"), development.environment_id)
    rule = PullRequestRule(template=development.environment_id)
    await stage.api.follow_pull_requests(development.application_id, rule)
    await say(stage, "opened", stage.before, branch="b" * 90, head={"fork": True})


async def fits(at: Seen, pages: Pages) -> None:
    """Open each page in each look: nothing is wider than the screen, nothing is complained of."""
    signed_in = await (await at.opened()).context.storage_state()
    wrong = list[str]()
    for width, scheme in LOOKS:
        context = await at.browser.new_context(
            base_url=at.stage.up.url,
            storage_state=signed_in,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
        )
        page = await context.new_page()
        complaints(page, wrong)
        for path, words in pages.items():
            await page.goto(path)
            await expect(page.get_by_text(words).filter(visible=True).first).to_be_visible()
            if path != SIGN_IN:
                await expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))
            across, fitting = await page.evaluate(ACROSS)
            wrong += [f"{path} is {across} wide of {fitting}, {scheme}"] * (across > fitting)
        await context.close()
    assert not wrong


def complaints(page: Page, wrong: list[str]) -> None:
    """Write down what goes wrong in a page; that there is none at an address is no fault of it."""

    def heard(said: ConsoleMessage) -> None:
        itself = said.location["url"] == page.url and "404" in said.text
        if said.type == "error" and not itself:
            wrong.append(f"{page.url}: {said.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
