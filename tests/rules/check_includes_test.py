"""The checker of the include rules must fail on trees that break them: a checker that always passes proves nothing."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECKER = Path(__file__).resolve().parents[2] / "scripts" / "check_includes.py"


class CheckIncludes(unittest.TestCase):
    def run_on(self, files):
        """(exit code, output) of the checker on a tree made of {path: text}."""
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = Path(root) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            done = subprocess.run([sys.executable, CHECKER, root], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

    def assert_broken(self, files, expected):
        code, output = self.run_on(files)
        self.assertEqual(code, 1, output)
        self.assertIn(expected, output)

    def test_a_tree_that_keeps_the_rules_passes(self):
        code, output = self.run_on({
            "src/base/check.h": "#include <vector>\n",
            "src/model/types.h": '#include "base/check.h"\n',
            "src/core/book/level.h": '#include "model/types.h"\n#include "base/check.h"\n',
            "src/core/book/level.cpp": '#include "core/book/level.h"\n',
            "src/net/socket.cpp": "#include <filesystem>\n",
            "CMakeLists.txt": "dcx_folder(base EXTERNAL X::Y)\ndcx_folder(core DEPS model base)\ndcx_program(dcx app DEPS core)\n",
        })
        self.assertEqual(code, 0, output)
        self.assertIn("5 files, 0 broken", output)

    def test_a_forbidden_folder(self):
        core = {"src/core/core.h": ""}
        self.assert_broken({**core, "src/gateway/a.cpp": '#include "core/core.h"\n'},
                           "src/gateway/a.cpp:1: gateway may not include core")
        self.assert_broken({**core, "src/feed/a.h": '\n#  include "core/core.h"\n'},
                           "src/feed/a.h:2: feed may not include core")

    def test_what_a_neighbour_may_include_is_not_inherited(self):
        self.assert_broken({"src/platform/thread.h": "", "src/feed/a.h": '#include "platform/thread.h"\n'},
                           "feed may not include platform")

    def test_tests_and_fuzz_targets_obey_too(self):
        for name in ("a_test.cpp", "a_fuzz.cpp"):
            self.assert_broken({"src/engine/e.h": "", f"src/core/{name}": '#include "engine/e.h"\n'},
                               f"src/core/{name}:1: core may not include engine")

    def test_heavy_headers_in_the_innermost_folders(self):
        for header in ("iostream", "regex", "filesystem", "ranges", "functional"):
            for folder in ("base", "model", "core"):
                self.assert_broken({f"src/{folder}/a.h": f"#include <{header}>\n"}, f"{folder} leaves <{header}> out")

    def test_includes_start_at_src_and_name_files_that_exist(self):
        self.assert_broken({"src/base/a.h": "", "src/base/b.h": '#include "a.h"\n'}, '"a.h" is not a file under src/')
        self.assert_broken({"src/core/a.h": "", "src/feed/b.h": '#include "feed/../core/a.h"\n', "src/feed/c.h": ""},
                           "is not a file under src/")
        self.assert_broken({"src/base/a.h": "", "src/core/b.h": "#include <base/a.h>\n"}, "our own header")

    def test_files_outside_the_table(self):
        self.assert_broken({"src/misc/a.h": ""}, "src/misc/a.h: stands in no folder of the table")
        self.assert_broken({"src/a.h": ""}, "src/a.h: stands in no folder of the table")

    def test_a_cycle_of_headers(self):
        self.assert_broken({"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "base/c.h"\n',
                            "src/base/c.h": '#include "base/a.h"\n'},
                           "include cycle: base/a.h -> base/b.h -> base/c.h -> base/a.h")

    def test_a_forbidden_dependency_in_cmake(self):
        self.assert_broken({"src/base/a.h": "", "CMakeLists.txt": "dcx_folder(gateway DEPS model engine EXTERNAL A)\n"},
                           "CMakeLists.txt: gateway may not depend on engine")

    def test_an_empty_tree_is_an_error(self):
        self.assert_broken({"README.md": ""}, "no sources")


if __name__ == "__main__":
    unittest.main()
