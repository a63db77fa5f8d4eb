"""Buckets made by a stack carry the tags of the template and of the stack.

MiniStack drops them, so the functions with which CDK and SST empty their buckets find no tags and
removing such a stack ends in DELETE_FAILED.
"""

from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]
Provisioned = tuple[str, dict[str, Any]]


def apply() -> None:
    """Let every later create and update of a bucket keep its tags."""
    provisioners._STACK_TAG_PROPERTY["AWS::S3::Bucket"] = ("Tags", "list")
    handler = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = handler["create"], handler["update"]

    def create_tagged(logical_id: str, properties: Properties, stack: str) -> Provisioned:
        return _tagged(create(logical_id, properties, stack), properties)

    def update_tagged(name: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        return _tagged(update(name, old, new, stack), new)

    handler["create"], handler["update"] = create_tagged, update_tagged


def _tagged(bucket: Provisioned, properties: Properties) -> Provisioned:
    tags = {tag["Key"]: str(tag.get("Value", "")) for tag in properties.get("Tags") or []}
    kept = provisioners._s3._bucket_tags
    if tags:
        kept[bucket[0]] = tags
    else:
        kept.pop(bucket[0], None)
    return bucket
