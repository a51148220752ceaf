"""The program as operators and scripts meet it: ready line, health, metrics, stop, refusals, exit codes."""

import json
import os
import subprocess

from order_entry import BUY, IOC, MARKET, PLACE, SELL, Key, Session, cancel_block, place_block, CANCEL
from venue import PROGRAM, Venue


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False)


def check_command_line():
    for command in ([], ["serve"], ["sim"], ["watch"], ["replay"], ["bench"], ["bench", "workload"], ["bench", "transfers"]):
        done = run(*command, "--help")
        assert done.returncode == 0 and "--help" in done.stdout, (command, done)
    assert run("--version").stdout.startswith("dcx ")
    assert run().returncode == 2
    assert run("serve").returncode == 2, "--data is required"
    assert run("fly").returncode == 2
    assert run("replay", "/nonexistent/journal").returncode == 1
    assert run("bench", "workload", "/nonexistent").returncode == 1
    assert run("bench", "workload", "--generate", "odd").returncode == 1
    assert run("bench", "workload", "--generate", "normal", "--runs", "0").returncode == 2
    assert run("bench", "transfers", "--rate", "0").returncode == 2
    assert run("bench", "transfers", "--folder", "/nonexistent").returncode == 1
    done = run("bench", "transfers", "--rate", "500", "--seconds", "1", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["transfers"] == 500, done
    done = run("bench", "workload", "--generate", "normal", "--messages", "20000", "--runs", "1", "--json")
    assert done.returncode == 0 and len(json.loads(done.stdout)["sha256"]) == 64, done


def check_config_errors(venue):
    with open(venue.config, "a", encoding="utf-8") as file:
        file.write("\n[listen.x]\ny = 1\n")
    done = run("serve", "--config", venue.config, "--data", venue.data)
    assert done.returncode == 3 and "listen" in done.stderr and venue.config in done.stderr, done
    assert run("serve", "--config", "/nonexistent.toml", "--data", venue.data).returncode == 3


def check_files(venue):
    assert os.stat(venue.operator_key).st_mode & 0o777 == 0o600
    assert os.stat(venue.data).st_mode & 0o077 == 0, "the folder is its owner's alone"


def check_trade(venue):
    """Fund two accounts, rest an order, take half of it at a better price, see reports and balances, cancel the rest."""
    address = venue.ready["order_entry"]
    operator = Session(address, Key.read(venue.operator_key))
    assets, instruments = operator.listings()
    assert list(instruments) == ["DEC/USD", "BTC/USD", "ETH/USD", "DEC/BTC"], instruments
    dec, usd, market = assets["DEC"], assets["USD"], instruments["DEC/USD"]
    seller = Session(address, operator.funded({dec: 100 * 10**8}))
    buyer = Session(address, operator.funded({usd: 1000 * 10**8}))
    # 50 DEC at 1.2500
    seller.send(PLACE, place_block(seller.next_cl_ord_id(), 12_500, 500_000, seller.account, market, SELL))
    rested = seller.execution()
    assert (rested.exec_type, rested.ord_status, rested.leaves_qty) == (1, 1, 500_000), rested
    assert seller.balances(seller.account)[dec] == (50 * 10**8, 50 * 10**8)
    # 20 DEC at the market, protected at 1.3000
    buyer.send(PLACE, place_block(buyer.next_cl_ord_id(), 13_000, 200_000, buyer.account, market, BUY, MARKET, IOC))
    accepted, filled = buyer.execution(), buyer.execution()
    assert accepted.order_qty == 200_000 and filled.last_px == 12_500 and filled.ord_status == 3, filled
    assert filled.fee == 20 * 10**8 * 2000 // 10**6
    made = seller.execution()
    assert (made.last_qty, made.leaves_qty, made.trade_id) == (200_000, 300_000, filled.trade_id), made
    got = buyer.balances(buyer.account)
    expected = {usd: (975 * 10**8, 0), dec: (20 * 10**8 - filled.fee, 0)}
    assert {asset: pair for asset, pair in got.items() if pair != (0, 0)} == expected, (got, expected)
    assert seller.balances(seller.account)[usd] == (25 * 10**8 - made.fee, 0)
    seller.send(CANCEL, cancel_block(seller.next_cl_ord_id(), seller.account, order_id=rested.order_id))
    assert seller.execution().ord_status == 4
    assert seller.balances(seller.account)[dec] == (80 * 10**8, 0)
    try:
        seller.balances(buyer.account)
        raise RuntimeError("a customer saw somebody else's balances")
    except AssertionError as refused:
        assert "refused" in str(refused)
    for session in (operator, seller, buyer):
        session.close()


def main():
    check_command_line()
    with Venue() as venue:
        venue.start()
        check_files(venue)
        status, body = venue.get("/health")
        health = json.loads(body)
        assert status == 200 and health["status"] == "ok", health
        assert health == {"status": "ok", "simulated": False}, "no more than everybody may know"
        assert venue.get("/metrics")[0] == 404, "an operator's"
        assert venue.get("/nothing")[0] == 404
        assert venue.metric("dcx_engine_accepting") == 1
        check_trade(venue)
        assert venue.metric("dcx_gateway_commands_total") > 10

        second = run("serve", "--config", venue.config, "--data", venue.data)
        assert second.returncode == 7 and "in use" in second.stderr, "a second engine on one journal must be refused"
        simulated = run("serve", "--config", venue.config, "--data", venue.data, "--sim")
        assert simulated.returncode == 7, simulated

        assert venue.stop() == 0, venue.log_text()
        first = venue.replay()
        assert first == {**venue.replay(), "seconds": first["seconds"]}
        simulated = run("serve", "--config", venue.config, "--data", venue.data, "--sim")
        assert simulated.returncode == 3 and "simulated" in simulated.stderr, simulated
        venue.start()
        assert venue.metric("dcx_engine_epoch") >= 2
        session = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        assert session.next_out > 4, "the session's numbers outlive the restart"
        assert venue.stop() == 0, venue.log_text()
        check_config_errors(venue)
    for layout, durability, idle in (("single", "disk", "polite"), ("split", "memory", "polite"), ("single", "memory", "spin")):
        with Venue(f'layout = "{layout}"\ndurability = "{durability}"\nidle = "{idle}"\n') as venue:
            venue.start()
            check_trade(venue)
            assert json.loads(venue.admin("/health")[1])["durability"] == durability
            assert venue.stop() == 0, venue.log_text()
    print("serve: ok")


if __name__ == "__main__":
    main()
