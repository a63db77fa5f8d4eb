"""Answers what SST asks AWS while it only builds, inside the sandbox and without a credential.

SST v2 asks three things: who calls, and whether its own and CDK's bootstrap stacks are there (its
`stacks/synth.js` and `bootstrap.js`, seen with 2.40 to 2.49). Everything else is refused by name.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

_NEWEST_MINOR = 999
_CDK_BOOTSTRAP = "999"
_LARGEST_QUESTION = 64 << 10


@contextmanager
def answering(*, account: str, region: str, bucket: str, major: int) -> Iterator[str]:
    """Give the address of a stub, on loopback, that knows this account and bucket.

    `major` is that of the bootstrap that the application's SST wants.
    """
    outputs = {
        "BootstrapVersion": _CDK_BOOTSTRAP,
        "Version": f"{major}.{_NEWEST_MINOR}",
        "BucketName": bucket,
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(account, region, outputs))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(account: str, region: str, outputs: Mapping[str, str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is the standard library's
            length = min(int(self.headers.get("Content-Length") or 0), _LARGEST_QUESTION)
            asked = parse_qs(self.rfile.read(length).decode(errors="replace"))
            status, body = _answer(asked, account=account, region=region, outputs=outputs)
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:  # the name is the standard library's
            self.do_POST()

        def log_message(self, *_said: object) -> None:  # type: ignore[explicit-override]  # `override` is in no sandbox
            """What is asked is of no interest to the run's log."""

    return Handler


def _answer(
    asked: Mapping[str, list[str]], *, account: str, region: str, outputs: Mapping[str, str]
) -> tuple[int, bytes]:
    action = asked.get("Action", ["?"])[0]
    if action == "GetCallerIdentity":
        return 200, _caller(account).encode()
    if action == "DescribeStacks":
        stack = asked.get("StackName", ["?"])[0]
        return 200, _stack(stack, account=account, region=region, outputs=outputs).encode()
    print(f"AWS was asked for {action[:64]}: nothing is answered while building.", flush=True)  # noqa: T201 - the step's log
    return 403, _refused(action).encode()


def _caller(account: str) -> str:
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>arn:aws:iam::{account}:role/trellis-synthesis</Arn>"
        f"<UserId>trellis</UserId><Account>{account}</Account></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>trellis</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )


def _stack(name: str, *, account: str, region: str, outputs: Mapping[str, str]) -> str:
    shown = "".join(
        f"<member><OutputKey>{key}</OutputKey><OutputValue>{escape(value)}</OutputValue></member>"
        for key, value in outputs.items()
    )
    arn = f"arn:aws:cloudformation:{region}:{account}:stack/{escape(name)}/trellis"
    return (
        '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
        f"<DescribeStacksResult><Stacks><member><StackName>{escape(name)}</StackName>"
        f"<StackId>{arn}</StackId><CreationTime>2020-01-01T00:00:00Z</CreationTime>"
        f"<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{shown}</Outputs>"
        "</member></Stacks></DescribeStacksResult>"
        "<ResponseMetadata><RequestId>trellis</RequestId></ResponseMetadata>"
        "</DescribeStacksResponse>"
    )


def _refused(action: str) -> str:
    return (
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>"
        f"<Message>{escape(action[:64])} is not answered while an application is built."
        "</Message></Error><RequestId>trellis</RequestId></ErrorResponse>"
    )
