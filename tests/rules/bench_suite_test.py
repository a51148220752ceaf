"""The driver of ./dev bench on made-up runs: statistics, comparison, what is stored, the page. No speed is judged."""
import json
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import latency_picture  # noqa: E402
import page  # noqa: E402
import suite  # noqa: E402
from measures import EMPTY, GROUPS, MEASURES  # noqa: E402


def stored(spsc, latency=500.0):
    """A stored run in which our ring did `spsc` messages a second (a list) and boost 10 M."""
    counters = {"time": [1.0], "p50": [100.0], "p99": [latency], "p99_9": [9000.0]}
    return {"schema": suite.SCHEMA, "at": "20260101T000000Z", "commit": "c0ffee", "quick": False,
            "machine": {"host": "here", "cpu": "<&>", "cores": 2, "kernel": "6", "compiler": "g++", "load": [0.1, 0, 0]},
            "runs": {"ring_bench": {"spsc/batched/dcx": {"time": [1.0], "rate": spsc},
                                    "spsc/batched/boost": {"time": [1.0], "rate": [10e6]}},
                     "core_latency_bench": {"core_work": counters, "empty_loop_work": {"time": [1.0], "p99": [250.0]}}}}


class Suite(unittest.TestCase):
    def row(self, run, name):
        return next(r for r in suite.rows(run) if r["measure"].name == name)

    def test_median_spread_and_ratios_in_both_directions(self):
        run = stored([30e6, 40e6, 50e6])
        row = self.row(run, "SPSC, 32 at a time")
        self.assertEqual((row["ours"], row["ratio"]), (40e6, 4.0))
        self.assertAlmostEqual(row["spread"], 0.125)
        self.assertEqual(self.row(run, "one command, p99")["ratio"], 0.5)

    def test_only_what_is_beyond_the_noise_has_changed(self):
        def changed(now, before):
            return [name for name, _, beyond in suite.compare(now, before) if beyond]
        calm = stored([40e6] * 5)
        self.assertEqual(changed(stored([41e6] * 5), calm), [])
        self.assertEqual(changed(stored([20e6] * 5), calm), ["SPSC, 32 at a time, beside one at a time", "SPSC, 32 at a time"])
        self.assertEqual(changed(stored([20e6, 25e6, 32e6, 40e6, 44e6]), calm), [])
        self.assertEqual(changed(stored([20e6]), calm), [])
        slower = dict((n, c) for n, c, _ in suite.compare(stored([40e6], 1000.0), stored([40e6], 500.0)))
        self.assertEqual(slower["one command, p99"], -0.5)

    def test_reports_are_read_and_a_failed_benchmark_is_named(self):
        one = {"name": "a/1/real_time", "run_name": "a/1/real_time", "run_type": "iteration", "real_time": 2,
               "time_unit": "us", "items_per_second": 5.0, "p99": 7, "p50_us": 3}
        self.assertEqual(suite.collect("p", {"benchmarks": [one, {**one, "run_type": "aggregate"}]}),
                         {"a/1": {"time": [2000.0], "rate": [5.0], "p99": [7.0], "p50": [3000.0]}})
        with self.assertRaisesRegex(suite.Failed, "p: a/1: sums differ"):
            suite.collect("p", {"benchmarks": [{**one, "error_occurred": True, "error_message": "sums differ"}]})

    def test_a_stored_run_is_found_again_by_machine_and_others_are_not(self):
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder)
            (results / "run-1.json").write_text(json.dumps(stored([1.0])))
            (results / "run-2.json").write_text(json.dumps({**stored([2.0]), "schema": suite.SCHEMA + 1}))
            (results / "run-3.json").write_text("{")
            self.assertEqual(suite.stored_before(results, "here", {"ring_bench"}), stored([1.0]))
            self.assertIsNone(suite.stored_before(results, "elsewhere", {"ring_bench"}))
            self.assertIsNone(suite.stored_before(results, "here", {"feed_bench"}))

    def test_a_peer_may_be_a_counter_of_the_benchmark_itself(self):
        run = {"runs": {"order_entry_bench": {
            "in_flight_memory/tcp_single_spin": {"p50": [12.5e3, 12.5e3], "floor_p50": [10e3, 10e3]},
            "flood/single_spin_memory/1": {"rate": [3e6], "wanted": [1.5e6]},
            "flood/single_polite_memory/1": {"rate": [3e6]},
            "flood/single_polite_disk/1": {"rate": [1.5e6]},
            "idle_sessions/10000": {"size": [2048.0], "bound_size": [1024.0]}}}}
        self.assertEqual(self.row(run, "order in flight, TCP, single, spin, p50")["ratio"], 0.8)
        self.assertEqual(self.row(run, "orders, 1 connection, single, spin")["ratio"], 2.0)
        self.assertEqual(self.row(run, "orders, durable, 1 connection, single, polite")["ratio"], 0.5)
        idle = self.row(run, "idle session, of 10,000")
        self.assertEqual((idle["ratio"], suite.cells(idle)[2:4]), (0.5, ("2.00 KiB", "1.00 KiB")))

    def test_the_stages_of_an_order_become_a_picture_and_a_table(self):
        stages = {f"{kind}_{name}": [1000.0, 2000.0, 3000.0]
                  for kind in ("stage", "tail") for name, _, _ in latency_picture.STAGES}
        run = stored([1.0])
        self.assertEqual(latency_picture.picture(run), "")
        run["runs"]["order_entry_bench"] = {"in_flight_disk/tcp_single_polite": stages}
        tree = ElementTree.fromstring(latency_picture.picture(run))
        # The ground, two bars of six stages, a key of six.
        self.assertEqual(sum(e.tag.endswith("}rect") for e in tree.iter()), 1 + 2 * 6 + 6)
        self.assertIn("12.0 µs / 12.0 µs", latency_picture.table(run))
        text = page.page(run, suite.HEAD, [], [])
        ElementTree.fromstring(text.split(">", 1)[1])
        self.assertNotIn("http:", text)

    def test_the_page_is_well_formed_and_fetches_nothing(self):
        run = stored([30e6, 50e6])
        text = page.page(run, suite.HEAD, [suite.cells(r) for r in suite.rows(run)], [("x", 0.5, True)])
        tree = ElementTree.fromstring(text.split(">", 1)[1])
        self.assertEqual(len(tree.findall(".//polyline")), 2)
        points = [{"rate": rate, "achieved": rate, "percentiles": [[50, 100], [99, rate], [100, 2 * rate]]}
                  for rate in (10_000, 100_000, 1_000_000)]
        run["curves"] = [{"name": "engine/memory", "saturation": 3_000_000, "knee": 100_000, "points": points}]
        text = page.page(run, suite.HEAD, [], [])
        tree = ElementTree.fromstring(text.split(">", 1)[1])
        # Two more lines of latency against load, and one of percentiles at the knee.
        self.assertEqual(len(tree.findall(".//polyline")), 5)
        self.assertIn("knee", text)
        for fetched in ("http:", "https:", "src=", "href=", "url(", "@import"):
            self.assertNotIn(fetched, text)

    def test_the_table_of_measures_is_sound(self):
        names = [m.name for m in MEASURES]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual({m.group for m in MEASURES} | set(EMPTY), set(GROUPS))
        for m in MEASURES:
            self.assertTrue((suite.ROOT / "bench" / f"{m.program}.cpp").exists(), m.program)


if __name__ == "__main__":
    unittest.main()
