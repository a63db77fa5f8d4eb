"""The authority with which the front door vouches for names that only this machine knows.

Nobody else trusts it: its certificate lies in the data folder, and whoever asks here takes it
from there.
"""

import asyncio
import ssl
from pathlib import Path

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


async def until_vouched(
    data: Path, domain: str, *, host: str, port: int, timeout_seconds: float = 15
) -> None:
    """Return once the door shows a certificate of `domain` that this authority has signed.

    The door listens before it has one, and turns away whoever comes until then.

    Raises:
        TimeoutError: it shows none.
    """
    async with asyncio.timeout(timeout_seconds):
        while not await _is_vouched(data, domain, host, port):
            await asyncio.sleep(_PAUSE_SECONDS)


async def _is_vouched(data: Path, domain: str, host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(
            host, port, ssl=trusting(data), server_hostname=domain
        )
    except OSError:  # also an ssl.SSLError
        return False
    writer.close()
    return True
