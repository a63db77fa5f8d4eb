"""What an AWS SDK asks, read off its request: the service and the operation, in any protocol.

Query (STS, CloudFormation), JSON (DynamoDB, SSM), RPC (newer SDKs) and REST (S3, Lambda) are told
apart; and a refusal is written so that the SDK reads it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

_SIGNED_FOR = re.compile(r"Credential=[^/,\s]{1,128}/[0-9]{8}/[^/,\s]{1,64}/([a-z0-9.-]{1,64})/")
_OPERATION = re.compile(r"^/service/[A-Za-z0-9_]{1,128}/operation/([A-Za-z0-9_]{1,128})$")
_LONGEST = 64


@dataclass(frozen=True)
class Asked:
    """One request: of which service, for what, and with which parameters, in Query."""

    service: str
    operation: str
    parameters: Mapping[str, list[str]]
    in_json: bool

    @property
    def name(self) -> str:
        """What people know it by."""
        return f"{self.service} {self.operation}"


def read(line: tuple[str, str], headers: "Message[str, str]", body: bytes) -> Asked:
    """Tell what is asked, by a method and a path; where only these say it, they are given."""
    method, (place, _, query) = line[0], line[1].partition("?")
    parameters = parse_qs(body.decode(errors="replace")) or parse_qs(query)
    target, rpc = headers.get("X-Amz-Target", ""), _OPERATION.match(place)
    signed = _SIGNED_FOR.search(headers.get("Authorization", ""))
    in_json = bool(target) or "json" in headers.get("Content-Type", "")
    if target:
        operation = target.rpartition(".")[2]
    elif rpc:
        operation = rpc[1]
    else:
        operation = parameters.get("Action", [f"{method} {place}"])[0]
    return Asked(signed[1] if signed else "AWS", operation[:_LONGEST], parameters, in_json)


def refusal(asked: Asked, said: str) -> tuple[str, bytes]:
    """Give the kind and the body of a refusal, in the protocol of the question."""
    if asked.in_json:
        body = json.dumps({"__type": "AccessDeniedException", "message": said})
        return "application/x-amz-json-1.1", body.encode()
    error = f"<Code>AccessDenied</Code><Message>{escape(said)}</Message>"
    if asked.service == "ec2":
        whole = f"<Response><Errors><Error>{error}</Error></Errors></Response>"
    elif asked.service == "s3":
        whole = f"<Error>{error}</Error>"
    else:
        whole = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
    return "text/xml", whole.encode()
