"""The rules in real browsers, on real parts: people see what waits, and say what goes on."""

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from cli.demo.stage import Stage
from tests.e2e.test_rules import configure, pushed, skipped_for
from tests.support.browsing import Seen, answer, card, press, runs, seen
from tests.support.git import folder_of_files
from tests.support.pull_requests import say
from tests.support.stack import queues
from tests.support.until import until
from trellis_contracts.rights import Role
from trellis_contracts.rules import Approvals, QueuePolicy, SkipReason, Window, WindowKind
from trellis_contracts.sizes import BuildSize

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Playwright's pipes, when a test fails
]
BOARD = "/applications/shop"


async def connected(at: Seen, folder: Path) -> str:
    """A shop whose first commit runs in development; gives the commit."""
    first = await at.stage.connect(folder_of_files(folder / "source", queues("One")))
    await pushed(at.stage, first)
    return first


async def opened_as(at: Seen, name: str, role: Role) -> Page:
    """The board in a browser of somebody else."""
    made = await at.stage.api.make_token(name, role, actor=f"person:{name}")
    return await Seen(at.stage, at.browser, made.token).opened(BOARD)


async def test_what_waits_is_approved_by_somebody_else_and_let_through_a_freeze(
    tmp_path: Path,
) -> None:
    async with seen(tmp_path) as at:
        stage, first = at.stage, await connected(at, tmp_path)
        always = Window(kind=WindowKind.DENY, opens="* * * * *", minutes=60)
        await configure(stage, "staging", approvals=Approvals(needed=1), windows=(always,))
        page, ben = await at.opened(BOARD), await opened_as(at, "ben", Role.DEVELOPER)
        await press(card(page, "development"), "Promote to staging")
        await looked_ahead(page, f"Nothing runs yet: {first[:7]} would be the first commit.")
        await answer(page, "Promote")

        waits = waiting(page)
        await expect(waits).to_contain_text("1 of 1 approvals are missing")
        await refused_to_whoever_asked(page, first)
        await expect(waiting(ben).get_by_role("button", name="Override freeze")).to_have_count(0)
        await press(waiting(ben), "Approve")
        await answer(ben, "Approve")
        await expect(waits).to_contain_text("Approved by ben.")
        await expect(waits.get_by_role("button", name="Approve")).to_have_count(0)
        await press(waits, "Override freeze")
        await page.get_by_role("dialog").get_by_label("Reason").fill("the shop is down")
        await answer(page, "Override freeze")
        await runs(ben, "staging", first)
        await told_afterwards(ben)


async def looked_ahead(page: Page, *said: str) -> None:
    dialog = page.get_by_role("dialog")
    await press(dialog, "What would change?")
    for sentence in said:
        await expect(dialog.get_by_test_id("foreseen")).to_contain_text(sentence)


def waiting(page: Page) -> Locator:
    return card(page, "staging").get_by_role("group", name="Promotion #1 waits")


async def refused_to_whoever_asked(page: Page, commit: str) -> None:
    await press(waiting(page), "Approve")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(commit[:7])
    await press(dialog, "Approve")
    await expect(dialog.get_by_role("alert")).to_contain_text("ask somebody else")
    await press(dialog, "Not now")


async def told_afterwards(page: Page) -> None:
    await page.goto(f"{BOARD}/staging/deployments/1")
    await expect(page.get_by_text("overridden by root: the shop is down")).to_be_visible()
    await page.get_by_text("Why, in full").click()
    await expect(page.get_by_text("person:ben approved it.")).to_be_visible()


async def test_an_approval_is_of_what_was_looked_at(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        await connected(at, tmp_path)
        await configure(stage, "staging", approvals=Approvals(needed=1, own=True))
        await stage.api.promote(stage.at("staging"), stage.id_of("development"))
        page = await at.opened(BOARD)
        await press(card(page, "staging"), "Approve")
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text("Content")).to_be_visible()
        await stage.api.set_variable(stage.at("staging"), "COLOUR", "red")

        await press(dialog, "Approve")

        await expect(dialog.get_by_role("alert")).to_contain_text("look at it again")


async def test_a_rollback_warns_and_holds_pushes_until_somebody_resumes(tmp_path: Path) -> None:
    async with seen(tmp_path) as at:
        stage, first = at.stage, await connected(at, tmp_path)
        bad = stage.commit(queues("One", "Bad"), "A bad one")
        await pushed(stage, bad)
        page = await at.opened(BOARD)
        development = card(page, "development")
        await press(development, "Roll back")
        await expect(page.get_by_role("dialog")).to_contain_text("since does not come back")
        await looked_ahead(page, "(AWS::SQS::Queue) of stack shop-development would be removed")
        await answer(page, "Roll back")
        await runs(page, "development", first)
        held = development.get_by_role("group", name="Pushes to development are held")
        await expect(held).to_contain_text(f"Barred: {bad[:7]}")

        late = stage.commit(queues("One", "Two"), "While it is held")
        await stage.push(late)
        await skipped_for(stage, SkipReason.HELD)
        skipped = development.get_by_role("list", name="Skipped pushes")
        await expect(skipped).to_contain_text(late[:7])
        await expect(skipped).to_contain_text("held since the rollback")

        await press(held, "Resume")
        await answer(page, "Resume")
        await expect(held).to_have_count(0)
        after = stage.commit(queues("One", "Three"), "After it was lifted")
        await stage.push(after)
        await runs(page, "development", after)


async def test_pull_requests_are_shown_apart_with_the_reason_of_those_without(
    tmp_path: Path,
) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        await connected(at, tmp_path)
        page = await at.opened(f"{BOARD}/settings")
        await switched_on(page)
        await page.goto(BOARD)
        apart = page.get_by_role("region", name="Pull requests", exact=True)
        await expect(apart).to_contain_text("like development")

        basket = stage.git.commit(stage.repository, queues("One", "B"), "B", branch="basket")
        await say(stage, "opened", basket, number=8, head={"id": 2, "fork": True})
        await say(stage, "opened", basket, head={})
        await runs(page, "pr-7", basket)
        theirs = card(page, "pr-7")
        await expect(theirs).to_contain_text("pull request #7 · basket")
        await expect(theirs.get_by_role("button", name="Promote")).to_have_count(0)
        without = apart.get_by_role("list", name="Pull requests without an environment")
        await expect(without).to_contain_text("none: it comes from a fork")

        await say(stage, "closed", basket, head={})
        await expect(theirs).to_have_count(0)
        await page.goto(f"{BOARD}/settings")
        await switched_off(page)


async def switched_on(page: Page) -> None:
    await expect(page.get_by_text("They get no environments.")).to_be_visible()
    await page.get_by_label("Days", exact=True).fill("3")
    await press(page, "Save pull requests")
    await expect(page.get_by_text("removed after 3 days")).to_be_visible()


async def switched_off(page: Page) -> None:
    await press(page, "Switch off")
    await answer(page, "Switch off")
    await expect(page.get_by_text("They get no environments.")).to_be_visible()


async def test_rules_are_set_and_what_is_wrong_with_them_is_said_beside_them(
    tmp_path: Path,
) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        await stage.connect(folder_of_files(tmp_path / "source", queues("One")))
        page = await at.opened(f"{BOARD}/staging/settings")
        await ruled(page)
        await sized(page)
        await until(lambda: is_large(stage), within=60, every=0.2)
        now = (await stage.environment("staging")).settings
        assert now.approvals == Approvals(needed=2, people=("person:ana", "person:ben"))
        assert [one.timezone for one in now.windows] == ["Europe/Rome"]
        assert now.checks is not None
        assert (now.checks.names, now.queue) == (("build", "lint"), QueuePolicy.ALL)
        assert now.after_deploy == "npm run smoke"


async def is_large(stage: Stage) -> bool:
    return (await stage.environment("staging")).settings.size is BuildSize.LARGE


async def ruled(page: Page) -> None:
    await page.get_by_label("Approvals", exact=True).fill("2")
    await page.get_by_label("Approvers", exact=True).fill("ana, ben")
    await page.get_by_label("Windows", exact=True).fill("on Fridays")
    await page.get_by_label("Checks", exact=True).fill("build\nlint")
    await press(page, "Save rules")
    await expect(page.get_by_role("alert")).to_contain_text("'on Fridays' is no window")
    await page.get_by_label("Windows", exact=True).fill("deny 0 18 * * fri 62h Europe/Rome")
    await page.get_by_role("combobox", name="While it is busy").click()
    await page.get_by_role("option", name="Every push, in turn").click()
    await press(page, "Save rules")
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.get_by_label("Approvers", exact=True)).to_have_value("person:ana, person:ben")


async def sized(page: Page) -> None:
    await page.get_by_label("After the deploy", exact=True).fill("npm run smoke")
    await page.get_by_role("combobox", name="Size").click()
    await page.get_by_role("option", name="large").click()
    await press(page, "Save runs")


async def test_a_line_is_lengthened_reordered_and_shortened_and_an_application_deleted(
    tmp_path: Path,
) -> None:
    async with seen(tmp_path) as at:
        stage = at.stage
        await connected(at, tmp_path)
        page, board = await at.opened(f"{BOARD}/settings"), await at.opened(BOARD)
        await page.get_by_label("Name", exact=True).first.fill("qa")
        await press(page, "Add environment")
        await expect(card(board, "qa")).to_be_visible()
        await press(page, "Move qa up")
        await expect(card(board, "qa").get_by_role("button")).to_contain_text(
            ["Promote to production", "Deploy", "Roll back", ""]
        )
        assert [one.name for one in (await stage.application()).environments] == [
            "development", "staging", "qa", "production",
        ]  # fmt: skip

        await page.get_by_role("link", name="qa", exact=True).click()
        await renamed_and_made_production(page)
        await removed(page, "Remove environment", "Name of the environment", name="canary")
        await page.wait_for_url(f"**{BOARD}")
        await expect(card(board, "canary")).to_have_count(0)

        await page.goto(f"{BOARD}/settings")
        await removed(page, "Delete application", "Name of the application", name="shop")
        await expect(board.get_by_text("shop was deleted on")).to_be_visible()
        await expect(card(board, "development")).to_have_count(0)


async def renamed_and_made_production(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Settings of qa")).to_be_visible()
    await expect(page.get_by_label("Name", exact=True).last).to_have_value("qa")
    await page.get_by_label("Name", exact=True).last.fill("canary")
    await press(page, "Rename")
    await page.wait_for_url("**/canary/settings")
    await expect(page.get_by_role("heading", name="Settings of canary")).to_be_visible()
    await press(page, "Make it production")
    await answer(page, "Make it production")
    await expect(page.get_by_text("It is a production environment")).to_be_visible()


async def removed(page: Page, button: str, label: str, *, name: str) -> None:
    """Confirm an end by the name, after another one was refused."""
    await press(page, button)
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(label, exact=True).fill("another")
    await press(dialog, button)
    await expect(dialog.get_by_role("alert")).to_contain_text(name)
    await dialog.get_by_label(label, exact=True).fill(name)
    await answer(page, button)
