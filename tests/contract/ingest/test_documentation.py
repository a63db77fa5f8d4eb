"""Every example of docs/api.md is answered as the page says."""

import json
import re
from pathlib import Path

from tests.support.ingest import RunningIngest
from trellis_contracts.rights import Role

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
EXAMPLE = re.compile(r"```http\n(\w+) (\S+)\n(.*?)→ (\d+)\n```", re.DOTALL)


async def test_every_example_of_the_api_is_answered_as_written(ingest: RunningIngest) -> None:
    application = await ingest.an_application()
    admin = ingest.as_a(Role.ADMIN)
    made = await ingest.client.post("/api/v1/tokens", json={"name": "old"}, headers=admin)
    known = {
        "application": str(application.id),
        "token": made.json()["id"],
        "deployment": "018f0000-0000-7000-8000-000000000001",
        **{name: str(found) for name, found in application.environments.items()},
    }
    text = re.sub(r"<(\w+)>", lambda found: known.get(found[1], found[0]), PAGE.read_text())
    examples = EXAMPLE.findall(text)
    assert len(examples) == text.count("```http") > 15

    for method, path, body, status in examples:
        answer = await ingest.client.request(
            method, path, json=json.loads(body) if body else None, headers=admin
        )
        assert answer.status_code == int(status), (method, path, answer.text)
