"""What ops/ and the documents say of the program is what the program is: the unit, its exit codes, the metrics."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.environ.get("DCX_REPOSITORY", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def exit_codes():
    return {int(number): name for name, number in re.findall(r"^    (\w+) = (\d+),", read("src/app/exit_code.h"), re.MULTILINE)}


class Ops(unittest.TestCase):
    def test_unit(self):
        """As systemd reads it, with programs in the places of ours."""
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze")
        unit = read("ops/dcx.service")
        self.assertEqual(unit.count("/usr/local/bin/dcx"), 2)
        with tempfile.TemporaryDirectory(prefix="dcx-unit-") as folder:
            path = os.path.join(folder, "dcx.service")
            with open(path, "w", encoding="utf-8") as file:
                file.write(unit.replace("/usr/local/bin/dcx", "/bin/true"))
            done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, timeout=60, check=False)
        complaints = [line for line in (done.stdout + done.stderr).splitlines() if "dcx" in line]
        self.assertEqual(complaints, [])

    def test_unit_says_what_the_program_does(self):
        unit = read("ops/dcx.service")
        self.assertIn("Type=notify\n", unit)
        prevented = [int(code) for code in re.search(r"RestartPreventExitStatus=([\d ]+)", unit)[1].split()]
        names = exit_codes()
        self.assertEqual({names[code] for code in prevented}, {"usage", "config_refused", "journal_refused", "folder_busy"})

    def test_exit_codes_of_the_document(self):
        table = re.findall(r"^\| (\d) \| ", read("docs/operations.md"), re.MULTILINE)
        self.assertEqual([int(code) for code in table], sorted(exit_codes()))

    def test_metrics_of_the_document(self):
        sources = "".join(read(f"src/{name}") for name in ("app/venue_view.cpp", "app/projection_metrics.cpp", "app/proof_metrics.cpp", "app/anchor_metrics.cpp", "app/custody_metrics.cpp",
                                                           "app/admin_server.cpp", "app/feed_process.cpp",
                                                          "app/feed_threads.cpp", "feed/feed_metrics.cpp"))
        named = set(re.findall(r"`(dcx_[a-z_]+)[`{]", read("docs/operations.md")))
        self.assertGreater(len(named), 10)
        self.assertEqual({name for name in named if not re.search(rf"\b{name}\b", sources)}, set())

    def test_container_packages(self):
        """The second stage has the libraries of what the first one is built with."""
        container = read("ops/Containerfile")
        for library in ("http-parser", "hwloc", "zstd", "ssl", "secp256k1", "sodium", "tomlplusplus", "sqlite",
                        "pq", "hiredis"):
            self.assertRegex(container, rf"lib{library}[0-9.-]+")
        self.assertIn("USER dcx\n", container)


if __name__ == "__main__":
    unittest.main()
