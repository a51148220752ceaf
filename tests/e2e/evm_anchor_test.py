#!/usr/bin/env python3
"""Anchors of a real venue, with a real signer, in the project's contract on a real EVM chain (ganache of npm)."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from anchor_test import Signer, check, dcx  # noqa: E402
from evm_node import CHAIN_ID, PrivateEvm  # noqa: E402
from servers import NotInstalled  # noqa: E402
from venue import Venue, wait_until  # noqa: E402

EXTRA = """
[history]
store = "none"
[proof]
interval_s = 0
[custody]
signer = "{socket}"
[anchor]
interval = "0"
[anchor.evm]
url = "{url}"
contract = "{contract}"
chain_id = {chain_id}
confirmations = 2
"""


class Rig:
    def __init__(self, evm):
        self.evm = evm
        self.venue = Venue()
        self.signer = Signer(self.venue.folder)
        self.owner = dcx("signer", "evm-address", "--vault", self.signer.vault, "--passphrase-file", self.signer.secret).strip()
        self.rich = evm.call("eth_accounts")[0]
        made = evm.call("eth_sendTransaction", {"from": self.rich, "gas": "0x100000",
                                                "data": "0x" + evm.bytecode + "00" * 12 + self.owner[2:]})
        self.contract = evm.call("eth_getTransactionReceipt", made)["contractAddress"]
        with open(self.venue.config, "a", encoding="utf-8") as file:
            file.write(EXTRA.format(socket=self.signer.socket, url=evm.url, contract=self.contract, chain_id=CHAIN_ID))
        self.signer.start()
        self.venue.start()

    def close(self):
        self.venue.__exit__()
        self.signer.stop()

    def now(self):
        return json.loads(dcx("anchor", "now", "--data", self.venue.data, "--json"))["checkpoint"]

    def newest(self, checkpoint):
        lines = [json.loads(line) for line in dcx("anchor", "list", "--data", self.venue.data, "--json").splitlines()]
        found = [a for a in lines if a["place"] == "evm" and a["checkpoint"] == checkpoint]
        return found[-1] if found else {"stage": "none"}

    def confirmed(self, checkpoint):
        # A block for each look: the contract's own comes by itself.
        def seen():
            self.evm.call("evm_mine")
            return self.newest(checkpoint)["stage"] == "confirmed"
        wait_until(seen, 90, f"checkpoint {checkpoint} confirmed: {self.newest(checkpoint)}")
        return self.newest(checkpoint)

    def written(self):
        """{number: digest} of all that the contract ever took, each once."""
        events = self.evm.call("eth_getLogs", {"address": self.contract, "fromBlock": "earliest"})
        numbers = {int(e["topics"][1], 16): e["data"][2:] for e in events}
        check(len(numbers) == len(events), events)
        return numbers


def main():
    try:
        evm = PrivateEvm()
    except NotInstalled as missing:
        print(f"SKIPPED: {missing}")
        return
    with evm:
        rig = Rig(evm)
        try:
            # The owner has nothing yet, which is said, with its address.
            first = rig.now()
            wait_until(lambda: rig.owner in rig.newest(first).get("error", ""), 60, "the address that needs funds")
            check("no_funds (2)" in rig.newest(first)["error"], rig.newest(first))
            evm.call("eth_sendTransaction", {"from": rig.rich, "to": rig.owner, "value": hex(10**18)})
            anchor = rig.confirmed(first)
            check(rig.written() == {first: anchor["digest"]}, rig.written())
            told = dcx("anchor", "verify", str(first), "--data", rig.venue.data, "--config", rig.venue.config)
            check("evm: there" in told and rig.contract in told, told)

            # The node is away, with an anchor to be sent, and comes back.
            evm.kill()
            second = rig.now()
            wait_until(lambda: "away (1)" in rig.newest(second).get("error", ""), 60, "the node's absence")
            evm.start()
            rig.confirmed(second)

            # The venue is killed and forgets its queue: what stands in the contract is found, and not sent again.
            rig.venue.kill()
            for name in os.listdir(rig.venue.data):
                if name.startswith("anchors.sqlite"):
                    os.unlink(os.path.join(rig.venue.data, name))
            rig.venue.start()
            before = rig.written()
            again = rig.now()
            rig.confirmed(again)
            check(sorted(rig.written()) == sorted(before.keys() | {again}), rig.written())
        finally:
            rig.close()
    print("anchored once each")


if __name__ == "__main__":
    main()
