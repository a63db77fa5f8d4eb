"""What an adapter raises when the thing behind it cannot be reached at this moment.

Unavailable
└── BusUnavailable    services.chassis.bus
└── …                 each adapter of a store adds its own
"""


class Unavailable(Exception):
    """Something that Trellis rests on cannot be reached now; the same call may succeed later.

    A subscriber that raises it keeps its message and tries again in place: an outage never
    uses up the attempts after which a message is put aside.
    """
