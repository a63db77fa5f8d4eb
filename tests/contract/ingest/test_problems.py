"""Every error says what to do, and none says what it was sent or what lies inside."""

import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi.openapi.models import OpenAPI

from services.ingest.domain.addresses import environment_ids
from tests.support.ingest import RunningIngest, running_ingest
from trellis_contracts.asking import RefusalCode
from trellis_contracts.rights import Role

CANARY = "canary-0f1e2d3c4b5a-canary"
ANY_ID = "018f0000-0000-7000-8000-000000000001"


def _is_a_problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert problem["status"] == status
    assert all(problem[field] for field in ("type", "title", "detail", "remedy"))
    return problem


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"name": "Orders", "repository": "https://github.com/a/b"}, "body.name"),
        ({"name": "o", "repository": "https://u:p@github.com/a/b"}, "body.repository"),
        ({"name": "o", "repository": "file:///etc/passwd"}, "body.repository"),
        ({"name": "o", "repository": "https://github.com/a/b", "x": 1}, "body.x"),
        ({"name": "o", "repository": "https://github.com/a/b", "folder": ".."}, None),
        ({"name": "o"}, "body.repository"),
        ({"name": ["o"], "repository": {}}, "body.name"),
    ],
)
async def test_a_wrong_field_is_named(
    ingest: RunningIngest, body: dict[str, object], where: str | None
) -> None:
    answer = await ingest.client.post(
        "/api/v1/applications", json=body, headers=ingest.as_a(Role.DEVELOPER)
    )

    if where:
        errors = _is_a_problem(answer, 422)["errors"]
        assert isinstance(errors, list)
        assert where in {error["where"] for error in errors}


async def test_a_repository_of_another_origin_is_refused_with_the_remedy(
    ingest: RunningIngest,
) -> None:
    answer = await ingest.client.post(
        "/api/v1/applications",
        json={"name": "o", "repository": "http://169.254.169.254/latest/meta-data"},
        headers=ingest.as_a(Role.DEVELOPER),
    )

    assert "TRELLIS_GIT_ORIGINS" in str(_is_a_problem(answer, 422)["remedy"])
    assert ingest.orchestrator.asked == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nothing", 404),
        ("/nothing", 404),
        ("/api/v1/applications/../../etc/passwd/hook", 404),
        ("/api/v1/applications/x/hook", 422),
        ("/api/v1/applications/%2e%2e%2fetc/hook", 404),
        ("/api/v1/applications/%00/hook", 422),
    ],
)
async def test_an_address_that_leads_nowhere_is_a_problem(
    ingest: RunningIngest, path: str, status: int
) -> None:
    answer = await ingest.client.post(path, headers=ingest.as_a(Role.ADMIN))
    _is_a_problem(answer, status)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 50_000, b'{"name": NaN}', b""])
async def test_a_body_that_cannot_be_read_is_a_problem(
    ingest: RunningIngest, content: bytes
) -> None:
    headers = {**ingest.as_a(Role.DEVELOPER), "Content-Type": "application/json"}
    answer = await ingest.client.post("/api/v1/applications", content=content, headers=headers)

    assert answer.status_code in {400, 422}
    _is_a_problem(answer, answer.status_code)


async def test_a_body_that_is_too_large_is_refused_before_it_is_kept(
    ingest: RunningIngest,
) -> None:
    headers = ingest.as_a(Role.DEVELOPER)
    answer = await ingest.client.post(
        "/api/v1/applications", json={"name": "x" * 300_000}, headers=headers
    )
    _is_a_problem(answer, 413)

    async def undeclared() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 100_000

    chunked = await ingest.client.post(
        "/api/v1/applications", content=undeclared(), headers=headers
    )
    _is_a_problem(chunked, 413)


async def test_a_commit_and_a_branch_at_once_are_refused(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    answer = await ingest.client.post(
        f"{application.at()}/deployments",
        json={"commit": "c" * 40, "branch": "main"},
        headers=ingest.as_a(Role.DEVELOPER),
    )
    assert "not both" in str(_is_a_problem(answer, 422)["errors"])


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("secrets/S", {"value": "long enough"}),
        ("credentials", {"access_key_id": "AKIA0", "secret_access_key": "long enough"}),
    ],
)
async def test_nothing_is_sealed_that_would_be_refused(
    ingest: RunningIngest, what: str, body: dict[str, object]
) -> None:
    application = UUID(ANY_ID)
    environment = environment_ids(application)["staging"]
    before = Path(ingest.settings.data / "secrets.encrypted").read_bytes()
    ingest.orchestrator.refuses_with = RefusalCode.UNKNOWN, "environment-unknown"
    answer = await ingest.client.put(
        f"/api/v1/applications/{application}/environments/{environment}/{what}",
        json=body,
        headers=ingest.as_a(Role.DEVELOPER),
    )

    _is_a_problem(answer, 404)
    assert Path(ingest.settings.data / "secrets.encrypted").read_bytes() == before


async def test_an_idempotency_key_that_is_none_is_refused(ingest: RunningIngest) -> None:
    headers = {**ingest.as_a(Role.ADMIN), "Idempotency-Key": "one"}
    answer = await ingest.client.post(
        "/api/v1/cloud-resets", json={"instance": "i"}, headers=headers
    )
    assert _is_a_problem(answer, 422)["errors"]


async def test_no_orchestrator_is_a_503_that_can_be_repeated(tmp_path: Path, nats_url: str) -> None:
    async with running_ingest(tmp_path, nats_url, orchestrated=False) as ingest:
        key = {"Idempotency-Key": ANY_ID}
        answer = await ingest.client.post(
            "/api/v1/cloud-resets",
            json={"instance": "i"},
            headers={**ingest.as_a(Role.ADMIN), **key},
        )

    _is_a_problem(answer, 503)
    assert answer.headers["Idempotency-Key"] == ANY_ID
    assert answer.headers["Retry-After"]


async def test_our_own_failure_is_a_problem_that_shows_nothing_of_the_inside(
    ingest: RunningIngest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("services.ingest.adapters.tokens.Tokens.every", fail)
    answer = await ingest.client.get("/api/v1/tokens", headers=ingest.as_a(Role.ADMIN))

    _is_a_problem(answer, 500)
    assert CANARY not in answer.text


async def test_a_short_secret_is_refused_and_told_why(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    answer = await ingest.client.put(
        f"{application.at()}/secrets/PIN",
        json={"value": "1234567"},
        headers=ingest.as_a(Role.DEVELOPER),
    )

    assert "cannot be masked" in str(_is_a_problem(answer, 422)["errors"])
    assert "1234567" not in answer.text


@pytest.mark.parametrize("name", ["..", "a-b", "%2e%2e%2fx", "a%00", "*", "PROD%2fX", "é"])
async def test_a_name_that_leads_elsewhere_is_no_secret(ingest: RunningIngest, name: str) -> None:
    application = await ingest.an_application()
    answer = await ingest.client.put(
        f"{application.at()}/secrets/{name}",
        json={"value": "long enough"},
        headers=ingest.as_a(Role.DEVELOPER),
    )
    assert answer.status_code in {404, 405, 422}


@pytest.mark.parametrize(
    "text", ["@/etc/passwd", "file:///etc/passwd", "$(id)", "{{7*7}}", "${jndi:ldap://x}"]
)
async def test_no_text_is_expanded(ingest: RunningIngest, text: str) -> None:
    application = await ingest.an_application()
    await ingest.client.put(
        f"{application.at()}/variables/A",
        json={"value": text},
        headers=ingest.as_a(Role.DEVELOPER),
    )
    assert json.loads(ingest.orchestrator.asked[-1].body)["value"] == text


async def test_what_is_secret_is_in_no_answer_no_log_no_command_and_no_file(
    ingest: RunningIngest, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    developer = ingest.as_a(Role.DEVELOPER)
    application = await ingest.an_application(clone_token=CANARY)
    at, keys = application.at(), {"access_key_id": "AKIA0000000000000000"}
    sent = [
        ("PUT", f"{at}/secrets/S", {"value": CANARY}),
        ("PUT", f"{at}/secrets/S", {"value": CANARY, "more": CANARY}),
        ("PUT", f"{at}/secrets/S", {"value": [CANARY]}),
        ("PUT", f"{at}/secrets/S", {"value": CANARY + "\0"}),
        ("PUT", f"{at}/credentials", {**keys, "secret_access_key": CANARY}),
        ("PUT", f"{at}/credentials", {**keys, "secret_access_key": CANARY * 50}),
        ("PUT", f"/api/v1/applications/{application.id}/clone-token", {"token": CANARY}),
        ("PUT", f"/api/v1/applications/{application.id}/clone-token", {"token": CANARY + "\n"}),
    ]
    answers = [
        await ingest.client.request(method, url, json=body, headers=developer)
        for method, url, body in sent
    ]
    admin = ingest.as_a(Role.ADMIN)
    answers += [
        await ingest.client.get(path, headers=admin)
        for path in ("/api/v1/tokens", "/api/openapi.json", "/health/ready", "/metrics")
    ]

    assert [found.status_code for found in answers] == (
        [202, 422, 422, 422, 202, 422, 202, 422] + [200] * 4
    )
    seen = "".join(found.text for found in answers) + caplog.text + "".join(capfd.readouterr())
    seen += "".join(asked.model_dump_json() for asked in ingest.orchestrator.asked)
    hook = application.github.secret
    for secret in (CANARY, hook, ingest.settings.secrets_key.read_text().strip()):
        assert secret not in seen
        for file in ingest.settings.data.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file


async def test_the_description_is_valid_and_every_reference_in_it_leads_somewhere(
    ingest: RunningIngest,
) -> None:
    answer = await ingest.client.get("/api/openapi.json", headers=ingest.as_a(Role.VIEWER))
    document = OpenAPI.model_validate(answer.json())

    assert document.paths
    assert len(document.paths) >= 16
    schemas = answer.json()["components"]["schemas"]
    for referred in re.findall(r'"#/components/schemas/(\w+)"', answer.text):
        assert referred in schemas
    operations = re.findall(r'"operationId":"(\w+)"', answer.text)
    assert len(operations) == len(set(operations)) >= 19
    assert "HTTPValidationError" not in answer.text
