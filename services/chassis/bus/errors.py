"""What can go wrong on the bus, each with a sentence that says what to do next.

Unavailable
└── BusUnavailable    nobody answered in time, or there is no connection
BusError
├── MessageTooLarge   refused before it was sent: the server would close the connection
├── SequenceConflict  another publisher was faster
├── PublishRefused    the stream would not keep the message
├── AnswerFailed      the one who was asked ended in an exception
└── UnsafeBus         the server may lose what it acknowledged, or is too old
"""

from services.chassis.unavailable import Unavailable


class BusUnavailable(Unavailable):
    """The bus, or whoever listens on a subject, did not answer; the message may have arrived."""

    def __init__(self, subject: str, reason: str) -> None:
        """Takes the subject and what was observed."""
        self.subject, self.reason = subject, reason
        super().__init__(f"The bus did not serve {subject}: {reason}. Send the same again later.")


class BusError(Exception):
    """The bus was reached and did not do what it was asked."""


class MessageTooLarge(BusError):
    """Subject, headers and body together pass what the server accepts; nothing was sent."""

    def __init__(self, subject: str, size: int, most: int) -> None:
        """Takes both sizes in bytes."""
        self.subject, self.size, self.most = subject, size, most
        super().__init__(
            f"A message of {size} bytes for {subject} was not sent: the bus takes {most} at most. "
            f"Leave out what can be read elsewhere."
        )


class SequenceConflict(BusError):
    """The stream does not end at the sequence that the publisher expected."""

    def __init__(self, subject: str, expected: int) -> None:
        """Takes the sequence that was expected to be the last."""
        self.subject, self.expected = subject, expected
        super().__init__(
            f"{subject} was not published: its stream does not end at {expected}. "
            f"Read the stream's last sequence and go on from there."
        )


class PublishRefused(BusError):
    """The stream is full or closed to this message."""

    def __init__(self, subject: str, reason: str) -> None:
        """Takes the server's own words."""
        self.subject, self.reason = subject, reason
        super().__init__(f"The bus refused {subject}: {reason}. Nothing was kept.")


class AnswerFailed(BusError):
    """The service that was asked ended in an exception of its own; its log has the cause."""

    def __init__(self, subject: str, error: str) -> None:
        """Takes the name of the exception on the other side."""
        self.subject, self.error = subject, error
        super().__init__(f"{subject} was asked and ended in {error}; its service's log has why.")


class UnsafeBus(BusError):
    """The server would break a promise that Trellis makes, so no service starts on it."""

    def __init__(self, reason: str, remedy: str) -> None:
        """Takes what was found and the two ways out."""
        self.reason = reason
        super().__init__(
            f"The bus is not safe: {reason}. {remedy}, "
            f"or set TRELLIS_NATS_UNSAFE=1 to start anyway."
        )
