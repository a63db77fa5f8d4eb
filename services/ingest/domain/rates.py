"""How often somebody may do something: token buckets in a bounded table, pure in time."""

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True)
class _Bucket:
    left: float
    at: float


class Rate:
    """Lets each key go `burst` times at once and `per_second` times in the long run.

    The table holds `most` keys and forgets the one that was quiet for longest, so that a flood
    from ever new addresses takes no memory.
    """

    def __init__(self, *, per_second: float, burst: int, most: int = 4096) -> None:
        """Takes the limits; both rates above zero."""
        self._per_second, self._burst, self._most = per_second, burst, most
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        """The number of keys that are remembered."""
        return len(self._buckets)

    def forget(self, key: str) -> None:
        """Begin anew with a key."""
        self._buckets.pop(key, None)

    def wait(self, key: str, *, now: float) -> float:
        """Count one more of `key` and give 0, or the seconds until the next one may be.

        `now` is in seconds and never goes back.
        """
        before = self._buckets.pop(key, None) or _Bucket(left=self._burst, at=now)
        left = min(self._burst, before.left + (now - before.at) * self._per_second)
        allowed = left >= 1
        self._buckets[key] = _Bucket(left=left - 1 if allowed else left, at=now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0 if allowed else (1 - left) / self._per_second


def network_of(address: str) -> str:
    """Give the network that one asker holds: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))
