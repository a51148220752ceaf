"""`dcx bench` with its smallest sizes: every measure runs, checks its answers and leaves nothing behind. The figures
themselves say nothing and are not looked at beyond being figures."""

import json
import os
import subprocess
import tempfile

from venue import PROGRAM

MEASURES = ["book", "core", "ledger", "ring/batched", "ring/round_trip", "journal/commit", "journal/bare_sync",
            "journal/batches", "loopback/memory", "loopback/disk"]


def bench(*arguments):
    return subprocess.run([PROGRAM, "bench", *arguments], capture_output=True, text=True, timeout=100, check=False)


def check_latency(latency):
    values = [latency[name] for name in ("p50", "p90", "p99", "p99_9", "max")]
    assert values == sorted(values) and values[0] > 0, latency


def main():
    with tempfile.TemporaryDirectory(prefix="dcx-test-") as folder:
        done = bench("--smallest", "--json", "--folder", folder)
        assert done.returncode == 0, done
        *lines, last = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["measure"] for line in lines] == MEASURES, lines
        for line in lines:
            assert line["checked"] and line["better"] in ("more", "less"), line
            if "latency_ns" in line:
                check_latency(line["latency_ns"])
            if line["measure"].startswith("loopback"):
                assert line["orders"] == 100, line
            else:
                assert 0 < line["lowest"] <= line["median"] <= line["highest"] and line["runs"] >= 1, line
        assert last["bench"] == "ok" and last["cores"] == os.sysconf("SC_NPROCESSORS_ONLN"), last
        assert not os.listdir(folder), "the folder is left as it was"

    refused = bench("--smallest", "--folder", "/nonexistent/folder")
    assert refused.returncode == 1 and "/nonexistent/folder" in refused.stderr, refused
    assert bench("--no-such-option").returncode == 2
    print("ok")


if __name__ == "__main__":
    main()
