"""Uploads to the account's asset bucket: what is there with its digest is not sent again.

What is there is believed by the SHA-256 that S3 worked out itself when it was written. Without one,
or with another one, it is written again.
"""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import BinaryIO

from botocore.exceptions import ClientError

from services.builder.adapters.deployer.access import Access, code_of
from services.builder.domain.assembly.assets import PREFIX
from services.builder.domain.assembly.checked import CheckedAsset

LARGEST_INLINE = 51_200
"""A template above this many bytes is given by its address."""


class Uploads:
    """The asset bucket of one account and region, which must be that account's own."""

    def __init__(self, access: Access, bucket: str, account: str) -> None:
        self._access = access
        self._bucket = bucket
        self._account = account

    def put_asset(self, asset: CheckedAsset, folder: Path) -> bool:
        """Upload an asset unless it is there; say whether it was sent."""
        if self._is_there(asset.key):
            return False
        with (folder / asset.path).open("rb") as content:
            self._put(asset.key, content)
        return True

    def put_template(self, template: str) -> str:
        """Upload a template under its own digest and give its address."""
        content = template.encode()
        key = f"{PREFIX}{hashlib.sha256(content).hexdigest()}.json"
        if not self._is_there(key):
            self._put(key, content)
        suffix = "amazonaws.com.cn" if self._access.region.startswith("cn-") else "amazonaws.com"
        return f"https://s3.{self._access.region}.{suffix}/{self._bucket}/{key}"

    def _put(self, key: str, content: BinaryIO | bytes) -> None:
        """S3 refuses what does not have the digest, and keeps that beside it."""
        self._access.s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=content,
            ExpectedBucketOwner=self._account,
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=_checksum(key),
        )

    def _is_there(self, key: str) -> bool:
        try:
            head = self._access.s3.head_object(
                Bucket=self._bucket,
                Key=key,
                ExpectedBucketOwner=self._account,
                ChecksumMode="ENABLED",
            )
        except ClientError as refused:
            if code_of(refused) in ("404", "NoSuchKey", "NotFound"):
                return False
            raise
        return head.get("ChecksumSHA256") == _checksum(key)


def _checksum(key: str) -> str:
    """Give the digest that a key names, as S3 writes it."""
    return b64encode(bytes.fromhex(key.removeprefix(PREFIX).partition(".")[0])).decode()
