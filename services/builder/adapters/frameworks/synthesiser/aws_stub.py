"""Answers what SST asks AWS while it only builds, inside the sandbox and without a credential.

SST v2 asks three things: who calls, and whether its own and CDK's bootstrap stacks are there (its
`stacks/synth.js` and `bootstrap.js`, seen with 2.40 to 2.49). Everything else is
refused by service and operation, other stacks too: nobody shall build on one that is not there.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from xml.sax.saxutils import escape

from services.builder.adapters.frameworks.synthesiser import aws_questions
from services.builder.adapters.frameworks.synthesiser.aws_questions import Asked

_NEWEST_MINOR = 999
_CDK_BOOTSTRAP = "999"
_LARGEST_QUESTION = 64 << 10
_XML = "text/xml"
_REMEDY = "Commit the answer (cdk.context.json), or ask when the application runs."


@dataclass(frozen=True)
class _Known:
    """All that the stub has to say."""

    account: str
    region: str
    stacks: frozenset[str]
    outputs: Mapping[str, str]


@contextmanager
def answering(
    *, account: str, region: str, bucket: str, major: int, stacks: Iterable[str]
) -> Iterator[str]:
    """Give the address of a stub, on loopback, that knows this account, bucket and bootstraps.

    `major` is that of the bootstrap that the application's SST wants; `stacks` are the names of
    SST's own and CDK's bootstrap stacks, as the application calls them.
    """
    outputs = {
        "BootstrapVersion": _CDK_BOOTSTRAP,
        "Version": f"{major}.{_NEWEST_MINOR}",
        "BucketName": bucket,
    }
    known = _Known(account, region, frozenset(stacks), outputs)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(known))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(known: _Known) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), _LARGEST_QUESTION)
            body = self.rfile.read(length)
            asked = aws_questions.read((self.command, self.path), self.headers, body)
            status, kind, answer = _answer(asked, known)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer)

        do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = _any  # noqa: N815 - the standard library's names

        def log_message(self, *_said: object) -> None:  # type: ignore[explicit-override]  # `override` is in no sandbox
            """What is asked is of no interest to the run's log."""

    return Handler


def _answer(asked: Asked, known: _Known) -> tuple[int, str, bytes]:
    if asked.operation == "GetCallerIdentity":
        return 200, _XML, _caller(known.account).encode()
    stack = asked.parameters.get("StackName", ["every stack"])[0]
    if asked.operation == "DescribeStacks":
        if stack in known.stacks:
            return 200, _XML, _stack(stack, known).encode()
        name = f"{asked.name} of {stack[:128]}"
    else:
        name = asked.name
    said = f"AWS was asked for {name}: nothing of the account is known while building. {_REMEDY}"
    print(said, flush=True)  # noqa: T201 - the step's log
    return 403, *aws_questions.refusal(asked, said)


def _caller(account: str) -> str:
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>arn:aws:iam::{account}:role/trellis-synthesis</Arn>"
        f"<UserId>trellis</UserId><Account>{account}</Account></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>trellis</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )


def _stack(name: str, known: _Known) -> str:
    shown = "".join(
        f"<member><OutputKey>{key}</OutputKey><OutputValue>{escape(value)}</OutputValue></member>"
        for key, value in known.outputs.items()
    )
    arn = f"arn:aws:cloudformation:{known.region}:{known.account}:stack/{escape(name)}/trellis"
    return (
        '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
        f"<DescribeStacksResult><Stacks><member><StackName>{escape(name)}</StackName>"
        f"<StackId>{arn}</StackId><CreationTime>2020-01-01T00:00:00Z</CreationTime>"
        f"<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{shown}</Outputs>"
        "</member></Stacks></DescribeStacksResult>"
        "<ResponseMetadata><RequestId>trellis</RequestId></ResponseMetadata>"
        "</DescribeStacksResponse>"
    )
