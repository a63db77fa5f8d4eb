"""A signed identity is believed for sixty seconds, from one issuer, by one algorithm."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.chassis.identity import (
    AUDIENCE,
    ISSUER,
    Identities,
    IdentityRejected,
    IdentityUnverifiable,
)
from services.ingest.adapters.signing import Signer, SigningKeyMalformed, open_signer
from tests.support.clocks import SettableClock
from trellis_contracts.rights import LIFETIME_SECONDS, Role


class Pair(NamedTuple):
    clock: SettableClock
    signer: Signer
    identities: Identities
    private: Path
    public: Path

    def key(self) -> Ed25519PrivateKey:
        key = load_pem_private_key(self.private.read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey)
        return key

    def claims(self) -> dict[str, object]:
        """What a good identity says."""
        now = int(self.clock().timestamp())
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "person:ana",
            "role": "developer",
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
        }


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    clock = SettableClock()
    private, public = tmp_path / "keys" / "identity.pem", tmp_path / "identity" / "public.pem"
    signer = open_signer(private, public, clock=clock)
    return Pair(clock, signer, Identities(public, clock=clock), private, public)


def test_what_ingest_signs_is_verified_by_every_service(pair: Pair) -> None:
    identity = pair.identities.verify(pair.signer.sign("person:ana", Role.DEVELOPER))

    assert (identity.actor, identity.role) == ("person:ana", Role.DEVELOPER)
    assert identity.expires_at == pair.clock() + timedelta(seconds=LIFETIME_SECONDS)


def test_an_identity_ends_after_a_minute_and_the_clocks_may_differ_by_five_seconds(
    pair: Pair,
) -> None:
    signed = pair.signer.sign("person:ana", Role.ADMIN)

    pair.clock.advance(timedelta(seconds=64))
    assert pair.identities.verify(signed).role is Role.ADMIN
    pair.clock.advance(timedelta(seconds=1))
    with pytest.raises(IdentityRejected, match="expired"):
        pair.identities.verify(signed)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody"},
        {"aud": "somebody"},
        {"exp": 4102444800},
        {"iat": 4102444800, "exp": 4102444830},
        {"exp": "soon"},
        {"exp": 1.5},
        {"iat": True},
        {"role": "owner"},
        {"role": None},
        {"sub": "not an actor"},
        {"sub": None},
        *({claim: ...} for claim in ("iss", "aud", "sub", "role", "iat", "exp")),
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_not_believed(
    pair: Pair, changed: dict[str, object]
) -> None:
    claims = {
        name: value for name, value in {**pair.claims(), **changed}.items() if value is not ...
    }
    good = pair.identities.verify(jwt.encode(pair.claims(), pair.key(), algorithm="EdDSA"))
    assert good.actor == "person:ana"

    with pytest.raises(IdentityRejected):
        pair.identities.verify(jwt.encode(claims, pair.key(), algorithm="EdDSA"))


def _unsigned(pair: Pair) -> str:
    return jwt.encode(pair.claims(), "", algorithm="none")


def _signed_with_the_public_key_as_password(pair: Pair) -> str:
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}')
    _, claims, _ = jwt.encode(pair.claims(), pair.key(), algorithm="EdDSA").split(".")
    body = header + b"." + claims.encode()
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return (
        body + b"." + jwt.utils.base64url_encode(mac.sign(body, pair.public.read_bytes()))
    ).decode()


def _signed_by_somebody_else(pair: Pair) -> str:
    return jwt.encode(pair.claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA")


def _with_other_claims(pair: Pair) -> str:
    mine = jwt.encode(pair.claims(), pair.key(), algorithm="EdDSA").split(".")
    admin = jwt.encode({**pair.claims(), "role": "admin"}, "x" * 32, algorithm="HS256").split(".")
    return ".".join((mine[0], admin[1], mine[2]))


@pytest.mark.parametrize(
    "forged",
    [
        _unsigned,
        _signed_with_the_public_key_as_password,
        _signed_by_somebody_else,
        _with_other_claims,
        lambda _: "",
        lambda _: "a.b.c",
        lambda _: "é" * 40,
        lambda _: "." * 10_000,
    ],
)
def test_a_forged_identity_is_not_believed(pair: Pair, forged: Callable[[Pair], str]) -> None:
    with pytest.raises(IdentityRejected):
        pair.identities.verify(forged(pair))


def test_a_service_may_start_before_ingest_has_made_the_key(tmp_path: Path, pair: Pair) -> None:
    later = tmp_path / "later" / "public.pem"
    identities = Identities(later, clock=pair.clock)
    signed = pair.signer.sign("person:ana", Role.VIEWER)

    with pytest.raises(IdentityUnverifiable, match="Start ingest"):
        identities.verify(signed)
    open_signer(pair.private, later)
    assert identities.verify(signed).role is Role.VIEWER


def test_a_new_key_pair_replaces_the_old_one_without_a_restart(pair: Pair) -> None:
    old = pair.signer.sign("person:ana", Role.VIEWER)
    assert pair.identities.verify(old).actor == "person:ana"
    pair.private.unlink()
    new = open_signer(pair.private, pair.public, clock=pair.clock)

    assert pair.identities.verify(new.sign("person:bob", Role.VIEWER)).actor == "person:bob"
    with pytest.raises(IdentityRejected):
        pair.identities.verify(old)


def test_the_private_key_is_ingests_alone_and_the_public_one_everybodys(pair: Pair) -> None:
    assert pair.private.stat().st_mode & 0o777 == 0o600
    assert pair.public.stat().st_mode & 0o777 == 0o644
    assert "PRIVATE" not in pair.public.read_text()


def test_a_file_that_holds_no_key_is_told_so(tmp_path: Path, pair: Pair) -> None:
    pair.private.write_text("junk")
    with pytest.raises(SigningKeyMalformed, match="remove it"):
        open_signer(pair.private, pair.public)
    (tmp_path / "p").write_text("junk")
    with pytest.raises(IdentityUnverifiable):
        Identities(tmp_path / "p").verify("a.b.c")
