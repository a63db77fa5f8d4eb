"""The authority with which the front door vouches for names that only this machine knows.

Nobody else trusts it: its certificate lies in the data folder, and whoever asks here takes it
from there.
"""

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx

_LOOPBACK = "127.0.0.1"
_PAUSE_SECONDS = 0.05


def vouches_for(domain: str | None) -> bool:
    """Whether a name gets its certificate from here, not from a public authority."""
    return domain is not None and (domain == "localhost" or domain.endswith(".localhost"))


def certificate_in(data: Path) -> Path:
    """Give where the authority's own certificate lies, once the door was open."""
    return data / "door/caddy/pki/authorities/local/root.crt"


def trusting(data: Path) -> ssl.SSLContext:
    """Trust this authority, and no other.

    Raises:
        OSError: the door was never open under such a name.
    """
    return ssl.create_default_context(cafile=certificate_in(data))


def transport_to(url: str, data: Path | None) -> httpx.AsyncBaseTransport | None:
    """Give the way to a door of this machine that only its own authority vouches for.

    None: the ordinary way leads there.
    """
    where = urlsplit(url)
    if data is None or where.scheme != "https" or not vouches_for(where.hostname):
        return None
    if not certificate_in(data).exists():
        return None
    return httpx.AsyncHTTPTransport(verify=trusting(data))


async def until_vouched(data: Path, domain: str, *, port: int, timeout_seconds: float = 15) -> None:
    """Return once the door shows a certificate of `domain` that this authority has signed.

    The door listens before it has one, and turns away whoever comes until then.

    Raises:
        TimeoutError: it shows none.
    """
    async with asyncio.timeout(timeout_seconds):
        while True:
            with suppress(OSError):  # also an ssl.SSLError
                return await _shake_hands(data, domain, port=port)
            await asyncio.sleep(_PAUSE_SECONDS)


async def _shake_hands(data: Path, domain: str, *, port: int) -> None:
    _, writer = await asyncio.open_connection(
        _LOOPBACK, port, ssl=trusting(data), server_hostname=domain
    )
    writer.close()
