"""The Wireshark dissector that is made from the schema, by tshark: every message, streams cut anywhere, any port, and frames
that are none. Captures are made here, from the examples of tests/golden."""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DCX_REPOSITORY", pathlib.Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(ROOT / "scripts/sbe"), str(pathlib.Path(__file__).parent)]

import capture
import examples
import lua_dissector
import schema as sbe

SCHEMA = sbe.read(ROOT / "schema/dcx-order-entry.xml")
CODEC = examples.codec_of(SCHEMA)
EXAMPLES = [data for _, data in examples.parse((ROOT / "tests/golden/order_entry_v1.txt").read_text(encoding="utf-8"))]
NAMES = [type(CODEC.decode(data)[0].message).__name__ for data in EXAMPLES]
PLACE = CODEC.encode(CODEC.PlaceOrder(cl_ord_id=7, price=12_500, side=CODEC.Side.buy), sequence=3, sending_time=1_700_000_000_000_000_001)
SHORT_BLOCK = CODEC.encode(CODEC.Heartbeat())[:32]


def changed(data, at, value, layout="<H"):
    data = bytearray(data)
    struct.pack_into(layout, data, at, value)
    return bytes(data)


class Dissector(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="dcx-dissector-"))
        cls.lua = cls.folder / "dcx.lua"
        subprocess.run([sys.executable, ROOT / "scripts/sbe/generate.py", "lua", "--out", cls.lua], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def tshark(self, packets, *options, venue_port=7001):
        """Each of `packets` is sent as one segment; what tshark says of them."""
        taken = capture.Capture(venue_port)
        for number, packet in enumerate(packets):
            taken.send(packet, from_venue=number % 2 == 1 and len(packets) < 3)
        taken.write(self.folder / "taken.pcap")
        # A home of its own: whoever runs the test may have plugins and preferences.
        done = subprocess.run(["tshark", "-X", f"lua_script:{self.lua}", "-r", self.folder / "taken.pcap", *options],
                              capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, "HOME": str(self.folder), "TZ": "UTC"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("Lua", done.stderr)
        self.assertNotIn("Lua Error", done.stdout)
        return done.stdout

    def messages(self, packets, **options):
        """Names of all messages, in order."""
        said = self.tshark(packets, "-T", "fields", "-E", "occurrence=a", "-e", "dcx.message", **options)
        return [name for line in said.split("\n") for name in line.split(",") if name]

    def experts(self, packets):
        """For each packet the faults that are told of it."""
        names = ("malformed", "unknown", "reserved", "newer")
        said = self.tshark(packets, "-T", "fields", *(part for name in names for part in ("-e", f"dcx.{name}")))
        handshake, *lines = said.rstrip("\n").split("\n")[2:]
        self.assertEqual((handshake.strip(), len(lines)), ("", len(packets)), said)
        return [{name for name, cell in zip(names, line.split("\t")) if cell} for line in lines]

    def test_every_field_of_every_message_has_its_value(self):
        said = json.loads(self.tshark(EXAMPLES, "-T", "json", "--no-duplicate-keys", "-Y", "dcx"))
        self.assertEqual(len(said), len(EXAMPLES))
        items = lua_dissector.Items(SCHEMA)
        compared = 0

        def compare(fields, tree, value):
            nonlocal compared
            for field in fields:
                if field.type.reserved:
                    continue
                several = len(items.types_of_name[field.name]) > 1
                name = f"dcx.{field.name}" + f".{lua_dissector.snake(field.type.name)}" * several
                shown, wanted = tree[name], getattr(value, CODEC_NAMES.get(field.name, field.name))
                if field.type.kind == "composite":
                    compare(field.type.members, tree[name + "_tree"] if name + "_tree" in tree else shown, wanted)
                    continue
                if field.type.name == "Time":
                    continue
                if field.type.kind == "set":
                    shown = int(shown, 16)
                elif field.type.kind in ("number", "enum"):
                    shown = int(shown)
                elif field.type.kind == "bytes":
                    shown = bytes.fromhex(shown.replace(":", ""))
                self.assertEqual(shown, wanted, f"{type(value).__name__}.{field.name}")
                compared += 1

        CODEC_NAMES = {"from": "from_"}
        fields = {message.name: message.fields for message in SCHEMA.messages}
        for packet, data, name in zip(said, EXAMPLES, NAMES):
            tree = packet["_source"]["layers"]["dcx"]
            self.assertEqual(tree["dcx.message"], name)
            compare(fields[name], tree, CODEC.decode(data)[0].message)
        self.assertGreater(compared, 400)

    def test_streams_are_put_together_wherever_they_are_cut(self):
        stream = b"".join(EXAMPLES)
        for seed in range(3):
            drawn, pieces, at = random.Random(seed), [], 0
            while at < len(stream):
                size = drawn.choice((1, 2, 5, 31, 33, 100, 1400))
                pieces.append(stream[at:at + size])
                at += size
            self.assertEqual(self.messages(pieces), NAMES, f"seed {seed}")

    def test_frames_are_recognised_on_any_port_and_the_port_is_a_preference(self):
        self.assertEqual(self.messages([PLACE, PLACE], venue_port=34567), ["PlaceOrder", "PlaceOrder"])
        # A part of a frame that only the preference can tell.
        parts = [PLACE[:5], PLACE[5:]]
        taken = self.tshark([parts[0] + parts[1][:1], parts[1][1:], b""], "-o", "dcx.port:34567", "-T", "fields", "-e",
                            "dcx.message", venue_port=34567)
        self.assertIn("PlaceOrder", taken)
        # What is not ours is left alone.
        self.assertEqual(self.tshark([b"GET / HTTP/1.1\r\n\r\n"], "-Y", "dcx", venue_port=34567), "")

    def test_fields_are_filters_and_the_list_says_what_happens(self):
        other = CODEC.encode(CODEC.CancelOrder(cl_ord_id=8), sequence=4)
        said = self.tshark([PLACE, other], "-Y", "dcx.cl_ord_id == 7 && dcx.side == 1 && dcx.frame.sequence == 3")
        self.assertEqual(len(said.strip().split("\n")), 1, said)
        self.assertIn("#3 PlaceOrder cl_ord_id=7 price=12500 side=buy", said)
        self.assertIn("#3 PlaceOrder", self.tshark([PLACE + other]))
        self.assertIn(" | #4 CancelOrder cl_ord_id=8", self.tshark([PLACE + other]))
        self.assertIn("2023-11-14", self.tshark([PLACE], "-T", "fields", "-e", "dcx.frame.sending_time").replace(
            "Nov 14, 2023", "2023-11-14"))

    def test_what_is_no_frame_is_shown_as_malformed(self):
        broken = {
            "length below a header": changed(PLACE, 0, 31, "<I"), "length beyond the longest": changed(PLACE, 0, 513, "<I"),
            "length of four gigabytes": changed(PLACE, 0, 0xFFFFFFFF, "<I"), "magic": changed(PLACE, 4, 0xEB51),
            "reserved of the header": changed(PLACE, 6, 1), "block length": changed(PLACE, 24, 55),
            "schema": changed(PLACE, 28, 0xDD), "version 0": changed(PLACE, 30, 0),
            "a block that is too short": changed(changed(SHORT_BLOCK, 0, 32, "<I"), 24, 0),
            "text": b"this is not a frame of anything at all, is it?"}
        packets = [PLACE, *broken.values(), PLACE]
        self.assertEqual(dict(zip(["good", *broken, "good again"], self.experts(packets))),
                         {"good": set(), **{what: {"malformed"} for what in broken}, "good again": set()})
        said = self.tshark(packets)
        for reason in ("[malformed: a length of 31]", "[malformed: no magic: the stream is out of step]",
                       "[malformed: length and block length do not agree]", "Heartbeat [malformed: a block of 0 bytes]"):
            self.assertIn(reason, said)

    def test_what_this_version_does_not_know_is_said(self):
        longer = changed(changed(changed(PLACE + bytes(8), 0, 96, "<I"), 24, 64), 30, 2)
        packets = [longer, changed(PLACE, 26, 999), changed(PLACE, 32 + 32, 9, "<B"), changed(PLACE, 32 + 36, 1, "<I")]
        self.assertEqual(self.experts(packets), [{"newer"}, {"unknown"}, {"unknown"}, {"reserved"}])
        self.assertEqual(self.messages([longer, PLACE]), ["PlaceOrder", "PlaceOrder"])

    def test_broken_bytes_never_break_it(self):
        drawn, packets = random.Random(1), []
        for _ in range(2000):
            data = bytearray(drawn.choice(EXAMPLES))
            for _ in range(drawn.randrange(1, 6)):
                data[drawn.randrange(len(data)) if drawn.random() < 0.7 else drawn.randrange(32)] = drawn.randrange(256)
            packets.append(bytes(data[:drawn.randrange(1, len(data) + 1)] if drawn.random() < 0.2 else data))
        self.assertIn("DCX", self.tshark(packets, "-V") + self.tshark(packets))
        # A good frame after a stream that is out of step, on another connection's packets, is still read.
        self.assertEqual(self.messages([PLACE]), ["PlaceOrder"])


if __name__ == "__main__":
    if shutil.which("tshark") is None:
        print("SKIPPED: tshark is not installed (./dev deps installs it)")
    else:
        unittest.main()
