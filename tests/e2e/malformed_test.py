"""Broken input at order entry: each ends its own session with a numbered reason, and a bystander trades on."""

import os
import random
import socket
import struct

import order_entry as oe
from order_entry import BUY, PLACE, Connection, Key, Session, Terminated, cancel_block, frame, place_block
from venue import Venue

MALFORMED, TOO_LARGE, UNKNOWN_TEMPLATE, BAD_LENGTH, OUT_OF_SEQUENCE, WRONG_STATE, AUTHENTICATION = 2, 3, 4, 5, 6, 7, 8


def code_of(connection):
    try:
        while True:
            connection.receive()
    except Terminated as end:
        return end.code
    finally:
        connection.close()


def main():
    with Venue() as venue:
        address = venue.start().ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key))
        key = operator.funded({2: 10**15})
        bystander = Session(address, key, client_session=99)
        mallory = operator.funded({2: 10**15})

        def trade_on():
            number = bystander.next_cl_ord_id()
            bystander.send(PLACE, place_block(number, 10_000, 100_000, key.account, 1, BUY))
            assert bystander.execution().exec_type == 1
            bystander.send(oe.CANCEL, cancel_block(bystander.next_cl_ord_id(), key.account, orig=number))
            assert bystander.execution().exec_type == 4

        def established(bad, expected):
            session = Session(address, mallory)
            session.send_bytes(bad(session))
            got = code_of(session)
            assert got == expected, f"terminated with {got}, expected {expected}"
            trade_on()

        def place(session, **changes):
            fields = {"cl_ord_id": session.next_cl_ord_id(), "price": 10_000, "quantity": 100_000,
                      "account": mallory.account, "instrument": 1, "side": BUY, **changes}
            return place_block(**fields)

        def patched(session, offset, value):
            data = bytearray(session.command(PLACE, place(session)))
            data[offset:offset + len(value)] = value
            return bytes(data)

        established(lambda s: b"GET / HTTP/1.1\r\n\r\n" + bytes(100), TOO_LARGE)
        established(lambda s: patched(s, 4, b"\0\0"), MALFORMED)
        established(lambda s: patched(s, 6, b"\1\0"), MALFORMED)
        established(lambda s: patched(s, 0, struct.pack("<I", 16)), MALFORMED)
        established(lambda s: patched(s, 0, struct.pack("<I", 1 << 30)), TOO_LARGE)
        established(lambda s: patched(s, 24, struct.pack("<H", 8)), BAD_LENGTH)
        established(lambda s: patched(s, 26, struct.pack("<H", 77)), UNKNOWN_TEMPLATE)
        established(lambda s: patched(s, 8, struct.pack("<Q", 0)), OUT_OF_SEQUENCE)
        established(lambda s: frame(oe.NEGOTIATE, bytes(80)), WRONG_STATE)

        before = Connection(address)
        before.receive()
        before.send_bytes(frame(PLACE, place_block(1, 1, 1, 1, 1, 1), 1))
        assert code_of(before) == WRONG_STATE

        forged = Key(mallory.id, os.urandom(32), mallory.account)
        try:
            Session(address, forged)
            raise RuntimeError("a forged signature was taken")
        except Terminated as end:
            assert end.code == AUTHENTICATION, end.code

        # Half a frame and silence, then gone; and bytes of no meaning at every stage.
        half = Session(address, mallory)
        half.send_bytes(half.command(PLACE, place(half))[:50])
        half.socket.shutdown(socket.SHUT_RDWR)
        half.close()
        noise = random.Random(7)
        for _ in range(50):
            connection = Connection(address)
            connection.send_bytes(noise.randbytes(noise.randint(1, 4000)))
            connection.close()
        trade_on()

        # Values of no meaning inside a well-formed frame are rejects; the session lives on.
        session = Session(address, mallory)
        for changes in ({"price": 0}, {"price": -1}, {"price": 2**63 - 1}, {"quantity": 0}, {"quantity": -5},
                        {"quantity": 2**63 - 1}, {"side": 0}, {"side": 9}, {"order_type": 7}, {"tif": 0}, {"flags": 255},
                        {"instrument": 0}, {"instrument": 2**32 - 1}, {"account": 1}, {"account": 0}):
            session.send(PLACE, place(session, **changes))
            execution = session.execution()
            assert execution.exec_type == 2 and execution.reject_reason != 0, (changes, execution)
        session.send(PLACE, place(session))
        assert session.execution().exec_type == 1
        trade_on()
        assert venue.stop() == 0, venue.log_text()
        venue.replay()
    print("malformed: ok")


if __name__ == "__main__":
    main()
