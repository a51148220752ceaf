"""The check of forbidden programs must notice a program that shows nothing. Run with the compiler as arguments."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).resolve().parents[1] / "must_not_compile" / "check.py"
COMPILER = ["c++"]


class MustNotCompile(unittest.TestCase):
    def check(self, permitted, forbidden):
        """(exit code, output) for a program of these two parts."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "program.cpp"
            path.write_text(f"{permitted}\n#ifdef MUST_NOT_COMPILE\n{forbidden}\n#endif\n", encoding="utf-8")
            done = subprocess.run([sys.executable, CHECK, path, *COMPILER], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout

    def assert_noticed(self, permitted, forbidden, expected):
        code, output = self.check(permitted, forbidden)
        self.assertEqual(code, 1, output)
        self.assertIn(expected, output)

    def test_a_refused_line_passes(self):
        code, output = self.check("struct A {};", "A a = 1;")
        self.assertEqual(code, 0, output)

    def test_a_line_that_compiles(self):
        self.assert_noticed("struct A {};", "A a;", "the forbidden line compiles")

    def test_a_permitted_part_that_does_not_compile(self):
        self.assert_noticed("struct A {", "A a = 1;", "the permitted part does not compile")

    def test_a_misspelt_name(self):
        self.assert_noticed("struct A {};", "A a = one;", "wrong reason")

    def test_a_syntax_error(self):
        self.assert_noticed("struct A {};", "A a = ;", "wrong reason")

    def test_an_error_elsewhere(self):
        self.assert_noticed("template <class T> int twice(T t) { return t.twice(); }", "int two = twice(1);",
                            "not at the forbidden line")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        COMPILER = sys.argv[1:]
    unittest.main(argv=sys.argv[:1])
