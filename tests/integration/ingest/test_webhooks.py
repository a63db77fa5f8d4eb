"""The webhook door on a real bus: what is signed right is kept, nothing else leaves a trace."""

import asyncio
from pathlib import Path

import httpx
import pytest

from services.chassis.bus_server import BusServer
from tests.support.actors.github import ZEROS, Json, body_of
from tests.support.inbox import kept_in_inbox
from tests.support.ingest import ConnectedApplication, RunningIngest, running_ingest
from tests.support.nats import kill_nats, running_nats
from trellis_contracts.pushes import BranchDeleted, DeliveryIgnored, Ignorance, PushReceived

GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"


async def _deliver(
    ingest: RunningIngest, application: ConnectedApplication, payload: Json
) -> httpx.Response:
    body = body_of(payload)
    headers = application.github.headers(body, delivery=GUID)
    return await ingest.client.post(application.hook, content=body, headers=headers)


async def test_a_push_is_kept_before_it_is_answered(ingest: RunningIngest, nats_url: str) -> None:
    application = await ingest.an_application()

    answer = await _deliver(ingest, application, application.github.push("feature/a/b"))

    assert answer.status_code == 202
    assert answer.json() == {
        "delivery": GUID,
        "understood": "PushReceived",
        "branch": "feature/a/b",
    }
    (kept,) = await kept_in_inbox(nats_url)
    assert isinstance(kept, PushReceived)
    assert (kept.delivery, kept.repository, kept.after) == (GUID, "acme/orders", "b" * 40)
    assert (kept.pusher, kept.commits[0].author) == ("ana-login", "ana-login")
    assert "private.example" not in kept.model_dump_json()
    assert "Realname" not in kept.model_dump_json()


async def test_deletions_tags_pings_and_other_events_are_kept_with_their_meaning(
    ingest: RunningIngest, nats_url: str
) -> None:
    application = await ingest.an_application()
    github = application.github
    deliveries: list[tuple[str, Json]] = [
        ("push", github.deletion("old")),
        ("push", github.tag()),
        ("ping", github.ping()),
        ("projects_v2_item", {"action": "created"}),
    ]
    for event, payload in deliveries:
        body = body_of(payload)
        headers = github.headers(body, event)
        answer = await ingest.client.post(application.hook, content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    deleted, *ignored = await kept_in_inbox(nats_url)
    assert isinstance(deleted, BranchDeleted)
    assert deleted.branch == "old"
    assert [found.reason for found in ignored if isinstance(found, DeliveryIgnored)] == [
        Ignorance.TAG,
        Ignorance.PING,
        Ignorance.EVENT_NOT_USED,
    ]


async def test_a_replay_is_answered_alike_and_kept_once(
    ingest: RunningIngest, nats_url: str
) -> None:
    application = await ingest.an_application()
    push = application.github.push()

    first = await _deliver(ingest, application, push)
    again = await _deliver(ingest, application, push)

    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert len(await kept_in_inbox(nats_url)) == 1


async def _forgeries(application: ConnectedApplication, body: bytes) -> list[list[tuple[str, str]]]:
    name = "X-Hub-Signature-256"
    good = application.github.signature(body)
    texts = [
        "", "sha256=", "sha1=" + good[7:47], good[:-1], good + "0", good.upper(), good[7:],
        "SHA256=" + good[7:], "sha256=" + "0" * 64, "sha256=" + "é" * 32, f"{good},{good}",
        application.github.signature(body, secret="another hook's"),
        application.github.signature(body + b" "),
    ]  # fmt: skip
    return [[], [(name, good), (name, good)], *([(name, text)] for text in texts)]


async def test_no_forged_signature_gets_in_and_none_breaks_the_door(
    ingest: RunningIngest, nats_url: str
) -> None:
    application = await ingest.an_application()
    body = body_of(application.github.push())
    right = application.github.headers(body)
    del right["X-Hub-Signature-256"]
    answers = set()
    for forged in await _forgeries(application, body):
        headers = [(name.encode(), value.encode()) for name, value in [*right.items(), *forged]]
        answer = await ingest.client.post(application.hook, content=body, headers=headers)
        answers.add((answer.status_code, answer.text))

    assert {status for status, _ in answers} == {401}
    assert len(answers) == 1
    assert await kept_in_inbox(nats_url) == []


async def test_an_unknown_hook_is_answered_like_a_wrong_signature(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    body = body_of(application.github.push())
    headers = application.github.headers(body)
    unknown = await ingest.client.post(f"{application.hook}0", content=body, headers=headers)
    wrong = await ingest.client.post(application.hook, content=body + b" ", headers=headers)

    assert (unknown.status_code, unknown.text) == (401, wrong.text)
    assert unknown.headers == wrong.headers


async def test_a_hook_speaks_of_its_own_repository_alone(
    ingest: RunningIngest, nats_url: str
) -> None:
    application = await ingest.an_application()
    await ingest.an_application(name="pay", repository="https://github.com/Acme/payroll")
    other = application.github.push(repository={"full_name": "acme/payroll"})
    unknown = application.github.push(repository={"full_name": "acme/nobody-connected-it"})

    answer = await _deliver(ingest, application, other)

    assert answer.status_code == 403
    assert await kept_in_inbox(nats_url) == []
    assert (await _deliver(ingest, application, unknown)).status_code == 202
    (ignored,) = await kept_in_inbox(nats_url)
    assert isinstance(ignored, DeliveryIgnored)
    assert ignored.reason is Ignorance.NO_APPLICATION


async def test_a_rotated_hook_takes_its_new_secret_alone(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    old = await _deliver(ingest, application, application.github.push())
    rotated = await ingest.client.post(
        f"/api/v1/applications/{application.id}/hook", headers=ingest.as_a_developer()
    )

    refused = await _deliver(ingest, application, application.github.push())
    application.github.secret = rotated.json()["secret"]
    taken = await _deliver(ingest, application, application.github.push())

    assert rotated.json()["url"].endswith(application.hook)
    assert [found.status_code for found in (old, refused, taken)] == [202, 401, 202]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"a":' + b"9" * 5000 + b"}", 400),
        (b'{"ref":"\\ud800"}', 400),
        (b'{"ref":"\xff"}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"push"', 422),
        (b"{}", 422),
        (b'{"ref":1,"ref":2}', 422),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(200_000)) + b"}", 422),
    ],
)
async def test_junk_that_is_signed_is_refused_and_not_kept(
    ingest: RunningIngest, nats_url: str, *, body: bytes, status: int
) -> None:
    application = await ingest.an_application()
    headers = application.github.headers(body)

    answer = await ingest.client.post(application.hook, content=body, headers=headers)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert await kept_in_inbox(nats_url) == []


@pytest.mark.parametrize(
    "branch", ["-x", "--upload-pack=touch x", "..", "a..b", "a b", "x.lock", "HEAD", ""]
)
async def test_a_ref_that_git_could_take_for_an_option_is_refused(
    ingest: RunningIngest, branch: str
) -> None:
    application = await ingest.an_application()
    answer = await _deliver(ingest, application, application.github.push(branch))

    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("X-GitHub-Delivery", "../../etc", 400),
        ("X-GitHub-Delivery", "", 400),
        ("X-GitHub-Event", "push\u00e9", 400),
        ("X-GitHub-Event", "x" * 65, 400),
        ("Content-Type", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_headers_that_github_does_not_send_are_refused(
    ingest: RunningIngest, *, header: str, value: str, status: int
) -> None:
    application = await ingest.an_application()
    body = body_of(application.github.push())
    headers = {**application.github.headers(body), header: value}

    answer = await ingest.client.post(
        application.hook,
        content=body,
        headers=[(name.encode(), text.encode()) for name, text in headers.items()],
    )

    assert answer.status_code == status


async def test_a_push_of_thousands_of_commits_is_cut_and_fits(
    ingest: RunningIngest, nats_url: str
) -> None:
    application = await ingest.an_application()
    push = application.github.push(commits=400)
    for commit in push["commits"]:  # type: ignore[attr-defined]  # a payload is what it is
        commit["message"] = "\x01" * 5000

    answer = await _deliver(ingest, application, push)

    assert answer.status_code == 202
    (kept,) = await kept_in_inbox(nats_url)
    assert isinstance(kept, PushReceived)
    assert kept.commits_cut
    assert kept.commits[-1].sha == f"{399:040x}"
    assert len(kept.model_dump_json()) < 512 * 1024


async def test_a_new_branch_without_commits_is_a_push(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    push = application.github.push(before=ZEROS, commits=0, sender=None)

    assert (await _deliver(ingest, application, push)).status_code == 202


async def test_a_flood_of_one_hook_is_slowed_and_what_was_taken_is_kept(
    tmp_path: Path, nats_url: str
) -> None:
    async with running_ingest(tmp_path, nats_url, webhooks_per_second=2) as ingest:
        application = await ingest.an_application()
        body = body_of(application.github.push())
        answers = await asyncio.gather(
            *(
                ingest.client.post(
                    application.hook, content=body, headers=application.github.headers(body)
                )
                for _ in range(30)
            )
        )

    taken = [found for found in answers if found.status_code == 202]
    slowed = [found for found in answers if found.status_code == 429]
    assert 10 <= len(taken) < 20
    assert len(taken) + len(slowed) == 30
    assert all(int(found.headers["Retry-After"]) >= 1 for found in slowed)
    assert len(await kept_in_inbox(nats_url)) == len(taken)


async def test_a_flood_of_forgeries_is_slowed_and_the_true_one_gets_through(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application()
    forged = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    statuses = [
        (await ingest.client.post(application.hook, headers=forged)).status_code for _ in range(40)
    ]

    true = await _deliver(ingest, application, application.github.push())

    assert (statuses[0], statuses[-1], true.status_code) == (401, 429, 202)


async def test_no_orchestrator_is_needed_to_take_a_push(tmp_path: Path, nats_url: str) -> None:
    async with running_ingest(tmp_path, nats_url) as ingest:
        application = await ingest.an_application()
        await ingest.orchestrator.stop()

        answer = await _deliver(ingest, application, application.github.push())

    assert answer.status_code == 202


async def test_without_a_bus_a_push_is_not_taken_and_later_it_is(tmp_path: Path) -> None:
    async with running_nats(tmp_path / "nats") as server:
        async with running_ingest(tmp_path, server.url) as ingest:
            application = await ingest.an_application()
            await kill_nats(server)

            async with asyncio.timeout(7):
                refused = await _deliver(ingest, application, application.github.push())
            await server.start()
            taken = await _until_taken(ingest, application)

        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert taken.status_code == 202
        await _still_there_after_a_crash(server)


async def _until_taken(ingest: RunningIngest, application: ConnectedApplication) -> httpx.Response:
    async with asyncio.timeout(20):
        while True:
            answer = await _deliver(ingest, application, application.github.push())
            if answer.status_code != 503:
                return answer


async def _still_there_after_a_crash(server: BusServer) -> None:
    await kill_nats(server)
    await server.start()
    assert len(await kept_in_inbox(server.url)) == 1
