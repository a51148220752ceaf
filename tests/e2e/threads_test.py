"""Where the venue's threads run and what it says of it: placed, floating, refused; memory locked or the reason why not."""

import json
import os
import resource
import shutil
import subprocess

from venue import PROGRAM, Venue

HOT = ("dcx-engine", "dcx-journal", "dcx-gateway", "dcx-feed")
HARD = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]


def status_of(venue):
    """Of each thread the cores it may run on and its scheduling policy (0: ordinary, 1: FIFO)."""
    found = {}
    folder = f"/proc/{venue.process.pid}/task"
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/comm", encoding="ascii") as file:
            name = file.read().strip()
        with open(f"{folder}/{task}/status", encoding="ascii") as file:
            cores = next(line.split()[1] for line in file if line.startswith("Cpus_allowed_list:"))
        found[name] = (cores, os.sched_getscheduler(int(task)) & ~os.SCHED_RESET_ON_FORK)
    return found


def numbers(text):
    """Those of "0-3,8"."""
    found = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def check_floating():
    with Venue() as venue:
        venue.start()
        threads = status_of(venue)
        everywhere = threads["dcx"][0]
        assert {threads[name] for name in (*HOT, "dcx-auditor")} == {(everywhere, os.SCHED_OTHER)}, threads
        ready = json.loads(venue.admin("/ready")[1])
        assert ready["threads"].startswith("engine floats, journal floats, "), ready
        assert " MiB: " in ready["memory"], ready
        log = venue.log_text()
        assert "threads placed" in log, log
        assert venue.metric("dcx_memory_pages_elsewhere") == 0
        assert venue.stop() == 0, log


def check_placed(cores):
    """The engine alone on the last core, everybody else off it; `realtime` is granted or its refusal is told."""
    last = cores[-1]
    with Venue(f"[threads]\nengine = {last}\nrealtime = 5\n") as venue:
        venue.start()
        threads = status_of(venue)
        log = venue.log_text()
        assert threads["dcx-engine"][0] == str(last), threads
        for name, (allowed, policy) in threads.items():
            if name != "dcx-engine":
                assert last not in numbers(allowed), (name, threads)
        granted = threads["dcx-engine"][1] == os.SCHED_FIFO
        assert granted != ("RLIMIT_RTPRIO is" in log), log
        assert threads["dcx-auditor"][1] == os.SCHED_OTHER, threads
        assert f"engine {last} fifo 5" in json.loads(venue.admin("/ready")[1])["threads"]
        assert f'dcx_thread_core{{thread="engine"}} {last}\n' in venue.admin("/metrics")[1]
        # Bound to the engine's node, and seen there.
        assert venue.metric("dcx_memory_pages_elsewhere") == 0
        assert venue.stop() == 0, venue.log_text()


def check_refused():
    for text, reason in (("[threads]\nfeed = 4095\n", "threads.feed: there is no core 4095 for this process"),
                         ('idle = "spin"\n[threads]\nfeed = 0\nengine = 0\n', 'threads.feed and threads.engine are on the same core')):
        with Venue(text) as venue:
            done = subprocess.run([PROGRAM, "serve", "--config", venue.config, "--data", venue.data],
                                  capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 3 and reason in done.stderr, done


def check_locking():
    """With a limit of nothing, and without the right to pass over limits."""
    def unprivileged():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, HARD))
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresuid(65534, 65534, 65534)

    for lock, code in (("true", 3), ('"auto"', 0)):
        with Venue(f"[memory]\nlock = {lock}\n") as venue:
            os.chmod(venue.folder, 0o777)
            # Where whoever it is may run it.
            program = shutil.copy(PROGRAM, venue.folder)
            process = subprocess.Popen([program, "serve", "--config", venue.config, "--data", venue.data],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=unprivileged)
            if code == 0:
                assert json.loads(process.stdout.readline())["ready"] is True
                process.terminate()
            said = process.communicate(timeout=60)[1]
            assert process.returncode == code, (process.returncode, said)
            assert "RLIMIT_MEMLOCK is 0 KiB" in said, said
            assert ("memory.lock = true: memory can be swapped" in said) == (code == 3), said


def main():
    cores = sorted(os.sched_getaffinity(0))
    check_floating()
    check_refused()
    check_locking()
    if len(cores) >= 2:
        check_placed(cores)
    print("threads: ok")


if __name__ == "__main__":
    main()
