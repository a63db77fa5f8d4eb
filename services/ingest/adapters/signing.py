"""The issuing side of identities: the key pair, and the token that is signed with it.

The private key is ingest's alone; every service verifies with the public one
(`services.chassis.identity`).
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from services.chassis.clock import Clock, system_clock
from services.chassis.files import replace, write_once
from services.chassis.identity import ALGORITHM, AUDIENCE, ISSUER
from trellis_contracts.names import ActorId
from trellis_contracts.rights import LIFETIME_SECONDS, Role


class SigningKeyMalformed(Exception):
    """The file of the private key holds something else."""

    def __init__(self, key_file: Path) -> None:
        """Takes the file."""
        super().__init__(
            f"{key_file} holds no Ed25519 private key: remove it, and ingest makes a new pair at "
            "its next start; nothing is lost by that."
        )


class Signer:
    """Signs who asks, for as long as one request takes."""

    def __init__(self, key: Ed25519PrivateKey, *, clock: Clock = system_clock) -> None:
        """Takes the private key."""
        self._key, self._clock = key, clock

    def sign(self, actor: ActorId, role: Role, only: Sequence[UUID] = ()) -> str:
        """Give an identity for the header `rights.HEADER`, good for 60 seconds."""
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": actor,
            "role": role.value,
            "only": [str(place) for place in only],
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=LIFETIME_SECONDS)).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)


def open_signer(private_file: Path, public_file: Path, *, clock: Clock = system_clock) -> Signer:
    """Read the private key, made at the first start, and put the public one where all read it.

    Raises:
        SigningKeyMalformed: `private_file` holds something else.
    """
    if not private_file.exists():
        write_once(private_file, _private_pem(Ed25519PrivateKey.generate()))
    try:
        key = load_pem_private_key(private_file.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise SigningKeyMalformed(private_file) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyMalformed(private_file)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not public_file.exists() or public_file.read_bytes() != public:
        replace(public_file, public, mode=0o644)
    return Signer(key, clock=clock)


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
