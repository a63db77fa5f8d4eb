"""The outputs of a stack name the address at which its APIs really answer.

Templates build `https://ID.execute-api.REGION.amazonaws.com/STAGE`, MiniStack itself offers
`http://ID.execute-api.localhost:PORT`, which neither Python nor Node resolves. Rewritten here, a
deployed URL can be opened as it is shown, and nothing outside this folder knows of the difference.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import handlers

Response = tuple[int, dict[str, str], bytes]

_API = re.compile(
    r"https?://(?P<id>[a-f0-9]{8})\.execute-api\.(?:localhost:\d+|[a-z0-9-]+\.amazonaws\.com)/?"
)


def apply(endpoint: str) -> None:
    """Rewrite the outputs that DescribeStacks shows; exports and conditions keep the original."""
    describe: Callable[[Mapping[str, Any]], Response] = handlers._ACTION_HANDLERS["DescribeStacks"]

    def describe_reachable(parameters: Mapping[str, Any]) -> Response:
        status, headers, body = describe(parameters)
        return status, headers, _reachable(body.decode(), endpoint).encode()

    handlers._ACTION_HANDLERS["DescribeStacks"] = describe_reachable


def _reachable(text: str, endpoint: str) -> str:
    return re.sub(
        r"(?<=<OutputValue>)[^<]*",
        lambda value: _API.sub(rf"{endpoint}/_aws/execute-api/\g<id>/", value[0]),
        text,
    )
