"""`dcx load` against a running venue: own accounts and key files, mixes, a ramp; what it refuses; what it leaves behind.
How fast it was is not looked at."""

import json
import os
import subprocess

from venue import PROGRAM, Venue

STAGES = ["waiting", "in", "sequenced", "matched", "durable", "encoded", "out"]


def load(*arguments):
    return subprocess.run([PROGRAM, "load", *arguments], capture_output=True, text=True, timeout=120, check=False)


def loaded(*arguments):
    done = load("--json", *arguments)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def check_latency(latency):
    values = [latency[name] for name in ("p50", "p90", "p99", "p99_9", "max")]
    assert values == sorted(values) and values[-1] >= 0, latency


def check_point(point, rate):
    assert point["rate"] == rate and point["sent"] + point["unsent"] == rate, point
    assert point["answered"] == point["sent"] and point["reports"] >= point["answered"], point
    check_latency(point["latency_ns"])
    assert point["latency_ns"]["p50"] > 0
    assert list(point["stages_ns"]) == STAGES, point
    for stage in point["stages_ns"].values():
        check_latency(stage)
    # A cancel that came too late is the one refusal that a load of its own may meet.
    assert set(point["rejects"]) <= {"unknown_order"}, point


def open_orders(venue, name):
    done = subprocess.run([PROGRAM, "order", "open", name, "--data", venue.data, "--json"], capture_output=True, text=True,
                          timeout=30, check=True)
    return json.loads(done.stdout.splitlines()[-1])["orders"]


def check_own_accounts(venue):
    result = loaded("--data", venue.data, "--clients", "3", "--rate", "2000", "--seconds", "1")
    assert result["clients"] == 3 and result["door"] == "tcp" and result["durability"] == "disk", result
    assert "knee" not in result and len(result["points"]) == 1, result
    check_point(result["points"][0], 2000)
    keys = [os.path.join(venue.data, "keys", f"load-{i}.key") for i in (1, 2, 3)]
    assert all(os.path.exists(key) for key in keys)
    # Found again, and nothing of theirs rests any more.
    before = [os.stat(key).st_mtime_ns for key in keys]
    check_point(loaded("--data", venue.data, "--clients", "3", "--rate", "500", "--seconds", "1")["points"][0], 500)
    assert [os.stat(key).st_mtime_ns for key in keys] == before
    assert [open_orders(venue, f"load-{i}") for i in (1, 2, 3)] == [0, 0, 0]


def check_mixes(venue):
    point = loaded("--data", venue.data, "--mix", "place=40,cancel=30,amend=20,market=10", "--rate", "1000", "--seconds", "1",
                   "--clients", "2", "--market", "BTC/USD")["points"][0]
    check_point(point, 1000)
    assert point["fills"] > 0, point
    # Nothing but orders that rest: as many as it keeps, then each is canceled for the next one.
    point = loaded("--data", venue.data, "--mix", "place=100", "--rate", "1500", "--seconds", "1")["points"][0]
    check_point(point, 1500)
    assert point["fills"] == 0 and not point["rejects"], point


def check_key_files(venue):
    keys = [word for i in (1, 2) for word in ("--key", os.path.join(venue.data, "keys", f"load-{i}.key"))]
    result = loaded("--connect", venue.ready["order_entry"], *keys, "--clients", "4", "--yes", "--rate", "1000", "--seconds", "1")
    check_point(result["points"][0], 1000)
    refused = load("--connect", venue.ready["order_entry"], *keys)
    assert refused.returncode == 1 and "--yes" in refused.stderr, refused
    assert load("--connect", venue.ready["order_entry"]).returncode == 2  # needs keys


def check_shared_memory(venue):
    result = loaded("--data", venue.data, "--door", "shm", "--clients", "2", "--rate", "1000", "--seconds", "1")
    assert result["door"] == "shm" and result["venue"] == "shm:" + venue.ready["shm"], result
    check_point(result["points"][0], 1000)
    key = os.path.join(venue.data, "keys", "load-1.key")
    result = loaded("--connect", "shm:" + venue.ready["shm"], "--key", key, "--yes", "--rate", "1000", "--seconds", "1")
    assert result["door"] == "shm", result
    check_point(result["points"][0], 1000)
    assert open_orders(venue, "load-1") == 0


def check_ramp(venue):
    result = loaded("--data", venue.data, "--ramp", "--seconds", "1", "--clients", "2")
    rates = [point["rate"] for point in result["points"]]
    assert rates == sorted(rates) and len(rates) > 5, rates
    assert result["saturation"] > 0 and result["knee"] in [0, *rates], result
    text = load("--data", venue.data, "--rate", "100", "--seconds", "1")
    assert text.returncode == 0 and all(stage in text.stdout for stage in STAGES), text


def check_usage(venue):
    for wrong in (["--mix", "place=50"], ["--mix", "place"], ["--mix", "pray=100"], ["--mix", "place=101,cancel=-1"],
                  ["--market", "DEC/EUR"], ["--price", "1.23456789"], ["--key", "/nonexistent"]):
        done = load("--data", venue.data, "--yes", *wrong)
        assert done.returncode == 1 and done.stderr.startswith("dcx: "), done
    for wrong in (["--clients", "0"], ["--clients", "1000000"], ["--rate", "0"], ["--seconds", "0"], ["--door", "window"],
                  ["--ramp", "--rate", "5"]):
        assert load("--data", venue.data, *wrong).returncode == 2, wrong
    assert load("--data", "/nonexistent").returncode == 1
    done = load("--connect", "nowhere", "--key", os.path.join(venue.data, "keys", "load-1.key"), "--yes")
    assert done.returncode == 1 and "ADDRESS:PORT" in done.stderr, done


def main():
    with Venue("sim = true\n[sim]\norders_per_second = 1\n", limits=True) as venue:
        venue.start()
        check_own_accounts(venue)
        check_mixes(venue)
        check_key_files(venue)
        check_shared_memory(venue)
        check_ramp(venue)
        check_usage(venue)
        assert venue.stop() == 0, venue.log_text()
    with Venue('durability = "memory"\n[shm]\nenabled = false\n') as venue:
        venue.start()
        closed = load("--data", venue.data, "--door", "shm", "--yes")
        assert closed.returncode == 1 and "no door" in closed.stderr, closed
        refused = load("--data", venue.data)
        assert refused.returncode == 1 and "--yes" in refused.stderr, refused
        assert not os.path.exists(os.path.join(venue.data, "keys", "load-1.key")), "nothing was done"
        assert loaded("--data", venue.data, "--yes", "--seconds", "1", "--rate", "100")["durability"] == "memory"
        # A session that ends is told, and ends the load.
        long = subprocess.Popen([PROGRAM, "load", "--data", venue.data, "--yes", "--seconds", "60"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        try:
            long.communicate(timeout=3)
            raise AssertionError("it ended before its time")
        except subprocess.TimeoutExpired:
            pass
        venue.kill()
        out, err = long.communicate(timeout=30)
        assert long.returncode == 1 and "ended" in err and not out, (out, err)
    print("ok")


if __name__ == "__main__":
    main()
