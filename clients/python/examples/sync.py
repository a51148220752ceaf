"""Buys 20 DEC at 1.25 USD, asks how the order stands, and cancels what is open. usage: sync.py PORT KEY_FILE"""
import sys

import dcx

with dcx.Client("127.0.0.1", int(sys.argv[1]), sys.argv[2]) as client:
    order = client.place("DEC/USD", "buy", "20", "1.25")
    status = client.status(order)
    print(f"order {status.order_id}: {status.open} DEC open, {client.balances()['USD'].held} USD held")
    client.cancel(order)
