"""Where the time of one order goes, as a picture (SVG) and a table (Markdown), from a stored run of `./dev bench
order_entry` (its stage_* and tail_* counters; bench/order_entry_trips.h says what a stage is).

usage: latency_picture.py [RUN.json] [--out FILE.svg]     the newest run and docs/pictures/latency.svg by default
The table goes to standard output.
"""
import argparse
import html
import json
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "order_entry_bench"
# (name of the counter, what it is, colour)
STAGES = (
    ("in", "client's send → read by the gateway", "#0b63c5"),
    ("sequenced", "gateway → engine, stamped", "#23804a"),
    ("matched", "engine → the core begins", "#8a6d00"),
    ("durable", "matched, settled, on disk or in memory, seen by the gateway", "#c4501b"),
    ("encoded", "report made", "#8445b5"),
    ("out", "gateway's send → read by the client", "#6c7683"),
)
BARS = (
    ("in_flight_shm/single_spin", "shared memory, memory mode, spinning"),
    ("in_flight_memory/tcp_single_spin", "TCP, memory mode, spinning"),
    ("in_flight_disk/tcp_single_polite", "TCP, durability = disk, polite"),
)
WIDTH, LEFT, BAR, GAP, TOP = 900, 20, 26, 84, 44


def text_of(ns):
    return f"{ns:.0f} ns" if ns < 1e3 else f"{ns / 1e3:.1f} µs" if ns < 1e6 else f"{ns / 1e6:.2f} ms"


def stages_of(run, name, prefix):
    """[ns] of each stage, or None when the run has no such measure."""
    counters = run["runs"].get(PROGRAM, {}).get(name, {})
    values = [counters.get(f"{prefix}_{stage}") for stage, _, _ in STAGES]
    return None if None in values else [max(0.0, statistics.median(v)) for v in values]


def labels(places, y):
    """Of (width, x, text, colour): the widest first; one that would lie on another is left out, as the table has it."""
    made, taken = [], []
    for _, x, text, colour in sorted(places, reverse=True):
        width = 6.4 * len(text) + 6
        x = min(x, WIDTH - LEFT - width)
        if all(x + width <= left or x >= right for left, right in taken):
            taken.append((x, x + width))
            made.append(f'<text x="{x:.1f}" y="{y}" font-size="11" fill="{colour}">{text}</text>')
    return made


def picture(run, of_a_page=False):
    """The SVG's text, for a file of its own or a part of an HTML page; empty when the run has none of the measures."""
    bars = [(title, prefix, stages_of(run, name, prefix)) for name, title in BARS for prefix in ("stage", "tail")]
    bars = [bar for bar in bars if bar[2]]
    if not bars:
        return ""
    height = TOP + GAP * len(bars) + 22 * len(STAGES) + 44
    namespace = "" if of_a_page else 'xmlns="http://www.w3.org/2000/svg" '
    out = [f'<svg {namespace}viewBox="0 0 {WIDTH} {height}" font-family="system-ui,DejaVu Sans,sans-serif" '
           'role="img" aria-label="Where the time of one order goes">',
           f'<rect width="{WIDTH}" height="{height}" fill="#fbfaf7"/>',
           f'<text x="{LEFT}" y="26" font-size="17" font-weight="600" fill="#1d2127">One order in flight: where its time goes</text>']
    span = WIDTH - 2 * LEFT
    for row, (title, prefix, stages) in enumerate(bars):
        top = TOP + GAP * row
        total = sum(stages) or 1.0
        what = "near the median" if prefix == "stage" else "near the 99th percentile"
        out.append(f'<text x="{LEFT}" y="{top + 16}" font-size="13" fill="#1d2127">{html.escape(title)}, {what}: {text_of(total)}</text>')
        x, places = float(LEFT), []
        for (name, _, colour), ns in zip(STAGES, stages):
            width = span * ns / total
            out.append(f'<rect x="{x:.1f}" y="{top + 24}" width="{max(width, 0.5):.1f}" height="{BAR}" fill="{colour}">'
                       f'<title>{name} {text_of(ns)}</title></rect>')
            places.append((width, x, f"{name} {text_of(ns)}", colour))
            x += width
        out += labels(places, top + 24 + BAR + 14)
    for row, (name, what, colour) in enumerate(STAGES):
        y = TOP + GAP * len(bars) + 22 * row + 12
        out.append(f'<rect x="{LEFT}" y="{y}" width="12" height="12" fill="{colour}"/>'
                   f'<text x="{LEFT + 20}" y="{y + 11}" font-size="12" fill="#1d2127">{name}: {html.escape(what)}</text>')
    machine = run["machine"]
    about = f"{machine['cpu']}, {machine['cores']} cores, load at the start {machine['load'][0]:.1f}, commit {run['commit']}, {run['at']}"
    out.append(f'<text x="{LEFT}" y="{height - 8}" font-size="11" fill="#68707b">{html.escape(about)}</text>')
    return "".join(out) + "</svg>\n"


def table(run):
    """Markdown: a column a bar."""
    bars = [(title, stages_of(run, name, "stage"), stages_of(run, name, "tail")) for name, title in BARS]
    bars = [bar for bar in bars if bar[1]]
    lines = ["| stage | " + " | ".join(title for title, _, _ in bars) + " |", "|---|" + "---|" * len(bars)]
    for i, (name, what, _) in enumerate(STAGES):
        lines.append(f"| `{name}`: {what} | " + " | ".join(f"{text_of(s[i])} / {text_of(t[i])}" for _, s, t in bars) + " |")
    lines.append("| whole | " + " | ".join(f"{text_of(sum(s))} / {text_of(sum(t))}" for _, s, t in bars) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("run", nargs="?", help="a stored run (default: the newest)")
    parser.add_argument("--out", default=ROOT / "docs" / "pictures" / "latency.svg", type=Path)
    options = parser.parse_args()
    path = Path(options.run) if options.run else max((ROOT / "build" / "bench" / "results").glob("run-*.json"), default=None)
    if path is None:
        sys.exit("no stored run: ./dev bench order_entry makes one")
    run = json.loads(path.read_text(encoding="utf-8"))
    made = picture(run)
    if not made:
        sys.exit(f"{path} has no measure of order entry")
    options.out.write_text(made, encoding="utf-8")
    print(table(run))


if __name__ == "__main__":
    main()
