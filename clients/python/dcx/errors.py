"""What can go wrong, each said once."""


class Error(Exception):
    """Any of the following."""


class Refused(Error):
    """The venue said no: `reason` is a messages.RejectReason (and `detail` one more, when the reason has a reason of its own);
    `wait_ns` tells how long until the same would pass, when it was throttled."""

    def __init__(self, reason, wait_ns=0, detail=0):
        super().__init__(getattr(reason, "name", str(reason)))
        self.reason, self.wait_ns, self.detail = reason, wait_ns, detail


class NotSent(Error):
    """The command was not done and will not be: it was too old when the venue could be reached again, or was taken back."""


class Unknown(Error):
    """The command may have been done, and its report cannot be had. Ask how the order stands."""


class Timeout(Error):
    """No answer yet. The command may still be done; its report comes by reports() or on_report when it comes."""


class Closed(Error):
    """The client is closed for good; the text says why."""


class KeyFileError(Error):
    """A key file that is none, or that others can read."""
