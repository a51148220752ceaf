"""The performance suite's driver (`./dev bench`): runs the benchmarks of measures.py, repeated and interleaved with
their peers, prints one table and writes JSON and a page. Fails only when a benchmark failed, never on a speed.

The stored run (JSON): {"schema": 1, "at": UTC time, "commit", "quick": bool, "machine": {"host", "cpu", "cores",
"kernel", "compiler", "load"}, "runs": {PROGRAM: {BENCHMARK: {"time": [ns …], "rate": [1/s …], COUNTER: [ … ]}}}}; the
lists have one number a repetition; counters named *_us are stored in ns without that ending. "curves", when latency
against load was measured, is what bench/load_bench.cpp writes.
"""
import argparse
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from pathlib import Path

import page
from measures import EMPTY, GROUPS, MEASURES

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "bench" / "results"
SCHEMA = 1
# Latency against load belongs to these groups.
LOAD, LOAD_GROUPS = "load_bench", {"core", "journal"}
NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
# What Google Benchmark says of a benchmark itself; all else that is a number is a counter.
OWN_FIELDS = {"real_time", "cpu_time", "iterations", "repetitions", "repetition_index", "threads", "family_index",
              "per_family_instance_index", "items_per_second", "bytes_per_second"}


class Failed(Exception):
    """A benchmark that could not run or found what it measured to be wrong."""


def plain_name(name):
    """The benchmark's name without its options."""
    return re.sub(r"/(real_time|manual_time|process_time|iterations:\d+|min_time:[\d.]+|repeats:\d+|threads:\d+)", "", name)


def collect(program, report):
    """{benchmark: {"time": […], "rate": […], counter: […]}} of a report of Google Benchmark."""
    found = {}
    for one in report["benchmarks"]:
        if one.get("run_type") == "aggregate":
            continue
        name = plain_name(one.get("run_name", one["name"]))
        if one.get("error_occurred"):
            raise Failed(f"{program}: {name}: {one.get('error_message', 'failed')}")
        values = found.setdefault(name, {"time": []})
        values["time"].append(one["real_time"] * NS[one.get("time_unit", "ns")])
        if "items_per_second" in one:
            values.setdefault("rate", []).append(one["items_per_second"])
        for key, value in one.items():
            if key not in OWN_FIELDS and isinstance(value, (int, float)) and not isinstance(value, bool):
                scale = NS["us"] if key.endswith("_us") else 1.0
                values.setdefault(key.removesuffix("_us"), []).append(value * scale)
    return found


def run_program(program, names, repetitions, seconds, folder):
    out = folder / f"{program}.json"
    out.unlink(missing_ok=True)
    wanted = "|".join(sorted(re.escape(n).replace(r"\-", "-") for n in names))
    try:
        done = subprocess.run(
            [folder.parent / "bench" / program, f"--benchmark_filter=^({wanted})(/[a-z_]+(:[0-9.]+)?)*$",
             f"--benchmark_repetitions={repetitions}", "--benchmark_enable_random_interleaving=true",
             f"--benchmark_out={out}", "--benchmark_out_format=json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{program}: not done after {seconds} s") from late
    if done.returncode != 0:
        raise Failed(f"{program}: exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    if not out.exists():
        # What it needs beside it is not here (bench/beside_servers.h).
        if done.stdout.startswith("SKIPPED: "):
            print(f"not measured: {program}: {done.stdout.strip()[9:]}", file=sys.stderr)
            return {}
        raise Failed(f"{program}: made no report")
    found = collect(program, json.loads(out.read_text()))
    missing = sorted(set(names) - set(found))
    if missing:
        raise Failed(f"{program}: has no benchmark {', '.join(missing)}")
    return found


def values_of(runs, program, name, value):
    """Of a benchmark; NAME:COUNTER is that counter whatever the value."""
    name, _, other = name.partition(":")
    kind, _, counter = value.partition(":")
    return runs.get(program, {}).get(name, {}).get(other or counter or kind, [])


def spread(values):
    """Half of the distance between the quartiles, as a share of the median: what noise does to one run. None: one value says
    nothing of noise."""
    middle = statistics.median(values)
    if len(values) < 2 or middle == 0:
        return None
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / abs(middle)


def rows(run, measures=MEASURES):
    """One a measure that was run. ratio: how many times as good as the peer (above 1 is better, whatever the unit)."""
    made = []
    for m in measures:
        ours = values_of(run["runs"], m.program, m.ours, m.value)
        if not ours:
            continue
        peer = values_of(run["runs"], m.program, m.peer, m.value) if m.peer else []
        row = {"measure": m, "ours": statistics.median(ours), "spread": spread(ours),
               "peer": statistics.median(peer) if peer else None, "ratio": None}
        if peer and row["ours"] and row["peer"]:
            quotient = row["ours"] / row["peer"]
            row["ratio"] = quotient if m.value.startswith("rate") else 1 / quotient
        made.append(row)
    return made


def compare(now, before, measures=MEASURES):
    """[(name, change, beyond)]: change > 0 is better; beyond the noise when it is above both runs' spreads, doubled,
    and 3 %; never when one of them was made once, as its noise is not known."""
    old = {r["measure"].name: r for r in rows(before, measures)}
    found = []
    for row in rows(now, measures):
        past = old.get(row["measure"].name)
        if past is None or not past["ours"] or not row["ours"]:
            continue
        change = row["ours"] / past["ours"]
        change = (change if row["measure"].value.startswith("rate") else 1 / change) - 1
        known = row["spread"] is not None and past["spread"] is not None
        beyond = known and abs(change) > max(0.03, 2 * (row["spread"] + past["spread"]))
        found.append((row["measure"].name, change, beyond))
    return found


def human(value, kind):
    if value is None:
        return "–"
    if kind.startswith("size"):
        return f"{value / 1024:.2f} KiB" if value >= 1024 else f"{value:.0f} B"
    if kind.startswith("rate"):
        return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value / 1e3:.1f} k/s"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if value >= size:
            return f"{value / size:.2f} {unit}"
    return f"{value:.1f} ns"


def cells(row):
    m = row["measure"]
    return (m.group, m.name, human(row["ours"], m.value), human(row["peer"], m.value), m.peer or "–",
            "–" if row["ratio"] is None else f"{row['ratio']:.2f}", "–" if m.target is None else f"≥ {m.target:g}",
            "–" if row["spread"] is None else f"± {100 * row['spread']:.0f} %")


HEAD = ("group", "measure", "ours", "peer", "peer is", "ratio", "target", "spread")


def table(run):
    lines = [HEAD, *(cells(r) for r in rows(run))]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths)).rstrip() for line in lines)


def said_by(*command):
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "unknown"
    return (done.stdout.splitlines() or ["unknown"])[0]


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {"host": platform.node(), "cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release(), "compiler": said_by("g++-12", "--version"), "load": list(os.getloadavg())}


def stored_before(results, host, programs):
    """The newest stored run of this machine with one of these programs and a spread, or None."""
    for path in sorted(results.glob("run-*.json"), reverse=True):
        run = load(path)
        if run and run["machine"]["host"] == host and not run["quick"] and programs & run["runs"].keys():
            return run
    return None


def load(path):
    """A stored run; None when it has another schema or is none."""
    try:
        run = json.loads(Path(path).read_text())
        return run if run["schema"] == SCHEMA and run["runs"] is not None and run["machine"]["host"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def measure(groups, quick, results):
    """Runs what belongs to the groups; a failed benchmark ends it."""
    names = {}
    for m in MEASURES:
        if m.group in groups:
            names.setdefault(m.program, set()).update(n.partition(":")[0] for n in (m.ours, m.peer) if n)
    results.mkdir(parents=True, exist_ok=True)
    run = {"schema": SCHEMA, "at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ"),
           "commit": said_by("git", "rev-parse", "--short=12", "HEAD"), "quick": quick, "machine": machine(), "runs": {}}
    for program, wanted in sorted(names.items()):
        print(f"{program}: {len(wanted)} benchmarks", file=sys.stderr, flush=True)
        run["runs"][program] = run_program(program, wanted, 1 if quick else 5, 300 if quick else 900, results)
    return run


def measure_load(quick, results):
    """Latency against load, by a program that paces itself."""
    out = results / "load.json"
    print("load_bench: rates up to saturation", file=sys.stderr, flush=True)
    try:
        done = subprocess.run([results.parent / "bench" / LOAD, "--out", out, *(["--quick"] if quick else [])],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=600, check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{LOAD}: not done after 600 s") from late
    if done.returncode != 0:
        raise Failed(f"{LOAD}: exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return json.loads(out.read_text())["curves"]


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("group", nargs="?", default="all", choices=("all", *GROUPS))
    parser.add_argument("--json", action="store_true", help="the stored run on stdout in place of the table")
    parser.add_argument("--quick", action="store_true", help="each once: an order of magnitude, no spread")
    parser.add_argument("--compare", metavar="FILE", help="with this stored run (else the last of this machine)")
    parser.add_argument("--programs", action="store_true", help="only name the programs that it needs")
    options = parser.parse_args()
    groups = GROUPS if options.group == "all" else (options.group,)
    programs = {m.program for m in MEASURES if m.group in groups}
    with_load = bool(LOAD_GROUPS & set(groups))
    if options.programs:
        print("\n".join(sorted(programs | ({LOAD} if with_load else set()))))
        return 0
    for group in groups:
        if group in EMPTY:
            print(f"{group}: nothing to measure: {EMPTY[group]}", file=sys.stderr)
    if all(group in EMPTY for group in groups):
        return 0
    before = load(options.compare) if options.compare else stored_before(RESULTS, platform.node(), programs)
    if options.compare and before is None:
        print(f"{options.compare} is no stored run", file=sys.stderr)
        return 2
    try:
        run = measure(groups, options.quick, RESULTS)
        if with_load:
            run["curves"] = measure_load(options.quick, RESULTS)
    except Failed as failed:
        print(f"failed: {failed}", file=sys.stderr)
        return 1
    (RESULTS / f"run-{run['at']}.json").write_text(json.dumps(run, indent=1))
    changes = compare(run, before) if before else []
    shown = RESULTS / "index.html"
    shown.write_text(page.page(run, HEAD, [cells(r) for r in rows(run)], changes))
    print(json.dumps(run) if options.json else table(run))
    for name, change, beyond in changes:
        if beyond:
            print(f"changed since {before['at']}: {name} {100 * change:+.0f} %", file=sys.stderr)
    print(f"page: {shown.relative_to(ROOT)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
