"""A request over loopback counts as one over TLS.

A policy that denies what is not `aws:SecureTransport`, as CDK's bootstrap bucket has one, would
refuse every request to a local AWS that is served over HTTP.
"""

import ipaddress
from contextlib import suppress
from typing import Any

from ministack.core import iam_evaluator

_KEY = "aws:securetransport"


def apply() -> None:
    """Wrap the evaluation of a policy's condition."""
    resolve = iam_evaluator._resolve_condition_key

    def resolved(key: str, context: Any) -> Any:
        if key.lower() == _KEY:
            with suppress(ValueError):
                if ipaddress.ip_address(context.source_ip).is_loopback:
                    return "true"
        return resolve(key, context)

    iam_evaluator._resolve_condition_key = resolved
