"""Links that sign somebody in once: made with a token, kept in memory, good for five minutes."""

import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from pydantic import SecretStr

from services.ingest.adapters.tokens import Token

GOOD_SECONDS = 300.0
_MOST = 1000


class Links:
    """The links of one ingest; a restart ends them all."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        """Takes the clock, in seconds."""
        self._now = now
        self._made: OrderedDict[bytes, tuple[Token, float]] = OrderedDict()

    def make(self, token: Token) -> SecretStr:
        """Give a code that stands for a token, once."""
        code = secrets.token_urlsafe(32)
        self._made[_hash(code)] = (token, self._now() + GOOD_SECONDS)
        while len(self._made) > _MOST:
            self._made.popitem(last=False)
        return SecretStr(code)

    def see(self, code: str) -> Token | None:
        """Give the token of a code that is still good, and let it stay good."""
        token, until = self._made.get(_hash(code), (None, 0.0))
        return token if self._now() < until else None

    def take(self, code: str) -> Token | None:
        """Give the token of a code that is still good; from now on it is not."""
        found = self.see(code)
        self._made.pop(_hash(code), None)
        return found


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
