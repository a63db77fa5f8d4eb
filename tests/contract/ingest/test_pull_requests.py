"""Pull requests through the API: how they are followed, and trials of those of forks."""

import httpx

from tests.support.deployments import A
from tests.support.ingest import RunningIngest
from trellis_contracts.pull_requests import FollowPullRequests, PullRequestRule
from trellis_contracts.rights import Role
from trellis_contracts.trials import TryPullRequest


async def put(ingest: RunningIngest, path: str, body: object, *, role: Role) -> httpx.Response:
    send = ingest.client.post if path.endswith("/trial") else ingest.client.put
    return await send(path, json=body, headers=ingest.as_a(role))


async def test_who_may_configure_says_how_they_are_followed(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    path = f"/api/v1/applications/{application.id}/pull-requests"
    template = application.environments["development"]
    sent = {"following": {"template": str(template), "days": 3}}
    rule = PullRequestRule(template=template, days=3)

    assert (await put(ingest, path, sent, role=Role.DEVELOPER)).status_code == 202
    assert ingest.orchestrator.commands[-1] == FollowPullRequests(
        application_id=application.id, following=rule
    )
    assert (await put(ingest, path, {"following": None}, role=Role.DEVELOPER)).status_code == 202
    assert ingest.orchestrator.commands[-1] == FollowPullRequests(
        application_id=application.id, following=None
    )
    for role, body, status in [
        (Role.DEPLOYER, sent, 403),
        (Role.DEVELOPER, {}, 422),
        (Role.DEVELOPER, {"following": {"template": str(template), "days": 0}}, 422),
        (Role.DEVELOPER, {"following": {"template": str(template), "at_once": 51}}, 422),
    ]:
        assert (await put(ingest, path, body, role=role)).status_code == status


async def test_who_may_approve_has_the_commit_of_a_fork_tried(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    path = f"/api/v1/applications/{application.id}/pull-requests/8/trial"

    assert (await put(ingest, path, {"commit": A}, role=Role.DEVELOPER)).status_code == 202
    assert ingest.orchestrator.commands[-1] == TryPullRequest(
        application_id=application.id, number=8, commit=A
    )
    assert (await put(ingest, path, {"commit": A}, role=Role.DEPLOYER)).status_code == 403
    assert (await put(ingest, path, {"commit": A[:7]}, role=Role.DEVELOPER)).status_code == 422
    nobody = path.replace("/8/", "/0/")
    assert (await put(ingest, nobody, {"commit": A}, role=Role.DEVELOPER)).status_code == 422
