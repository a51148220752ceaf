"""The same by callbacks: each report starts what comes next. usage: callback.py PORT KEY_FILE"""
import sys

import dcx


def on_report(report):
    print(f"order {report.order_id}: {report.event}")
    if report.event == "accepted":
        client.cancel(report, wait=False)


client = dcx.Client("127.0.0.1", int(sys.argv[1]), sys.argv[2], on_report=on_report)
client.place("DEC/USD", "buy", "20", "1.25", wait=False)
client.run(until=lambda: client.unanswered == 0)
client.close()
