"""Hostile deliveries, made from a seed: each says how it may be answered, and none may be worse."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tests.rigs.door.made import MIB
from tests.rigs.door.mutations import mutated
from tests.rigs.door.real import examples
from tests.support.actors.github import GitHub

FORGED, TOO_LARGE = frozenset({401}), frozenset({413, 0})
CLOSED = 0
"""The server had seen enough, and ended the connection before it was all sent."""

REFUSED = frozenset({400, 413, 415, 422, CLOSED})
UNDERSTOOD = frozenset({202, 400, 403, 422})
"""A payload that was changed may still be one that GitHub could send."""

LARGEST: Final = 25 * MIB


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One delivery; `path` is put in the hook's place when it is given."""

    what: str
    body: bytes
    headers: Sequence[tuple[str, str | bytes]]
    may: frozenset[int]
    path: str | None = None


@dataclass
class Corpus:
    """Every kind of attack on one hook, in proportion to `count`."""

    github: GitHub
    others: GitHub
    chance: random.Random
    count: int
    payloads: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    """What is mutated, with its event."""

    def __post_init__(self) -> None:
        wanted = {"pull_request", "delete", "installation", "create"}
        ours = {"full_name": self.github.repository}
        for one in examples():
            if one.event in wanted:
                about = one.payload.get("repository")
                moved = {"repository": {**about, **ours}} if about else {}
                self.payloads.append((one.event, {**one.payload, **moved}))
        pushes = self.github.push(commits=3), self.github.deletion("old")
        self.payloads += [("push", push) for push in pushes] * 20

    def attacks(self) -> Iterator[Attack]:
        """At least `count` of them."""
        made = 0
        for maker in (self._signatures, self._junk, self._refs, self._headers, self._hooks):
            for attack in maker():
                made += 1
                yield attack
        while made < self.count:
            yield self._mutated()
            made += 1

    def _signed(
        self, what: str, body: bytes, may: frozenset[int], *, event: str = "push"
    ) -> Attack:
        headers = list(self.github.headers(body, event).items())
        return Attack(what=what, body=body, headers=headers, may=may)

    def _signatures(self) -> Iterator[Attack]:
        body = json.dumps(self.github.push()).encode()
        right = self.github.signature(body)
        digest = right.removeprefix("sha256=")
        variants: dict[str, list[str | bytes]] = {
            "none": [],
            "empty": [""],
            "sha1 instead": ["sha1=" + digest[:40]],
            "too short": [right[:-1]],
            "too long": [right + "0"],
            "in capitals": [right.upper()],
            "prefix in capitals": ["SHA256=" + digest],
            "zeros": ["sha256=" + "0" * 64],
            "of another hook": [self.others.signature(body)],
            "of another body": [self.github.signature(body + b" ")],
            "twice": [right, right],
            "a wrong and the right one": ["sha256=" + "0" * 64, right],
            "joined by a comma": [f"{right}, {right}"],
            "not ASCII": ["sha256=é".encode()],
            "with a space before": ["sha256= " + digest],
            "without its name": [digest],
            "of the digest alone, quoted": [f'"{right}"'],
            "a megabyte": ["sha256=" + "a" * 60_000],
        }
        for what, given in variants.items():
            headers: list[tuple[str, str | bytes]] = [
                (name, value)
                for name, value in self.github.headers(body).items()
                if name != "X-Hub-Signature-256"
            ]
            headers += [("X-Hub-Signature-256", value) for value in given]
            may = FORGED | {431, 400, CLOSED} if what == "a megabyte" else FORGED
            yield Attack(what=f"signature: {what}", body=body, headers=headers, may=may)

    def _junk(self) -> Iterator[Attack]:
        push = json.dumps(self.github.push()).encode()
        surrogate = push.replace(b"Change 000", b"\\ud800")
        bodies: dict[str, bytes] = {
            "nothing": b"",
            "null": b"null",
            "a list": b"[]",
            "a number": b"1",
            "a string": b'"push"',
            "cut in the middle": push[: len(push) // 2],
            "followed by more": push + b"x",
            "twice": push + push,
            "with a byte order mark": b"\xef\xbb\xbf" + push,
            "in UTF-16": push.decode().encode("utf-16"),
            "broken UTF-8": push.replace(b"ana-login", b"\xff\xfe"),
            "100,000 lists in each other": b"[" * 100_000 + b"]" * 100_000,
            "100,000 objects in each other": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            "a million keys": json.dumps(dict.fromkeys(map(str, range(10**6)))).encode(),
            "a huge number": b'{"ref":' + b"9" * 5000 + b"}",
            "NaN": b'{"ref": NaN}',
            "Infinity": b'{"ref": -Infinity}',
            "an XML document": b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
            "a form": b"payload=%7B%7D",
            "random bytes": self.chance.randbytes(4096),
        }
        for what, body in bodies.items():
            yield self._signed(f"body: {what}", body, REFUSED)
        yield self._signed("body: lone surrogates", surrogate, REFUSED | {202})
        nul = push.replace(b"ana-login", b"\\u0000")
        yield self._signed("body: a login of a NUL", nul, UNDERSTOOD)
        doubled = push[:-1] + b', "ref": "refs/heads/other"}'
        yield self._signed("body: a key twice", doubled, UNDERSTOOD)
        yield self._signed("body: 25 MiB and a byte", b" " * (LARGEST + 1), TOO_LARGE)

    def _refs(self) -> Iterator[Attack]:
        names = (
            "-evil", "--upload-pack=touch /tmp/x", "a..b", "a b", "a\nb", "@{0}", "x.lock", "a~1",
            "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/", "a//b", ".a", "a/.b", "a.", "@",
            "", "\x7f", "a\u0000b", "x" * 5000, "HEAD", "../../etc/passwd", "$(id)", "`id`",
            "{{7*7}}", "${jndi:ldap://x}", "@/etc/passwd", "refs/heads/main",
            "\u202emain", "%2e%2e",
        )  # fmt: skip
        for name in names:
            body = json.dumps(self.github.push(name)).encode()
            yield self._signed(f"branch: {name[:40]!r}", body, UNDERSTOOD)
        for sha in ("", "-" * 40, "g" * 40, "a" * 39, "A" * 40, "a" * 64, "--help", "HEAD", "0"):
            for side in ("before", "after"):
                body = json.dumps({**self.github.push(), side: sha}).encode()
                yield self._signed(f"{side}: {sha[:20]!r}", body, UNDERSTOOD)
        for repository in ("../x", "acme/orders/../x", "ACME/orders ", "a" * 5000, "acme", "/"):
            body = json.dumps(self.github.push(repository={"full_name": repository})).encode()
            yield self._signed(f"repository: {repository[:30]!r}", body, frozenset({202, 403, 422}))

    def _headers(self) -> Iterator[Attack]:
        body = json.dumps(self.github.push()).encode()
        changes: dict[str, tuple[str, str | None]] = {
            "no event": ("X-GitHub-Event", None),
            "an event of control characters": ("X-GitHub-Event", "pu\x01sh"),
            "an event like a path": ("X-GitHub-Event", "../push"),
            "no delivery id": ("X-GitHub-Delivery", None),
            "a delivery id that is none": ("X-GitHub-Delivery", "1; DROP TABLE events"),
            "a delivery id with a wildcard": ("X-GitHub-Delivery", "trellis.>"),
            "a long delivery id": ("X-GitHub-Delivery", "a" * 10_000),
            "no content type": ("Content-Type", None),
            "a form": ("Content-Type", "application/x-www-form-urlencoded"),
            "another charset": ("Content-Type", "application/json; charset=utf-7"),
            "a length that lies": ("Content-Length", "-1"),
        }
        for what, (name, value) in changes.items():
            headers = {**self.github.headers(body), name: value}
            kept = [(name, value) for name, value in headers.items() if value is not None]
            may = REFUSED | {202} if "charset" in what else REFUSED
            yield Attack(what=f"header: {what}", body=body, headers=kept, may=may)

    def _hooks(self) -> Iterator[Attack]:
        body = json.dumps(self.github.push()).encode()
        headers = list(self.github.headers(body).items())
        nobody = frozenset({400, 401, 404, 405, 414, CLOSED})
        for path in (
            "/webhooks/github/", "/webhooks/github/x", "/webhooks/github/../../api/v1/tokens",
            "/webhooks/github/%2e%2e%2f%2e%2e", "/webhooks/github/%00", "/webhooks/github/a;.jsp",
            "/webhooks/github/*", "/webhooks//github/x", "/webhooks/gitlab/x",
            "/webhooks/github/" + "a" * 8000, "/webhooks/github/%ff", "/webhooks/github/' OR 1=1",
        ):  # fmt: skip
            shown = path[:50]
            yield Attack(what=f"hook: {shown}", body=body, headers=headers, may=nobody, path=path)

    def _mutated(self) -> Attack:
        """A payload of GitHub's with one leaf dropped, nulled, of another type, or enormous."""
        event, payload = self.chance.choice(self.payloads)
        changed, what = mutated(payload, self.chance)
        body = json.dumps(changed).encode()
        return self._signed(f"{event}: {what}", body, UNDERSTOOD | {413}, event=event)
