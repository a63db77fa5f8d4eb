"""Tokens open the door, are shown once, and end when they are revoked."""

import sqlite3
from pathlib import Path

import pytest

from services.chassis.identity import Identities
from services.ingest.adapters.directory import Directory, DirectoryInUse, DirectoryUnusable
from services.ingest.adapters.tokens import Tokens
from services.ingest.app import bootstrap, make_token
from tests.support.ingest import RunningIngest, ingest_settings
from trellis_contracts.rights import HEADER, Role

TOKENS = "/api/v1/tokens"


async def _made(ingest: RunningIngest, name: str, **fields: str) -> dict[str, str]:
    answer = await ingest.client.post(
        TOKENS, json={"name": name, **fields}, headers=ingest.as_a(Role.ADMIN)
    )
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def _asks(ingest: RunningIngest, authorization: str) -> tuple[int, str | None]:
    answer = await ingest.client.get("/identity", headers={"Authorization": authorization})
    return answer.status_code, answer.headers.get(HEADER)


async def test_a_token_becomes_an_identity_that_every_service_verifies(
    ingest: RunningIngest,
) -> None:
    made = await _made(ingest, "ana-laptop", role="developer", actor="person:ana")

    status, signed = await _asks(ingest, f"Bearer {made['token']}")

    assert status == 200
    assert signed
    identity = Identities(ingest.settings.identity_public_key).verify(signed)
    assert (identity.actor, identity.role) == ("person:ana", Role.DEVELOPER)


async def test_a_token_without_an_actor_is_its_name(ingest: RunningIngest) -> None:
    assert (await _made(ingest, "ana"))["actor"] == "person:ana"


async def test_a_deployers_token_acts_as_a_robot_and_keeps_its_limits(
    ingest: RunningIngest,
) -> None:
    application = await ingest.an_application()
    here, other = (application.environments[name] for name in ("development", "staging"))
    answer = await ingest.client.post(
        TOKENS,
        json={"name": "ci", "role": "deployer", "only": [str(here)]},
        headers=ingest.as_a(Role.ADMIN),
    )
    made = answer.json()
    assert (answer.status_code, made["actor"], made["only"]) == (201, "robot:ci", [str(here)])

    _, signed = await _asks(ingest, f"Bearer {made['token']}")
    assert signed
    identity = Identities(ingest.settings.identity_public_key).verify(signed)
    assert identity.only == (here,)
    url = f"/api/v1/applications/{application.id}/environments"
    answers = [
        await ingest.client.post(f"{url}/{one}/redeploy", headers={HEADER: signed})
        for one in (here, other)
    ]
    assert [one.status_code for one in answers] == [202, 403]
    assert "limited to other places" in answers[1].json()["detail"]


async def test_an_administrator_is_not_limited(ingest: RunningIngest) -> None:
    limited = {"name": "x", "role": "admin", "only": ["018f0000-0000-7000-8000-000000000001"]}
    answer = await ingest.client.post(TOKENS, json=limited, headers=ingest.as_a(Role.ADMIN))
    assert answer.status_code == 422


async def test_tokens_of_the_directory_before_limits_are_not_limited(tmp_path: Path) -> None:
    file = tmp_path / "directory.sqlite"
    before = sqlite3.connect(file)
    before.executescript(
        "CREATE TABLE tokens (id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, prefix TEXT NOT NULL,"
        " name TEXT NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL, created_at TEXT NOT NULL,"
        " used_at TEXT, revoked_at TEXT) STRICT;"
        "INSERT INTO tokens VALUES ('018f0000-0000-7000-8000-000000000001', x'00', 'trellis_x',"
        " 'ana', 'person:ana', 'admin', '2026-03-01T12:00:00Z', NULL, NULL);"
        "PRAGMA user_version = 1;"
    )
    before.close()
    directory = Directory(f"sqlite://{file}")
    await directory.open()
    (token,) = await Tokens(directory).every()
    await directory.close()

    assert (token.actor, token.only) == ("person:ana", ())


@pytest.mark.parametrize("actor", ["service:orchestrator", "forge:ana", "person:", "person:a\nb"])
async def test_nobody_gets_a_token_to_speak_as_a_service(ingest: RunningIngest, actor: str) -> None:
    answer = await ingest.client.post(
        TOKENS, json={"name": "x", "actor": actor}, headers=ingest.as_a(Role.ADMIN)
    )
    assert answer.status_code == 422


async def test_a_revoked_token_opens_nothing_and_its_name_is_free(ingest: RunningIngest) -> None:
    made = await _made(ingest, "ana")
    url = f"{TOKENS}/{made['id']}"
    taken = await ingest.client.post(TOKENS, json={"name": "ana"}, headers=ingest.as_a(Role.ADMIN))
    first = await ingest.client.delete(url, headers=ingest.as_a(Role.ADMIN))
    again = await ingest.client.delete(url, headers=ingest.as_a(Role.ADMIN))

    assert (taken.status_code, first.status_code, again.status_code) == (409, 204, 204)
    assert await _asks(ingest, f"Bearer {made['token']}") == (401, None)
    assert (await _made(ingest, "ana"))["token"] != made["token"]


async def test_the_last_administrators_token_cannot_be_revoked(ingest: RunningIngest) -> None:
    only = await _made(ingest, "only", role="admin")
    kept = await ingest.client.delete(f"{TOKENS}/{only['id']}", headers=ingest.as_a(Role.ADMIN))
    await _made(ingest, "another", role="admin")
    gone = await ingest.client.delete(f"{TOKENS}/{only['id']}", headers=ingest.as_a(Role.ADMIN))

    assert (kept.status_code, gone.status_code) == (409, 204)
    assert "another" in kept.json()["remedy"].lower()


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer trellis_" + "A" * 43,
        "Bearer trellis_" + "A" * 9999, "Bearer a b", "Bearer ' OR 1=1 --",
    ],
)  # fmt: skip
async def test_no_other_text_opens_the_door(ingest: RunningIngest, authorization: str) -> None:
    assert await _asks(ingest, authorization) == (401, None)


async def test_guessing_is_slowed_down_and_a_good_token_still_opens(
    ingest: RunningIngest,
) -> None:
    made = await _made(ingest, "ana")
    statuses = [(await _asks(ingest, f"Bearer trellis_{number:043}"))[0] for number in range(1000)]

    assert statuses[:30] == [401] * 30
    assert set(statuses[31:]) <= {401, 429}
    assert statuses.count(401) < 50
    assert (await _asks(ingest, f"Bearer {made['token']}"))[0] == 200


async def test_the_list_says_everything_but_the_values(ingest: RunningIngest) -> None:
    made = await _made(ingest, "ana")
    await _asks(ingest, f"Bearer {made['token']}")

    answer = await ingest.client.get(TOKENS, headers=ingest.as_a(Role.ADMIN))

    (listed,) = answer.json()
    assert (listed["name"], listed["prefix"]) == ("ana", made["token"][:14])
    assert listed["used_at"]
    assert made["token"][14:] not in answer.text
    assert made["token"].encode() not in b"".join(
        file.read_bytes() for file in ingest.settings.data.rglob("*") if file.is_file()
    )


async def test_the_first_start_makes_one_administrator_and_no_second(
    tmp_path: Path, nats_url: str
) -> None:
    settings = ingest_settings(tmp_path, nats_url)

    first = await bootstrap(settings, actor="person:ana")

    assert first
    assert first.get_secret_value().startswith("trellis_")
    assert await bootstrap(settings, actor="person:ana") is None
    lost = await make_token(settings, "again", actor="person:ana", role=Role.ADMIN)
    assert lost.get_secret_value() != first.get_secret_value()


async def test_a_second_process_is_told_to_ask_the_first(ingest: RunningIngest) -> None:
    with pytest.raises(DirectoryInUse, match="trellis token"):
        await bootstrap(ingest.settings, actor="person:ana")


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "sqlite:relative", "sqlite://host/x", ""])
def test_a_directory_without_an_adapter_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DirectoryUnusable, match="sqlite:///absolute") as refused:
        Directory(url)
    assert "u:p" not in str(refused.value)


async def test_a_directory_of_a_newer_release_or_of_something_else_is_left_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 2000)
    directory = Directory(f"sqlite://{tmp_path}/newer")
    await directory.open()
    await directory.ask(lambda db: db.execute("PRAGMA user_version = 99"))
    await directory.close()

    for name in ("junk", "newer"):
        with pytest.raises(DirectoryUnusable):
            await Directory(f"sqlite://{tmp_path}/{name}").open()
    assert (tmp_path / "junk").read_bytes() == b"junk" * 2000
