"""A stack cannot delete a bucket that still holds objects.

AWS refuses it and the stack ends in DELETE_FAILED; MiniStack deletes the objects without a word.
"""

from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation import provisioners

_REFUSAL = "The bucket you tried to delete is not empty (Service: S3, Status Code: 409)"
"""The sentence that AWS puts into the event."""


def apply() -> None:
    """Make every later delete of a filled bucket fail."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    delete = handler["delete"]

    def delete_empty(name: str, properties: Mapping[str, Any]) -> None:
        if (provisioners._s3._buckets.get(name) or {}).get("objects"):
            raise ValueError(_REFUSAL)
        delete(name, properties)

    handler["delete"] = delete_empty
