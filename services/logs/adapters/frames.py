"""How chunks lie in the file of a run: one frame after another, each whole or not there.

A frame is a header (lengths, checksum, the lines' numbers) and a LogChunk's JSON. A file that was
cut in the middle of a frame by a crash ends before it.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from trellis_contracts.logs import LogChunk

_HEADER = struct.Struct(">4sIIBQIBB")
_MAGIC = b"TLC1"
_LONGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the lines `first` to `end - 1` lie; `last` says that the run has no line after them.

    `version` is the LogChunk's. `in_key` is what `redact` ended with. `offset` and `length` are
    those of the JSON in the file.
    """

    first: int
    end: int
    last: bool
    version: int
    in_key: int
    offset: int
    length: int

    @property
    def stop(self) -> int:
        """Where the next frame begins in the file."""
        return self.offset + self.length


def framed(chunk: LogChunk, *, in_key: int, at: int) -> tuple[Frame, bytes]:
    """Give the frame of a chunk that begins `at` a place in the file, and its bytes."""
    body = chunk.model_dump_json().encode()
    frame = Frame(
        first=chunk.first,
        end=chunk.first + len(chunk),
        last=chunk.last,
        version=chunk.schema_version,
        in_key=in_key,
        offset=at + _HEADER.size,
        length=len(body),
    )
    header = _HEADER.pack(
        _MAGIC, len(body), zlib.crc32(body), frame.version, chunk.first, len(chunk), chunk.last,
        in_key,
    )  # fmt: skip
    return frame, header + body


def whole_frames(file: BinaryIO) -> Iterator[Frame]:
    """Yield the frames from the file's beginning up to the first that is not whole."""
    while len(header := file.read(_HEADER.size)) == _HEADER.size:
        magic, length, checksum, version, first, count, last, in_key = _HEADER.unpack(header)
        if magic != _MAGIC or length > _LONGEST:
            return
        offset = file.tell()
        body = file.read(length)
        if len(body) < length or zlib.crc32(body) != checksum:
            return
        yield Frame(first, first + count, bool(last), version, in_key, offset, length)
