"""A stage from the name of a branch or an environment: safe in every cloud name, and its own."""

import re
from base64 import b32encode
from hashlib import sha256

from trellis_contracts.names import Stage

LONGEST = 20
_DIGITS = 7
"""Of the hash, five bits each: two among a thousand names meet once in seventy thousand times."""

_UNSAFE = re.compile(r"[^a-z0-9]+")


def stage_of(name: str) -> Stage:
    """Give the stage that always follows from a name.

    A name that is a stage, without a double or final hyphen, is its own stage. Any other is made
    one that ends in a hash of the whole name: so `a/b`, `a-b` and `A-B` have three.
    """
    clean = _UNSAFE.sub("-", name.lower()).strip("-")
    if clean and not clean[0].isalpha():
        clean = f"s-{clean}"
    if clean and clean == name and len(clean) <= LONGEST:
        return clean
    whole = sha256(name.encode("utf-8", "surrogatepass")).digest()
    digits = b32encode(whole).decode().lower()[:_DIGITS]
    kept = (clean or "s")[: LONGEST - _DIGITS - 1].rstrip("-")
    return f"{kept}-{digits}"
