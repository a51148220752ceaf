"""The C++ client as programs of their own against the program, which is killed under them again and again and comes back on another
port: every order once, every report once and in order (the programs check it), and their accounts are what the venue says, asked
by order_entry.py."""

import json
import os
import random
import subprocess
import time

from chaos_proxy import ChaosProxy
from order_entry import Key, Session
from venue import Venue

AGENT = os.environ.get("DCX_TRADING_AGENT", "build/quick/tests/order_entry/dcx_trading_agent")
KILLS = int(os.environ.get("DCX_KILLS", "5"))
FUNDS = 10**16


def key_file(venue, key):
    path = os.path.join(venue.folder, f"{key.account}.key")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(f"key_id {key.id}\naccount {key.account}\nseed {key.seed.hex()}\n")
    return path


def main():
    seed = int(os.environ.get("DCX_SEED", "1"))
    chance = random.Random(seed)
    with Venue() as venue:
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        keys = [operator.funded({1: FUNDS, 2: FUNDS}) for _ in range(2)]
        operator.close()
        proxy = ChaosProxy(venue.ready["order_entry"], seed)
        agents = [subprocess.Popen([AGENT, str(proxy.port), key_file(venue, key), str(seed + i)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i, key in enumerate(keys)]
        for kill in range(KILLS):
            proxy.calm = kill % 2 == 0
            time.sleep(chance.uniform(0.1, 0.6))
            venue.kill()
            venue.start()
            proxy.set_venue(venue.ready["order_entry"])
        proxy.calm = True
        for agent in agents:
            agent.stdin.write(".")
            agent.stdin.flush()
        # One that is ready may still be filled by one that is not.
        for agent in agents:
            assert agent.stdout.readline() == "quiet\n", agent.communicate()
        for agent in agents:
            agent.stdin.close()
            agent.stdin = None
        told = [agent.communicate(timeout=120) for agent in agents]
        for agent, (out, error) in zip(agents, told):
            assert agent.returncode == 0, out + error
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        for key, (out, _) in zip(keys, told):
            said = json.loads(out.splitlines()[0])
            assert {str(e.order_id): e.leaves_qty for e in operator.open_orders(key.account)} == said["open"]
            balances = operator.balances(key.account)
            assert [sum(balances[asset]) for asset in (1, 2)] == [said["base"], said["quote"]], (balances, said)
            print(f"{KILLS} kills, {proxy.cuts} cuts: {said['commands']} commands, {said['fills']} fills, {said['sessions']} sessions")
        operator.close()
        proxy.close()
        assert venue.stop() == 0, venue.log_text()


if __name__ == "__main__":
    main()
