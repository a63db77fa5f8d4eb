"""The part of GitHub that the demo plays: it tells a hook, signed, that a branch has moved."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from uuid import uuid4

import httpx

from cli.client.answers import Webhook


class HookRefused(Exception):
    """The hook did not take a delivery."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"The webhook answered {answer.status_code}: {answer.text[:200]}")


async def deliver_push(
    webhook: Webhook,
    *,
    repository: str,
    branch: str,
    before: str,
    after: str,
    delivery: str | None = None,
) -> None:
    """Send the event `push` as GitHub does (docs.github.com, webhook events and payloads).

    A `delivery` that is given is sent again under its id, as GitHub redelivers.

    Raises:
        HookRefused: it was not accepted.
        httpx.TransportError: nobody answered.
    """
    payload = _push(repository, branch, before=before, after=after)
    await deliver(webhook, "push", payload, delivery=delivery)


async def deliver(
    webhook: Webhook, event: str, payload: Mapping[str, object], *, delivery: str | None = None
) -> None:
    """Send an event, signed as GitHub signs it. Raises as `deliver_push`."""
    body = json.dumps(payload).encode()
    signature = hmac.new(webhook.secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": webhook.content_type,
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery or str(uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.post(webhook.url, content=body, headers=headers)
    if answer.status_code != httpx.codes.ACCEPTED:
        raise HookRefused(answer)


def _push(repository: str, branch: str, *, before: str, after: str) -> dict[str, object]:
    return {
        "ref": f"refs/heads/{branch}",
        "before": before,
        "after": after,
        "deleted": False,
        "forced": False,
        "repository": {"full_name": repository},
        "sender": {"login": "ada"},
        "commits": [{"id": after, "message": "", "author": {"username": "ada"}}],
    }
