"""The operator's side of a running venue: admin listener, token, metrics, logs, exit codes, the service manager's protocol.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/admin_test.py
"""

import json
import os
import re
import signal
import socket
import subprocess
import time

from venue import PROGRAM, Venue, ask, wait_until

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf'({NAME})(?:\{{({NAME})="((?:[^"\\\n]|\\[\\"n])*)"\}})? (\d+(\.\d+)?)')


def check_prometheus(text):
    """{name: {label value or None: number}}, of the text format by its letter: HELP, TYPE, then the family's samples."""
    assert text.endswith("\n")
    families, name, kind, awaits_type = {}, None, None, False
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            assert not awaits_type, line
            name, help_text = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and name not in families and help_text.endswith("."), line
            families[name], awaits_type = {}, True
        elif line.startswith("# TYPE "):
            assert awaits_type, line
            typed, kind = line[7:].split(" ")
            assert typed == name and kind in ("counter", "gauge", "histogram"), line
            assert (kind == "counter") == name.endswith("_total"), line
            awaits_type = False
        else:
            match = SAMPLE.fullmatch(line)
            suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert match and not awaits_type and match[1] in [name + suffix for suffix in suffixes], line
            samples = families.setdefault(match[1], {})
            assert match[3] not in samples, f"twice: {line}"
            assert match[5] is None or match[1].endswith(("_sum", "_seconds")), line
            samples[match[3]] = float(match[4]) if match[5] else int(match[4])
    assert not awaits_type
    for name in [name for name in families if name.endswith("_bucket")]:
        counts = list(families[name].values())
        assert list(families[name])[-1] == "+Inf" and counts == sorted(counts), name
        assert counts[-1] == families[name.removesuffix("_bucket") + "_count"][None], name
    return families


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60, check=False, **options)


def check_pages(venue):
    status, body = venue.admin("/ready")
    ready = json.loads(body)
    assert status == 200 and ready["ready"] is True and ready["state"] == "live" and ready["durability"] == "disk", ready
    status, body = venue.admin("/health")
    assert status == 200 and json.loads(body)["sequence"] >= json.loads(body)["durable"] > 0
    done = run("admin", "ready", "--data", venue.data)
    assert done.returncode == 0 and json.loads(done.stdout)["state"] == "live", done
    metrics = check_prometheus(venue.admin("/metrics")[1])
    assert metrics["dcx_ready"] == {None: 1} and metrics["dcx_failed"] == {None: 0}
    assert metrics["dcx_feed_answers"] == {None: 1} and metrics["dcx_feed_ready"] == {None: 1}
    assert metrics["dcx_feed_delay_seconds_count"] == {None: 0} and metrics["dcx_feed_delay_seconds_sum"] == {None: 0.0}
    assert set(metrics["dcx_feed_thread_connections"]) == {"1"} and metrics["dcx_feed_address_refusals_total"] == {None: 0}
    assert metrics["dcx_journal_bytes"][None] >= 4 << 20 and metrics["dcx_disk_free_bytes"][None] > 0
    assert set(metrics["dcx_worker_rounds_total"]) == {"dcx-gateway", "dcx-engine", "dcx-feed", "dcx-journal", "dcx-auditor"}
    later = check_prometheus(venue.admin("/metrics")[1])
    for name, samples in metrics.items():
        assert set(samples) <= set(later[name]), name
        if name.endswith("_total"):
            assert all(later[name][label] >= number for label, number in samples.items()), name
    wait_until(lambda: all(now > metrics["dcx_worker_rounds_total"][name] for name, now in check_prometheus(
        venue.admin("/metrics")[1])["dcx_worker_rounds_total"].items()), what="a turn of every thread")


def check_token(venue):
    path = os.path.join(venue.data, "admin.token")
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, encoding="ascii") as file:
        token = file.read().strip()
    assert re.fullmatch("[0-9a-f]{64}", token)
    right = {"Authorization": "Bearer " + token}
    for wrong in ({}, {"Authorization": token}, {"Authorization": "Bearer "}, {"Authorization": "Bearer " + token[:-1]},
                  {"Authorization": "Bearer " + token + "0"}, {"Authorization": "Basic " + token}):
        status, body = venue.admin("/actions/reopen-log", "POST", **wrong)
        assert status == 401 and json.loads(body)["done"] is False, (wrong, body)
        assert venue.admin("/actions/nothing", "POST", **wrong)[0] == 401
    assert venue.admin("/actions/reopen-log", "POST", **right) == (200, '{"done":true}\n')
    assert venue.admin("/actions/nothing", "POST", **right)[0] == 404
    assert venue.admin("/actions/reopen-log")[0] == 405
    assert "reopen-log" in json.loads(venue.admin("/actions")[1])
    assert ask(venue.ready["http"] + "/actions/reopen-log", "POST", right)[0] in (404, 405), "not on the public listener"
    assert json.loads(run("admin", "call", "reopen-log", "--data", venue.data).stdout) == {"done": True}
    assert run("admin", "call", "nothing", "--data", venue.data).returncode == 1
    os.chmod(path, 0o644)
    done = run("admin", "call", "reopen-log", "--data", venue.data)
    assert done.returncode == 1 and "chmod 600" in done.stderr, done
    os.chmod(path, 0o600)
    assert token not in venue.log_text()


def check_log(venue, log):
    def lines():
        with open(log, encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    messages = [(line["component"], line["message"]) for line in lines()]
    assert ("venue", "ready") in messages and ("engine", "started") in messages, messages
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in lines())
    os.rename(log, log + ".away")
    venue.process.send_signal(signal.SIGHUP)
    wait_until(lambda: os.path.exists(log), what="the log's file after SIGHUP")
    assert venue.admin("/ready")[0] == 200
    assert venue.stop() == 0
    of_venue = [line["message"] for line in lines() if line["component"] == "venue"]
    assert of_venue[-2:] == ["stopping", "stopped"], of_venue
    done = run("admin", "ready", "--data", venue.data)
    assert done.returncode == 1 and "no venue runs" in done.stderr, done


def check_exit_codes(venue):
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen(1)
    port = taken.getsockname()[1]
    with open(venue.config, encoding="utf-8") as file:
        config = file.read()
    other = venue.config + ".other"
    for key in ("order_entry = 0", "http = 0", "port = 0"):
        with open(other, "w", encoding="utf-8") as file:
            file.write(config.replace(key, key.replace(" 0", f" {port}"), 1))
        done = run("serve", "--config", other, "--data", venue.data)
        assert done.returncode == 6 and "in use" in done.stderr, done
    taken.close()
    with open(other, "w", encoding="utf-8") as file:
        file.write(config + '\n[log]\nfile = "/nonexistent/log"\n')
    assert run("serve", "--config", other, "--data", venue.data).returncode == 3
    # A byte of the first command of a journal that goes on behind it.
    segment = sorted(name for name in os.listdir(venue.journal) if name.endswith(".journal"))[0]
    path = os.path.join(venue.journal, segment)
    with open(path, "r+b") as file:
        file.seek(4096 + 128 + 50)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    done = run("serve", "--config", venue.config, "--data", venue.data)
    assert done.returncode == 4 and segment in done.stderr, done
    with open(path, "r+b") as file:
        file.seek(4096 + 128 + 50)
        file.write(byte)


def check_service_protocol(venue, address):
    """As the service manager would: ready when serving, fed while it serves, stopping."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(address.replace("@", "\0", 1))
    manager.settimeout(30)
    os.environ.update(NOTIFY_SOCKET=address, WATCHDOG_USEC="1000000")
    try:
        venue.start()
    finally:
        del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]

    def next_message():
        return dict(part.split("=", 1) for part in manager.recv(4096).decode().split("\n"))
    while (message := next_message()).get("READY") != "1":
        assert set(message) <= {"STATUS", "EXTEND_TIMEOUT_USEC"}, message
    assert "order entry" in message["STATUS"]
    for _ in range(3):
        assert next_message() == {"WATCHDOG": "1"}
    assert venue.stop() == 0
    message = next_message()
    while message == {"WATCHDOG": "1"}:
        message = next_message()
    assert message.get("STOPPING") == "1", message
    manager.close()


def main():
    with Venue(extra="") as venue:
        log = os.path.join(venue.folder, "dcx.log")
        with open(venue.config, "a", encoding="utf-8") as file:
            file.write(f'[log]\nformat = "json"\nfile = "{log}"\n')
        venue.start()
        check_pages(venue)
        check_token(venue)
        check_log(venue, log)
        with open(venue.config, encoding="utf-8") as file:
            text = file.read()
        with open(venue.config, "w", encoding="utf-8") as file:
            file.write(text[:text.index("[log]")])
        check_service_protocol(venue, os.path.join(venue.folder, "notify"))
        check_service_protocol(venue, f"@dcx-test-{os.getpid()}-{time.monotonic_ns()}")
        check_exit_codes(venue)
        venue.start()
        assert venue.stop() == 0
    print("admin: ok")


if __name__ == "__main__":
    main()
