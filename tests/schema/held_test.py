"""A struct of the program that differs from the schema must not compile: the comparison (src/gateway/binary/schema_test.cpp)
against schemas that say otherwise. (That it compiles with the schema that is there, the build shows.)"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DCX_REPOSITORY", pathlib.Path(__file__).resolve().parents[2]))
TEXT = (ROOT / "schema/dcx-order-entry.xml").read_text(encoding="utf-8")
COMPILER = [os.environ.get("CXX", "g++-12"), "-std=c++23", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-march=x86-64-v3"]

# (in the schema, instead, what the compiler must show)
CHANGES = [
    ('name="price" id="2" type="Price" offset="8" description="ticks; the limit, or the protection price of a market order"',
     'name="price" id="2" type="Quantity" offset="8"', "decltype(PlaceOrder::price), Quantity"),
    # Two fields of one size in each other's place.
    ('name="orig_cl_ord_id" id="2" type="ClOrdId" offset="8" description="the order by its',
     'name="order_id" id="2" type="OrderId" offset="8" description="', "offsetof(CancelOrder, order_id)"),
    ('name="order_id" id="3" type="OrderId" offset="16" description="the order by the venue',
     'name="orig_cl_ord_id" id="3" type="ClOrdId" offset="16" description="', "offsetof(CancelOrder, orig_cl_ord_id)"),
    ('name="Burn" id="42"', 'name="Burn" id="49"', "template_of<Burn>() == 49"),
    ('<validValue name="gtd" description="good till expire_at">5<', '<validValue name="gtd">6<', "TimeInForce::gtd) == 6"),
    ('<validValue name="sell">2</validValue>', '<validValue name="sell">2</validValue><validValue name="lend">3</validValue>',
     "lend"),
    ('name="transfer_fee" id="4" type="FeeRate" offset="20"', 'name="transfer_fee" id="4" type="uint32" offset="20"',
     "decltype(SetAssetLimits::transfer_fee), std::uint32_t"),
    # A field more than the struct has.
    ('name="Heartbeat" id="106" blockLength="8"', 'name="Heartbeat" id="106" blockLength="16"', "sizeof(Heartbeat)"),
    ('type="uint64" offset="0" description="of the sender\'s next command (client) or report (venue)"/>',
     'type="uint64" offset="0"/><field name="extra" id="2" type="uint64" offset="8"/>', "extra"),
]
# The compiler looks at this one only when nothing else is wrong.
LACKING = ('        <validValue name="halted">2</validValue>\n', "", "halted")


class Held(unittest.TestCase):
    def compile(self, text):
        with tempfile.TemporaryDirectory(prefix="dcx-held-") as folder:
            there = pathlib.Path(folder)
            (there / "schema.xml").write_text(text, encoding="utf-8")
            for what, name in (("cpp", "order_entry_messages.h"), ("cpp-check", "order_entry_check.h")):
                subprocess.run([sys.executable, "-B", ROOT / "scripts/sbe/generate.py", what, "--schema", there / "schema.xml",
                                "--out", there / "dcx" / name], check=True)
            done = subprocess.run([*COMPILER, "-ferror-limit=0" if "clang" in COMPILER[0] else "-fmax-errors=0", "-I", ROOT / "src",
                                   "-I", there, ROOT / "src/gateway/binary/schema_test.cpp"], capture_output=True, text=True,
                                  timeout=300, check=False)
        return done.returncode, re.sub(r"[‘’']", "", done.stderr)

    def test_every_difference_is_named_by_the_compiler(self):
        for changes in (CHANGES, [LACKING]):
            text = TEXT
            for before, after, _ in changes:
                self.assertEqual(text.count(before), 1, before)
                text = text.replace(before, after)
            code, said = self.compile(text)
            self.assertNotEqual(code, 0)
            for _, _, shown in changes:
                self.assertIn(shown, said)


if __name__ == "__main__":
    unittest.main()
