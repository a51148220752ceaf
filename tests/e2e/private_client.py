"""The private channels of the feed as a client sees them, written from docs/protocols/feed.md: the login, and an account's
open orders and balances as they follow from snapshots and updates alone. Numbers stay as they come."""

import json
import struct

import msgpack

from feed_client import Feed


def login_message(welcome, key_id):
    return (b"dcx-feedlogin-v1" + bytes.fromhex(welcome["venue_id"]) + bytes.fromhex(welcome["challenge"])
            + struct.pack("<II", key_id, 0))


def login_request(welcome, key, key_id=None):
    """`key` signs for `key_id`, by default its own."""
    key_id = key_id or key.id
    return {"type": "login", "id": "login", "key_id": key_id, "signature": key.sign(login_message(welcome, key_id)).hex()}


class PrivateFeed(Feed):
    def __init__(self, url, form="json", key=None, **options):
        super().__init__(url, form, **options)
        if key:
            answer = self.log_in(key)
            assert answer["type"] == "login" and answer["account"] == key.account, answer

    def plain(self, message):
        return json.loads(message) if self.form == "json" else msgpack.unpackb(message)

    def log_in(self, key, key_id=None, welcome=None):
        return self.answer(login_request(welcome or self.welcome, key, key_id))

    def follow(self, channel, account=None, **more):
        """Returns the answer when the first data is here."""
        start = len(self.messages)
        request = {"type": "subscribe", "id": f"{channel} {start}", "channel": channel, **more}
        if account:
            request["account"] = account
        answer = self.answer(request)
        if answer["type"] == "subscribed" and answer.get("resumed") is not True:
            at = self.messages.index(answer)
            self.wait(lambda: self.told(channel, answer["account"], at), "a snapshot")
        return answer

    def told(self, channel, account, start=0):
        return [m for m in self.messages[start:]
                if m.get("channel") == channel and m.get("account") == account and "data" in m]

    def settle(self):
        """Everything that was sent before this is here."""
        answer = self.answer({"type": "heartbeat", "id": f"settle {len(self.messages)}"})
        return {(c["channel"], c.get("account") or c["symbol"]): c["seq"] for c in answer["channels"]}


class Account:
    """Of one account, by its messages. Checks each chain on the way."""

    def __init__(self, account):
        self.account = account
        self.orders, self.balances, self.seqs = {}, {}, {}
        self.executions = []
        self.paging = False

    def apply(self, message):
        if message.get("account") != self.account or "data" not in message:
            return
        channel, data = message["channel"], message["data"]
        if message["prev"] == 0:
            assert message["type"] == "snapshot", message
            (self.orders if channel == "executions" else self.balances).clear()
        else:
            assert message["prev"] == self.seqs[channel], (message, self.seqs)
            assert message["seq"] > message["prev"] or message["type"] == "snapshot", message
        self.seqs[channel] = message["seq"]
        for balance in data.get("balances", []):
            self.balances[balance["asset"]] = (balance["available"], balance["held"])
        for order in data.get("orders", []):
            self.orders[order["order_id"]] = order
        self.paging = data.get("more", self.paging)
        for execution in data.get("executions", []):
            self.executions.append((message["seq"], execution))
            if execution["exec_type"] in ("cancel_rejected", "busted", "rejected"):
                continue
            if execution["ord_status"] in ("accepted", "partially_filled"):
                self.orders[execution["order_id"]] = execution
            else:
                self.orders.pop(execution["order_id"], None)

    def apply_all(self, messages):
        for message in messages:
            self.apply(message)
        return self
