"""The DeCoin Exchange's order entry in Python: dcx.Client holds a session that comes back by itself, dcx.messages has every message
and how it stands on the wire.

    with dcx.Client("127.0.0.1", 9001, "data/keys/alice.key") as client:
        order = client.place("DEC/USD", "buy", "20", "1.30")
"""

from dcx import _made

_made.make()

from dcx import messages  # it may have been made just now
from dcx.client import Client, transfer_id
from dcx.errors import Closed, Error, KeyFileError, NotSent, Refused, Timeout, Unknown
from dcx.keys import Key
from dcx.markets import Asset, Balance, Market, NotExact, Order
from dcx.outbox import Unanswered
from dcx.session import Options

__all__ = ["Asset", "Balance", "Client", "Closed", "Error", "Key", "KeyFileError", "Market", "NotExact", "NotSent", "Options",
           "Order", "Refused", "Timeout", "Unanswered", "Unknown", "messages", "transfer_id"]
