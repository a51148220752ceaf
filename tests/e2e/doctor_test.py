"""`dcx doctor` on this machine: the same in both forms, what it says of files that are there for everybody to read, and
the exit code of what is bad."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

from venue import PROGRAM, Venue

NAMES = ["cores", "smt", "isolated_cores", "nohz_full", "steal", "governor", "turbo", "idle_states", "huge_pages_2m",
         "huge_pages_1g", "transparent_huge_pages", "memory", "swap", "swappiness", "shm", "memlock", "nofile", "rtprio",
         "kernel", "io_uring", "clock_source", "time_sync", "numa", "numa_balancing", "data_folder", "disk_space",
         "disk_sync", "ports"]


def doctor(*arguments):
    return subprocess.run([PROGRAM, "doctor", *arguments], capture_output=True, text=True, timeout=60, check=False)


def main():
    folder = tempfile.mkdtemp(prefix="dcx-test-")
    try:
        done = doctor("--json", "--data", os.path.join(folder, "venue"))
        answer = json.loads(done.stdout)
        findings = {f["name"]: f for f in answer["findings"]}
        assert list(findings) == NAMES, list(findings)
        verdicts = [f["verdict"] for f in answer["findings"]]
        assert set(verdicts) <= {"good", "weak", "bad", "unknown"}
        assert (answer["bad"], answer["weak"]) == (verdicts.count("bad"), verdicts.count("weak"))
        assert done.returncode == (1 if answer["bad"] else 0), done
        assert findings["kernel"]["found"] == os.uname().release
        assert folder in findings["data_folder"]["found"] and not os.listdir(folder)
        with open("/proc/sys/vm/swappiness", encoding="utf-8") as file:
            assert findings["swappiness"]["found"] == file.read().strip()
        table = doctor("--data", os.path.join(folder, "venue")).stdout.splitlines()
        assert [line.split()[0] for line in table] == NAMES
        # Readings change, kinds of machine do not.
        assert [line.split()[1] for line in table][:24] == verdicts[:24]

        if os.path.isdir("/dev/shm"):
            bad = doctor("--json", "--data", "/dev/shm/none")
            assert bad.returncode == 1 and json.loads(bad.stdout)["bad"] >= 1, bad
        with Venue() as venue:
            with open(venue.config, "r+", encoding="utf-8") as config:
                text = config.read().replace("order_entry = 0", "order_entry = 7001")
                config.seek(0)
                config.write(text)
            try:
                venue.start()
            except AssertionError:
                sys.exit("SKIPPED: port 7001 is taken on this machine")
            assert "7001" in json.loads(doctor("--json", "--data", folder).stdout)["findings"][-1]["found"]
            venue.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("ok")


if __name__ == "__main__":
    main()
