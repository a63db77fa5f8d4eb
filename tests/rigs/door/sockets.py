"""What no HTTP client does: slow, pipelined, flooding and half-open connections."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass

from tests.support.actors.github import GitHub

LONGEST = 15.0
"""Seconds after which a connection that dawdles must be closed: bodies get ten, then an answer."""


@dataclass(frozen=True)
class Address:
    """Where a hook is, as a socket sees it."""

    port: int
    hook: str

    def request(self, github: GitHub) -> bytes:
        """A whole request that is right in every way, but for its name."""
        body = json.dumps(github.push()).encode()
        return self.head(github.headers(body), length=len(body)) + body

    def head(self, headers: dict[str, str], *, length: int | None) -> bytes:
        """The beginning of a request, up to its body."""
        sized = {} if length is None else {"Content-Length": str(length)}
        fields = {"Host": "trellis", **headers, **sized}
        lines = [f"{name}: {value}" for name, value in fields.items()]
        return "\r\n".join([f"POST {self.hook} HTTP/1.1", *lines, "", ""]).encode()


async def talk(address: Address, said: bytes, *, within: float = LONGEST) -> bytes:
    """Say it, and give all that is answered until the other side closes or the time is up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
    heard = bytearray()
    try:
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(within):
                writer.write(said)
                await writer.drain()
                while piece := await reader.read(65536):
                    heard += piece
    finally:
        writer.close()
    return bytes(heard)


def statuses(heard: bytes) -> list[int]:
    """The status of each answer in a stream of them."""
    return [int(part.split(b" ", 1)[0]) for part in heard.split(b"HTTP/1.1 ")[1:]]


async def slow_body(address: Address, github: GitHub) -> str | None:
    """One byte a second: answered 408 or closed within 15 seconds. Says what is wrong."""
    body = json.dumps(github.push()).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", address.port)
    began = asyncio.get_running_loop().time()
    writer.write(address.head(github.headers(body), length=len(body)))
    dripping = asyncio.create_task(_drip(writer, body))
    try:
        async with asyncio.timeout(LONGEST):
            heard = await reader.read(65536)
    except TimeoutError:
        return f"a slow body was waited for, for more than {LONGEST:.0f} s"
    except ConnectionError:
        heard = b""
    finally:
        dripping.cancel()
        writer.close()
    took = asyncio.get_running_loop().time() - began
    if not set(statuses(heard)) <= {408}:
        return f"a slow body was answered {statuses(heard)} after {took:.0f} s"
    return None


async def _drip(writer: asyncio.StreamWriter, body: bytes) -> None:
    with suppress(ConnectionError):
        for byte in body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(1)


async def slow_head(address: Address, github: GitHub) -> str | None:
    """A head that never ends does not keep others waiting. Says what is wrong."""
    opened = [await asyncio.open_connection("127.0.0.1", address.port) for _ in range(200)]
    try:
        for _, writer in opened:
            writer.write(f"POST {address.hook} HTTP/1.1\r\nHost: trellis\r\nX-".encode())
        heard = await talk(address, address.request(github), within=5)
        return None if statuses(heard) == [202] else f"beside 200 slow heads: {statuses(heard)}"
    finally:
        for _, writer in opened:
            writer.close()


async def pipelined(address: Address, github: GitHub) -> str | None:
    """Ten requests at once on one connection: ten answers, in order. Says what is wrong."""
    said = b"".join(address.request(github) for _ in range(10))
    heard = statuses(await talk(address, said, within=5))
    return None if heard == [202] * 10 else f"ten pipelined requests were answered {heard}"


async def header_flood(address: Address, github: GitHub) -> str | None:
    """Endless headers are cut off, by the front door. Says what is wrong."""
    flood = {f"X-Flood-{number}": "x" * 1000 for number in range(5000)}
    body = json.dumps(github.push()).encode()
    said = address.head({**github.headers(body), **flood}, length=len(body)) + body
    heard = statuses(await talk(address, said, within=5))
    return None if set(heard) <= {400, 431} else f"5 MB of headers were answered {heard}"


async def endless_chunks(address: Address, github: GitHub) -> str | None:
    """A chunked body without an end is cut at the cap. Says what is wrong."""
    headers = {**github.headers(b""), "Transfer-Encoding": "chunked"}
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    heard = statuses(await talk(address, address.head(headers, length=None) + chunk * 64))
    return None if set(heard) <= {413} else f"an endless body was answered {heard}"


async def two_lengths(address: Address, github: GitHub) -> str | None:
    """A request that is two requests to whoever counts otherwise. Says what is wrong."""
    body = json.dumps(github.push()).encode()
    headers = {**github.headers(body), "Transfer-Encoding": "chunked"}
    heard = statuses(await talk(address, address.head(headers, length=len(body)) + body, within=5))
    return None if set(heard) <= {400} else f"a body of two lengths was answered {heard}"


OF_INGEST = (slow_body, slow_head, pipelined, endless_chunks, two_lengths)
OF_THE_DOOR = (*OF_INGEST, header_flood)
