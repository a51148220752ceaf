"""One HTML page of a stored run: the table, percentile curves and cost against size. Self-contained: it fetches nothing."""
import html
import math
import re
import statistics

import latency_picture
from measures import CURVES

COLOURS = ("var(--a)", "var(--b)", "var(--c)", "var(--d)", "var(--e)", "var(--f)")
STYLE = """:root{color-scheme:light dark;--bg:#fbfaf7;--fg:#1d2127;--dim:#68707b;--rule:#dcdad3;--a:#0b63c5;--b:#c4501b;
--c:#23804a;--d:#8445b5;--e:#8a6d00;--f:#b02a5b}
@media(prefers-color-scheme:dark){:root{--bg:#14171c;--fg:#e7e9ec;--dim:#98a1ad;--rule:#313741;--a:#6cb2ff;--b:#ff9a66;
--c:#6bd095;--d:#c898f2;--e:#e3c65a;--f:#ff8fb5}}
body{background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,"Segoe UI","DejaVu Sans",sans-serif;max-width:1080px;
margin:2.5rem auto;padding:0 1.5rem}
h1{font-size:1.9rem;margin:0;letter-spacing:-.02em}h2{font-size:1.15rem;margin:2.4rem 0 .6rem}p{color:var(--dim);margin:.3rem 0}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
th{color:var(--dim);font-weight:600;text-align:left}td,th{padding:.35rem .6rem;border-bottom:1px solid var(--rule)}
td:nth-child(n+3):not(:nth-child(5)),th:nth-child(n+3):not(:nth-child(5)){text-align:right;white-space:nowrap}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:1.6rem}figure{margin:0}
figcaption{font-weight:600;margin-bottom:.3rem}svg{width:100%;height:auto}text{fill:var(--dim);font-size:12px}
.grid{stroke:var(--rule)}.line{fill:none;stroke-width:2.2}"""
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 520, 340, 64, 30, 54, 46


def time_text(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:g} {unit}"
    return f"{ns:g} ns"


def plot(title, x_label, lines, ticks=None):
    """Log-log. lines: {name: [(x, ns)]}; ticks: [(x, text)], else the powers of ten and the ends."""
    lines = {name: [(x, y) for x, y in points if x > 0 and y > 0] for name, points in lines.items()}
    lines = {name: points for name, points in lines.items() if points}
    if not lines:
        return ""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    x0, x1 = math.log10(min(xs)), math.log10(max(xs))
    y0, y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))
    x1, y1 = max(x1, x0 + 0.1), max(y1, y0 + 1)

    def at(x, y):
        return (LEFT + (math.log10(x) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (math.log10(y) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM))

    out = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">']
    for power in range(y0, y1 + 1):
        _, y = at(10 ** x0, 10.0 ** power)
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                   f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{time_text(10.0 ** power)}</text>')
    free_from = 0.0  # a text that would lie on the one before is left out; its line stays
    for value, text in ticks or [(x, f"{x:,.0f}") for x in sorted(set(xs))]:
        x, _ = at(value, 10.0 ** y0)
        half = 3.5 * len(text) + 3
        text, free_from = (text, x + half) if x - half >= free_from else ("", free_from)
        out.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                   f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{html.escape(text)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(x_label)}</text>')
    legend, row = LEFT, 14
    for (name, points), colour in zip(lines.items(), COLOURS):
        where = [at(*p) for p in sorted(points)]
        out.append(f'<polyline class="line" stroke="{colour}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in where)}"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in where]
        if legend + 22 + 7 * len(name) > WIDTH:
            legend, row = LEFT, row + 20
        out.append(f'<circle cx="{legend + 5}" cy="{row}" r="5" fill="{colour}"/>'
                   f'<text x="{legend + 15}" y="{row + 4}">{html.escape(name)}</text>')
        legend += 32 + 7 * len(name)
    return f'<figure><figcaption>{html.escape(title)}</figcaption>{"".join(out)}</svg></figure>'


def percentiles(benchmark, prefix=""):
    """[(1 / (1 - share), ns)] of the counters p50, p99, p99_9 …: the x of an HDR plot."""
    points = []
    for name, values in benchmark.items():
        found = re.fullmatch(prefix + r"p(\d+)(?:_(\d+))?", name)
        if found and float(f"{found[1]}.{found[2] or 0}") < 100:
            points.append((1 / (1 - float(f"{found[1]}.{found[2] or 0}") / 100), statistics.median(values)))
    return points


def rate_text(rate):
    return f"{rate / 1e6:g} M" if rate >= 1e6 else f"{rate / 1e3:g} k"


def load_plots(curves):
    """Latency against load, the knee told beside each name, and the percentiles at the knee and around it."""
    lines, rates, at_knee = {}, set(), {}
    for curve in curves:
        knee = f"knee {rate_text(curve['knee'])}/s" if curve["knee"] else "no knee"
        for percentile in (50, 99):
            points = [(p["rate"], dict(map(tuple, p["percentiles"])).get(percentile)) for p in curve["points"]]
            lines[f"{curve['name']} p{percentile}" + (f", {knee}" if percentile == 99 else "")] = [
                point for point in points if point[1]]
        rates |= {p["rate"] for p in curve["points"]}
        for p in curve["points"]:
            if p["rate"] == curve["knee"]:
                at_knee[f"{curve['name']}, {rate_text(p['rate'])}/s"] = [
                    (1 / (1 - share / 100), ns) for share, ns in p["percentiles"] if 0 < share < 100]
    return [plot("Latency against load, open loop, from due to seen", "commands a second", lines,
                 [(r, rate_text(r)) for r in sorted(rates)]),
            plot("Percentiles at the knee", "percentile", at_knee,
                 [(2, "50 %"), (10, "90 %"), (100, "99 %"), (1000, "99.9 %"), (10000, "99.99 %"), (100000, "99.999 %")])]


def plots(run):
    made = load_plots(run.get("curves", []))
    core = run["runs"].get("core_latency_bench", {})
    lines = {name.replace("_", " "): percentiles(b) for name, b in core.items()}
    made.append(plot("One command, half of the sustainable rate, open loop", "percentile", lines,
                     [(2, "50 %"), (100, "99 %"), (1000, "99.9 %")]))
    lines = {}
    for name, b in sorted(run["runs"].get("order_entry_bench", {}).items()):
        if name.startswith("in_flight") and name.endswith("_spin"):
            kind = name.removeprefix("in_flight_").removesuffix("single_spin").replace("/", " ").rstrip("_ ")
            lines[kind] = percentiles(b)
            lines[f"{kind}: floor"] = percentiles(b, "floor_")
    made.append(plot("One order in flight, spinning, beside its floor", "percentile", lines,
                     [(2, "50 %"), (10, "90 %"), (100, "99 %"), (1000, "99.9 %")]))
    rates = {}
    for name, b in run["runs"].get("journal_bench", {}).items():
        found = re.fullmatch(r"(commit_at_rate/fdatasync|bare_at_rate)/(\d+)", name)
        for percentile in ("p50", "p99"):
            if found and percentile in b:
                rates.setdefault(f"{found[1].split('/')[0]} {percentile}", []).append(
                    (float(found[2]), statistics.median(b[percentile])))
    made.append(plot("Durable: latency against load", "commands a second", rates))
    every = {name: b for program in run["runs"].values() for name, b in program.items()}
    for title, _, label, *families in CURVES:
        lines = {}
        for line in families:
            family, _, counter = line.partition(":")
            points = [(float(n[len(family) + 1:]), statistics.median(b[counter or "time"])) for n, b in every.items()
                      if re.fullmatch(re.escape(family) + r"/\d+", n) and (counter or "time") in b]
            if len(points) > 1:
                lines[counter or family] = points
        made.append(plot(title, label, lines))
    stages = latency_picture.picture(run, of_a_page=True)
    return "".join(made) + (f"<figure>{stages}</figure>" if stages else "")


def page(run, head, cells, changes):
    machine = run["machine"]

    def line(values, tag):
        return "<tr>" + "".join(f"<{tag}>{html.escape(v)}</{tag}>" for v in values) + "</tr>"

    changed = [(n, f"{100 * c:+.0f} %") for n, c, beyond in changes if beyond]
    change = ("<h2>Changed beyond the noise</h2><table>" + "".join(line(c, "td") for c in changed) + "</table>"
              if changed else "")
    quick = " · quick: each once, no spread" if run["quick"] else ""
    load = ", ".join(f"{value:.1f}" for value in machine["load"])
    about = (f"{machine['cpu']}, {machine['cores']} cores · {machine['compiler']} · commit {run['commit']} · {run['at']}"
             f" · load at the start {load}{quick}")
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><title>dcx: benchmarks</title>'
            f"<style>{STYLE}</style></head><body><h1>dcx: benchmarks</h1><p>{html.escape(about)}</p>"
            "<p>Compare ratios of one run: above 1 ours is better, whatever the unit. Spread: half the distance between the"
            f' quartiles.</p><h2>Curves</h2><div class="plots">{plots(run)}</div><h2>Measures</h2>'
            f"<table>{line(head, 'th')}{''.join(line(c, 'td') for c in cells)}</table>{change}</body></html>\n")
