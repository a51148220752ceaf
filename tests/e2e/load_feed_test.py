"""`dcx load feed` against a running venue whose market moves: chains, formats, channels; what it refuses, and what it says when
the venue goes. How fast it was is not looked at."""

import json
import signal
import subprocess
import time

from venue import PROGRAM, Venue


def load_feed(*arguments):
    return subprocess.run([PROGRAM, "load", "feed", *arguments], capture_output=True, text=True, timeout=120, check=False)


def loaded(*arguments):
    done = load_feed("--json", *arguments)
    assert done.returncode == 0, done
    result = json.loads(done.stdout)
    assert result["gaps"] == result["broken"] == result["closed"] == 0 and result["errors"] == {}, result
    values = [result["latency_ns"][name] for name in ("p50", "p90", "p99", "p99_9", "max")]
    assert values == sorted(values) and values[0] >= 0, result
    return result


def check_traffic(venue):
    orders = subprocess.Popen([PROGRAM, "load", "--data", venue.data, "--rate", "500", "--seconds", "8", "--yes", "--json"],
                              stdout=subprocess.DEVNULL)
    try:
        for form in ("msgpack", "json"):
            result = loaded("--data", venue.data, "--clients", "20", "--format", form, "--seconds", "2")
            assert result["clients"] == 20 and result["format"] == form and result["channel"] == "orderbook", result
            # Each message to each of them, whole; one may be under way at the end.
            assert result["messages"] >= 20 * 20 and result["bytes"] > 50 * result["messages"], result
            assert result["latency_ns"]["max"] > 0, result
        slower = loaded("--data", venue.data, "--depth", "5", "--rate", "100", "--seconds", "1", "--clients", "2")
        assert 0 < slower["messages"] <= 2 * 15, slower
    finally:
        orders.wait(60)


def check_channels(venue):
    for channel in ("trades", "ticker"):
        done = load_feed("--data", venue.data, "--channel", channel, "--seconds", "1", "--clients", "3")
        assert done.returncode == 0 and f"3 clients of {channel} DEC/USD" in done.stdout, done
        assert "gaps 0, skipped and told 0, broken 0, connections ended 0" in done.stdout, done


def check_refusals(venue):
    done = load_feed("--data", venue.data, "--market", "NO/SUCH", "--seconds", "1")
    assert done.returncode == 1 and "the feed lets nobody in: no such symbol" in done.stderr, done
    done = load_feed("--connect", "ws://127.0.0.1:1", "--seconds", "1")
    assert done.returncode == 1 and "the feed lets nobody in" in done.stderr, done
    done = load_feed("--connect", "http://127.0.0.1:1", "--seconds", "1")
    assert done.returncode == 1 and "begins with ws://" in done.stderr, done
    for wrong in (["--clients", "0"], ["--clients", "10001"], ["--channel", "balances"], ["--depth", "7"],
                  ["--rate", "1"], ["--interval", "2m"], ["--format", "xml"], ["--seconds", "0"]):
        done = load_feed("--data", venue.data, *wrong)
        assert done.returncode == 2, done
    done = load_feed("--data", venue.data + "-none", "--seconds", "1")
    assert done.returncode == 1 and "no venue runs on" in done.stderr, done


def check_end(venue):
    running = subprocess.Popen([PROGRAM, "load", "feed", "--data", venue.data, "--seconds", "60", "--clients", "5"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while venue.metric('dcx_feed_subscriptions{channel="orderbook"}') < 5:
        time.sleep(0.05)
    venue.process.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 1 and "connections ended: 5, first: " in err and "connections ended 5" in out, (out, err)


def main():
    with Venue() as venue:
        venue.start()
        check_traffic(venue)
        check_channels(venue)
        check_refusals(venue)
        check_end(venue)
    print("load feed: ok")


if __name__ == "__main__":
    main()
