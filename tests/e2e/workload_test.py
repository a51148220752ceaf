"""`dcx bench workload` on the public workload beside the repository must give the answer that independent engines agree
on. Without those files there is nothing to compare with."""

import glob
import json
import os
import subprocess
import sys

from venue import PROGRAM

REPOSITORY = os.environ.get("DCX_REPOSITORY") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(REPOSITORY, "..", "shared", "data", "workload")


def reference_hashes():
    """{scenario: SHA-256}, of lines `SHA-256  scenario_...`, as sha256sum writes them."""
    with open(os.path.join(FOLDER, "reference_hashes.txt"), encoding="utf-8") as file:
        return {name.split("_")[0]: digest for digest, name in (line.split() for line in file if line.strip())}


def main():
    files = sorted(glob.glob(os.path.join(FOLDER, "orders_*.bin*")))
    if not files:
        print("SKIPPED: the public workload (../shared/data/workload) is not here")
        return
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"{PROGRAM} is not there: ./test builds it")
    hashes = reference_hashes()
    for file in files:
        scenario = os.path.basename(file).split("_")[1]
        done = subprocess.run([PROGRAM, "bench", "workload", file, "--runs", "1", "--json"], capture_output=True, text=True,
                              timeout=250, check=False)
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["sha256"] == hashes[scenario], f"{scenario}: {answer}, expected {hashes[scenario]}"
        print(f"{scenario}: {answer['messages']} messages, {answer['reports']} reports, as agreed")


if __name__ == "__main__":
    main()
