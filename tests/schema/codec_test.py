"""The Python codec that is made from the schema: the examples of every message, streams, versions, and what it refuses."""

import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DCX_REPOSITORY", pathlib.Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(ROOT / "clients/python"), str(ROOT / "scripts/sbe")]

import examples
import schema as sbe

from dcx import messages as m

EXAMPLES = examples.parse((ROOT / "tests/golden/order_entry_v1.txt").read_text(encoding="utf-8"))
ORDER = m.PlaceOrder(cl_ord_id=1, price=12_500, quantity=40_000, account=6, instrument=1, side=m.Side.buy,
                     type=m.OrderType.limit, time_in_force=m.TimeInForce.gtc)


class Codec(unittest.TestCase):
    def test_examples_are_read_as_told_and_written_again_as_they_were(self):
        seen = set()
        for told, data in EXAMPLES:
            frame, end = m.decode(data)
            self.assertEqual((frame.message.describe(), end), (told, len(data)))
            self.assertEqual(m.encode(frame.message, frame.sequence, frame.sending_time), data)
            seen.add(type(frame.message))
        self.assertEqual(seen, set(m.MESSAGES.values()))

    def test_the_document_shows_the_same_bytes(self):
        text = (ROOT / "docs/protocols/order-entry.md").read_text(encoding="utf-8")
        shown = text.split("```hex PlaceOrder\n")[1].split("```")[0]
        self.assertEqual(m.encode(ORDER, 1, 1_700_000_000_000_000_000), bytes.fromhex(shown.replace("\n", " ")))

    def test_a_stream_cut_anywhere_gives_every_frame_once(self):
        stream = b"".join(data for _, data in EXAMPLES)
        for seed in range(20):
            drawn, decoder, told, at = random.Random(seed), m.Decoder(), [], 0
            while at < len(stream):
                size = drawn.choice((1, 3, 32, 40, 100, 2000))
                told += [frame.message.describe() for frame in decoder.feed(stream[at:at + size])]
                at += size
            self.assertEqual(told, [line for line, _ in EXAMPLES], f"seed {seed}")

    def test_good_frames_before_a_broken_one_are_given(self):
        decoder, got = m.Decoder(), []
        with self.assertRaises(m.WireError):
            for frame in decoder.feed(m.encode(ORDER) + m.encode(m.Heartbeat(5)) + b"x" * 40):
                got.append(frame.message)
        self.assertEqual(got, [ORDER, m.Heartbeat(5)])

    def test_what_is_no_frame_is_refused(self):
        good = bytearray(m.encode(ORDER))
        for at in (0, 4, 6, 24, 28, 30):
            broken = bytearray(good)
            broken[at] ^= 1
            with self.assertRaises(m.WireError, msg=at):
                m.decode(broken)
        for size in range(len(good)):
            self.assertIsNone(m.decode(good[:size]))
        with self.assertRaises(m.WireError):
            m.PlaceOrder.from_block(bytes(55))

    def test_broken_bytes_raise_nothing_else(self):
        drawn, read = random.Random(2), 0
        for _ in range(20_000):
            data = bytearray(drawn.choice(EXAMPLES)[1])
            for _ in range(drawn.randrange(1, 5)):
                data[drawn.randrange(len(data))] = drawn.randrange(256)
            try:
                got = m.decode(data)
                if got is not None:
                    got[0].message.describe()
                    read += 1
            except m.WireError:
                pass
        self.assertGreater(read, 5_000)

    def test_a_value_that_does_not_fit_is_refused(self):
        for wrong in (m.PlaceOrder(account=-1), m.PlaceOrder(price=1 << 63), m.PlaceOrder(side=256), m.PlaceOrder(price=1.5),
                      m.ListAsset(symbol="TOOLONGER"), m.ListAsset(symbol="A\0B"), m.AddKey(public_key=b"short")):
            with self.assertRaises(m.WireError, msg=wrong.describe()):
                m.encode(wrong)

    def test_what_is_not_known_is_passed_on(self):
        data = bytearray(m.encode(ORDER))
        data[32 + 32], data[32 + 35] = 9, 0x81
        order = m.decode(data)[0].message
        self.assertEqual(order.side, 9)
        self.assertEqual(order.flags, 0x81)
        self.assertIn("side=9", order.describe())
        self.assertIn("flags=post_only|128", order.describe())
        self.assertEqual(m.encode(order)[32:], data[32:])
        data[26:28] = (999).to_bytes(2, "little")
        self.assertEqual(m.decode(data)[0].message, m.Unknown(999, bytes(data[32:])))


class Shown(unittest.TestCase):
    """The code in docs/protocols/order-entry.md does what it says there."""

    def block(self, language):
        text = (ROOT / "docs/protocols/order-entry.md").read_text(encoding="utf-8")
        return text.split(f"```{language}\n")[1].split("```")[0]

    def setUp(self):
        self.order = next(data for told, data in EXAMPLES if told.startswith("PlaceOrder "))
        self.report, self.told = next((data, told) for told, data in EXAMPLES if told.startswith("ExecutionReport "))

    def test_python(self):
        sent, said = [], []
        exec(self.block("python"), {**vars(m), "send": sent.append, "tell": said.append, "sequence": 1, "decoder": m.Decoder(),
                                    "received": self.order + self.report})
        self.assertEqual(m.decode(sent[0])[0].message, ORDER)
        self.assertEqual(said, [self.told])

    def test_cpp(self):
        program = SHOWN_PROGRAM.replace("@CODE@", self.block("cpp")).replace("@RECEIVED@", (self.order + self.report).hex())
        sent, said = run_cpp(self, (ROOT / "schema/dcx-order-entry.xml").read_text(encoding="utf-8"), program)[:2]
        self.assertEqual(m.decode(bytes.fromhex(sent))[0][:3], (ORDER, 1, 5))
        self.assertEqual(said, self.told)


def run_cpp(case, schema, program):
    """Lines that a program says which has nothing of ours but the header that is made of this schema."""
    compiler = shutil.which(os.environ.get("CXX", "g++-12"))
    if compiler is None:
        case.skipTest("no compiler")
    with tempfile.TemporaryDirectory(prefix="dcx-views-") as folder:
        there = pathlib.Path(folder)
        (there / "schema.xml").write_text(schema, encoding="utf-8")
        subprocess.run([sys.executable, "-B", ROOT / "scripts/sbe/generate.py", "cpp", "--schema", there / "schema.xml",
                        "--out", there / "messages.h"], check=True)
        (there / "main.cpp").write_text(FROM_HEX + program, encoding="utf-8")
        subprocess.run([compiler, "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-I", there,
                        there / "main.cpp", "-o", there / "main"], check=True, timeout=120)
        return subprocess.run([there / "main"], capture_output=True, text=True, check=True, timeout=10).stdout.split("\n")


FROM_HEX = """
#include <cstdio>
#include <vector>
#include "messages.h"
using namespace dcx::wire;
std::vector<std::byte> from_hex(const std::string& digits) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    return bytes;
}
"""

SHOWN_PROGRAM = """
void send(Bytes bytes) {
    for (const std::byte byte : bytes) std::printf("%02x", static_cast<unsigned>(byte));
    std::puts("");
}
void tell(const std::string& line) { std::puts(line.c_str()); }
int main() {
    const std::uint64_t sequence = 1;
    const std::int64_t now = 5;
    const std::vector<std::byte> stream = from_hex("@RECEIVED@");
    Bytes received = stream;
@CODE@
}
"""

NEW_FIELDS = """    <field name="display" id="13" type="Quantity" offset="56" sinceVersion="2" description="shown to others"/>
    <field name="tag" id="14" type="Bytes16" offset="64" sinceVersion="2"/>
</sbe:message>
<sbe:message name="CancelOrder" """


class Versions(unittest.TestCase):
    """A schema with two more fields in version 2, beside the present one: either reads the other."""

    @staticmethod
    def later_text():
        text = (ROOT / "schema/dcx-order-entry.xml").read_text(encoding="utf-8")
        text = text.replace('version="1" semanticVersion', 'version="2" semanticVersion')
        text = text.replace('name="PlaceOrder" id="30" blockLength="56"', 'name="PlaceOrder" id="30" blockLength="80"')
        return text.replace('</sbe:message>\n<sbe:message name="CancelOrder" ', NEW_FIELDS)

    @classmethod
    def setUpClass(cls):
        cls.text = cls.later_text()
        cls.later = examples.codec_of(sbe.Schema(cls.text))

    def test_an_old_reader_passes_over_what_is_new(self):
        new = self.later.encode(self.later.PlaceOrder(cl_ord_id=1, price=5, display=7, tag=bytes(range(16))))
        frame, end = m.decode(new)
        self.assertEqual((frame.version, end, frame.message), (2, len(new), m.PlaceOrder(cl_ord_id=1, price=5)))

    def test_a_new_reader_takes_what_is_missing_for_nothing(self):
        frame, _ = self.later.decode(m.encode(ORDER))
        self.assertEqual((frame.message.price, frame.message.display, frame.message.tag), (12_500, 0, bytes(16)))
        with self.assertRaises(self.later.WireError):
            self.later.PlaceOrder.from_block(bytes(55))

    def test_views_do_the_same(self):
        said = run_cpp(self, self.text, VERSIONS_PROGRAM.replace("@OLD@", m.encode(ORDER, 1, 0).hex()))
        self.assertEqual(said[:3], ["12500 0 0000", "7 6162", "nothing"])


VERSIONS_PROGRAM = """
int main() {
    const std::vector<std::byte> old = from_hex("@OLD@");
    Frame frame;
    if (read_frame(old, frame) != ReadResult::complete) return 1;
    const auto order = PlaceOrderView::of(frame).value();
    std::printf("%lld %lld %02x%02x\\n", static_cast<long long>(order.price()), static_cast<long long>(order.display()),
                static_cast<unsigned>(order.tag()[0]), static_cast<unsigned>(order.tag()[15]));
    std::array<std::byte, 512> buffer;
    std::array<std::byte, 16> tag{std::byte{'a'}, std::byte{'b'}};
    if (PlaceOrderEncoder::in(std::span{buffer}.first(111)).has_value()) return 2;
    auto encoder = PlaceOrderEncoder::in(buffer).value();
    encoder.display(7).tag(tag);
    if (read_frame(encoder.frame(), frame) != ReadResult::complete || frame.version != 2) return 3;
    const auto view = PlaceOrderView::of(frame).value();
    std::printf("%lld %02x%02x\\n", static_cast<long long>(view.display()), static_cast<unsigned>(view.tag()[0]),
                static_cast<unsigned>(view.tag()[1]));
    std::puts(PlaceOrderView::of_block(Bytes{buffer}.first(55)) ? "a view" : "nothing");
}
"""


class Package(unittest.TestCase):
    """A clone without a build."""

    def clone(self, folder):
        for part in ("schema", "scripts/sbe", "clients/python"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("messages.py", "__pycache__"))
        return folder / "clients/python"

    def ask(self, path, expression):
        done = subprocess.run([sys.executable, "-B", "-c", f"import dcx; print({expression})"], cwd=path, capture_output=True,
                              text=True, check=False, timeout=60)
        return done.stdout.strip() or done.stderr.strip().split("\n")[-1]

    def test_the_codec_is_made_when_it_is_missing_and_again_when_the_schema_changes(self):
        with tempfile.TemporaryDirectory(prefix="dcx-clone-") as folder:
            path = self.clone(pathlib.Path(folder))
            self.assertEqual(self.ask(path, "dcx.messages.PlaceOrder.TEMPLATE"), "30")
            made = path / "dcx/messages.py"
            first = made.read_text(encoding="utf-8")
            self.assertEqual(self.ask(path, "dcx.messages.SCHEMA_VERSION"), "1")
            xml = pathlib.Path(folder) / "schema/dcx-order-entry.xml"
            xml.write_text(Versions.later_text(), encoding="utf-8")
            os.utime(made, (1, 1))
            self.assertEqual(self.ask(path, "dcx.messages.SCHEMA_VERSION"), "2")
            self.assertNotEqual(made.read_text(encoding="utf-8"), first)
            # A schema that is wrong says so, and an installed package has no schema.
            xml.write_text("<nothing/>", encoding="utf-8")
            os.utime(made, (1, 1))
            self.assertIn("dcx.messages cannot be made", self.ask(path, "1"))
            shutil.rmtree(pathlib.Path(folder) / "scripts")
            self.assertEqual(self.ask(path, "dcx.messages.SCHEMA_VERSION"), "2")

    def test_many_at_once(self):
        with tempfile.TemporaryDirectory(prefix="dcx-clone-") as folder:
            path = self.clone(pathlib.Path(folder))
            asked = [subprocess.Popen([sys.executable, "-B", "-c", "import dcx; print(dcx.messages.Heartbeat(3).next_sequence)"],
                                      cwd=path, stdout=subprocess.PIPE, text=True) for _ in range(6)]
            self.assertEqual([one.communicate(timeout=60)[0].strip() for one in asked], ["3"] * 6)


if __name__ == "__main__":
    unittest.main()
