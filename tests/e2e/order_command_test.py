"""`dcx order` for programs: a JSON line for each report, and an exit code that tells a command which was not done from one of which
nobody knows; such a one can be asked for by its cl_ord_id. Between the command and the venue stands a proxy that lets an order
through and its answer not."""

import json
import os
import socket
import struct
import subprocess
import threading

from venue import PROGRAM, Venue

HEADER = struct.Struct("<IHHQqHHHH")
PLACE = 30
READY = "ready.json"


class Deaf:
    """Forwards until a PlaceOrder has passed, then nothing any more and nobody new."""

    def __init__(self, venue):
        self.venue = venue.rsplit(":", 1)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.passed = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client, _ = self.listener.accept()
        self.listener.close()
        venue = socket.create_connection((self.venue[0], int(self.venue[1])))
        threading.Thread(target=self.back, args=(venue, client), daemon=True).start()
        data = b""
        while (more := client.recv(4096)):
            venue.sendall(more)
            data += more
            while len(data) >= HEADER.size and len(data) >= HEADER.unpack_from(data)[0]:
                length, *_, template, _, _ = HEADER.unpack_from(data)
                if template == PLACE:
                    self.passed.set()
                data = data[length:]

    def back(self, venue, client):
        while (data := venue.recv(4096)) and not self.passed.is_set():
            client.sendall(data)


def dcx(venue, words, code=0):
    done = subprocess.run([PROGRAM, *words.split(), "--data", venue.data, "--json"], capture_output=True, text=True, timeout=90,
                          check=False)
    assert done.returncode == code, (words, done)
    return [json.loads(line) for line in done.stdout.splitlines()]


def with_door(venue, address):
    """Where the commands find the venue's door."""
    path = os.path.join(venue.data, READY)
    with open(path, encoding="utf-8") as file:
        ready = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**ready, "order_entry": address}, file)


def main():
    with Venue() as venue:
        venue.start()
        dcx(venue, "ledger open alice")
        dcx(venue, "ledger deposit alice USD 1000")
        placed, = dcx(venue, "order place alice DEC/USD buy 20 1.25")
        assert placed == {"report": "accepted", "order_id": placed["order_id"], "cl_ord_id": placed["cl_ord_id"], "market": "DEC/USD",
                          "side": "buy", "quantity": "20.0000", "price": "1.2500", "open": "20.0000", "sequence": placed["sequence"]}
        assert placed["sequence"] > 0
        status, = dcx(venue, f"order status alice --cl-ord-id {placed['cl_ord_id']}")
        assert (status["order_id"], status["status"]) == (placed["order_id"], "accepted")
        assert [o.get("order_id") for o in dcx(venue, "order open alice DEC/USD")] == [placed["order_id"], None]
        amended, = dcx(venue, f"order amend alice DEC/USD {placed['order_id']} 25 1.2")
        assert (amended["report"], amended["open"]) == ("amended", "25.0000")
        canceled, = dcx(venue, f"order cancel alice {placed['order_id']}")
        assert (canceled["report"], canceled["reason"]) == ("canceled", "requested")
        assert dcx(venue, f"order cancel alice {placed['order_id']}", 1) == [{"refused": "unknown_order", "reason": 49}]
        dcx(venue, "order status alice", 1)
        dcx(venue, "order status alice 5 --cl-ord-id 5", 2)

        # The order passes, its answer does not.
        deaf = Deaf(venue.ready["order_entry"])
        with_door(venue, f"127.0.0.1:{deaf.port}")
        unknown, = dcx(venue, "order place alice DEC/USD buy 30 1.25", 3)
        assert unknown["done"] == "unknown" and unknown["cl_ord_id"] > placed["cl_ord_id"], unknown
        # Nobody listens there any more.
        failed, = dcx(venue, "order place alice DEC/USD buy 30 1.25", 1)
        assert failed["done"] == "no" and "cl_ord_id" not in failed, failed
        with_door(venue, venue.ready["order_entry"])
        status, = dcx(venue, f"order status alice --cl-ord-id {unknown['cl_ord_id']}")
        assert (status["status"], status["open"]) == ("accepted", "30.0000"), status
        assert len(dcx(venue, "order open alice")) == 2, "one order and the last line"
        assert venue.stop() == 0, venue.log_text()


if __name__ == "__main__":
    main()
