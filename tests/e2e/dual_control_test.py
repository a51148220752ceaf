"""A venue whose keys, listings and limits need two persons, by its tools: what one may not do alone, what a proposal says, and
that nothing is carried out twice or by one person."""

import os

from order_entry import BUY, PLACE, SELL, Key, Session, place_block
from tools_test import Tools
from venue import Venue

CONFIG = "dual_control = true\n"


def key_of(venue, name):
    return os.path.join(venue.data, "keys", name)


def check_keys(tools, venue):
    """An account's key waits for both."""
    lines = tools.json("ledger open alice")
    assert lines[0]["account"] == 6 and lines[0]["key"] is None, lines
    proposal = lines[1]
    assert proposal["command"] == "add_key" and proposal["says"]["account"] == 6, proposal
    number = proposal["proposal"]
    tools.refused("ledger open alice", "exists")
    tools.refused("ledger balance alice", "nobody is called")
    waiting = tools.json("admin proposals --key operator-2")
    assert [p["proposal"] for p in waiting] == [number] and waiting[0]["says"] == proposal["says"], waiting
    first = tools.json(f"admin approve {number}")
    assert first[0] == waiting[0] and first[1] == {"approved": number, "person": 1, "complete": False}, first
    assert tools.json("admin proposals")[0]["approved_by"] == 1
    done = tools.run(f"admin approve {number} --json", code=1)
    assert '"same_person"' in done.stdout, done
    second = tools.json(f"admin approve {number} --key operator-2")
    assert second[1]["complete"] is True and second[2]["outcome"] == "key_added", second
    assert second[2]["file"] == key_of(venue, "alice.key") and not os.path.exists(key_of(venue, "alice.proposed")), second
    assert tools.text("ledger balance alice") == ["nothing"]
    tools.refused(f"admin approve {number}", "unknown_proposal (36)")
    assert tools.text("admin proposals") == ["nothing is proposed"]


def both(tools, number):
    tools.json(f"admin approve {number} --key operator-2")
    return tools.json(f"admin approve {number}")[2:]


def check_limits(tools):
    tools.refused("admin limits DEC/USD --collar 500", "dual_control_required (35)")
    tools.refused("admin asset-limits USD --mint-ceiling 5000", "dual_control_required (35)")
    proposal = tools.json("admin propose limits DEC/USD --collar 500")[0]
    assert proposal["says"]["collar_bp"] == 500 and proposal["says"]["market"] == "DEC/USD", proposal
    assert tools.json("admin limits DEC/USD")[0]["collar_bp"] == 1000
    assert [o["outcome"] for o in both(tools, proposal["proposal"])] == ["market_limits_set"]
    assert tools.json("admin limits DEC/USD")[0]["collar_bp"] == 500
    proposal = tools.json("admin propose asset-limits USD --dual-control-above 1000 --mint-ceiling 5000")[0]
    both(tools, proposal["proposal"])
    limits = tools.json("admin asset-limits USD")[0]
    assert (limits["mint_ceiling"], limits["dual_control_above"]) == ("5000.00000000", "1000.00000000"), limits


def check_money(tools):
    tools.text("ledger deposit alice USD 1000")
    tools.refused("ledger deposit alice USD 1000.00000001", "dual_control_required (35)")
    proposal = tools.json("admin propose mint alice USD 3000")[0]
    assert proposal["says"]["amount"] == "3000.00000000" and proposal["says"]["account"] == 6, proposal
    assert [o["outcome"] for o in both(tools, proposal["proposal"])] == ["transferred"]
    proposal = tools.json("admin propose mint alice USD 1000.5")[0]
    tools.json(f"admin approve {proposal['proposal']} --key operator-2")
    # What is approved can still be refused: the day's ceiling.
    done = tools.run(f"admin approve {proposal['proposal']} --json", code=1)
    assert '"mint_ceiling_exceeded"' in done.stdout and '"complete":true' in done.stdout, done
    assert tools.text("ledger balance alice") == ["USD 4000.00000000 available, 0.00000000 held"]


def check_rules(tools):
    """A new venue is under the newest rules: two persons can agree on others, and are refused together."""
    tools.refused("admin activate-rules 4", "dual_control_required (35)")
    proposal = tools.json("admin propose activate-rules 4")[0]
    assert proposal["command"] == "activate_rules" and proposal["says"] == {"version": 4}, proposal
    tools.json(f"admin approve {proposal['proposal']} --key operator-2")
    done = tools.run(f"admin approve {proposal['proposal']} --json", code=1)
    assert '"unknown_rules"' in done.stdout and '"complete":true' in done.stdout, done


def check_bust(tools):
    """A trade is taken back, and the ledger says so."""
    both(tools, tools.json("ledger open bob")[1]["proposal"])
    tools.text("ledger deposit bob DEC 100")
    tools.text("order place bob DEC/USD sell 50 1.25")
    tools.text("order place alice DEC/USD buy 50 1.25")
    before = tools.json("ledger audit")
    tools.refused("admin propose bust 0 --lifetime 5", "limit_out_of_range (30)")
    proposal = tools.json("admin propose bust 1")[0]
    outcomes = [o["outcome"] for o in both(tools, proposal["proposal"])]
    assert outcomes[0] == "trade_busted" and set(outcomes[1:]) == {"posted"}, outcomes
    assert tools.text("ledger balance alice") == ["USD 4000.00000000 available, 0.00000000 held"]
    assert tools.text("ledger balance bob") == ["DEC 100.00000000 available, 0.00000000 held"]
    # What was bought goes back less the fee, the fee comes from the venue, the money comes from the seller less his.
    kinds = [e["kind"] for e in tools.json("ledger statement alice")[:-1]]
    assert kinds[-6:-3] == ["trade", "trade", "trade_fee"] and set(kinds[-3:]) == {"trade_bust"}, kinds
    after = tools.json("ledger audit")
    assert before[-1]["audit"] == after[-1]["audit"] == "ok"


def main():
    with Venue(CONFIG, limits=True) as venue:
        venue.start()
        tools = Tools(venue.data)
        assert os.stat(key_of(venue, "operator-2.key")).st_mode & 0o777 == 0o600
        check_keys(tools, venue)
        check_limits(tools)
        check_money(tools)
        check_rules(tools)
        check_bust(tools)
        # The second person takes his key away: the venue starts without it, and one alone can do nothing.
        proposal = tools.json("admin propose fees DEC/USD --maker -100 --tier 2")[0]["proposal"]
        venue.kill()
        os.rename(key_of(venue, "operator-2.key"), os.path.join(venue.folder, "operator-2.key"))
        venue.start()
        assert [p["proposal"] for p in tools.json("admin proposals")] == [proposal]
        tools.json(f"admin approve {proposal}")
        tools.refused(f"admin approve {proposal} --key operator-2", "operator-2")
        os.rename(os.path.join(venue.folder, "operator-2.key"), key_of(venue, "operator-2.key"))
        assert tools.json(f"admin approve {proposal} --key operator-2")[2]["outcome"] == "fees_set"
        assert tools.json("admin fees DEC/USD --tier 2")[0]["maker_fee"] == -100
        assert venue.stop() == 0, venue.log_text()
    print("dual control: ok")


if __name__ == "__main__":
    main()
