"""The schema's own check: the schema is whole, every way to break it is named, and the document and the examples are what is
made of it."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DCX_REPOSITORY", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(ROOT / "scripts/sbe"))

import docs_tables
import examples
import schema as sbe

TEXT = (ROOT / "schema/dcx-order-entry.xml").read_text(encoding="utf-8")
DOCUMENT = (ROOT / "docs/protocols/order-entry.md").read_text(encoding="utf-8")
GOLDEN = (ROOT / "tests/golden/order_entry_v1.txt").read_text(encoding="utf-8")
HEARTBEAT = TEXT[TEXT.index('<sbe:message name="Heartbeat"'):TEXT.index('<sbe:message name="Terminate"')]

# (what is written, what instead, what is said of it)
BROKEN = [
    ("</sbe:messageSchema>", "", "not XML"),
    ('name="next_sequence" id="1" type="uint64" offset="0"', 'name="next_sequence" id="1" type="uint64" offset="8"',
     "Heartbeat.next_sequence: offset 8, but the field before it ends at 0"),
    ('name="Heartbeat" id="106" blockLength="8"', 'name="Heartbeat" id="106" blockLength="16"',
     "Heartbeat: blockLength 16 is not where its fields end"),
    ('name="Heartbeat" id="106"', 'name="Heartbeat" id="107"', "two messages have the id 107"),
    ('name="Heartbeat" id="106"', 'name="Terminate" id="106"', "two messages have the name Terminate"),
    ('name="Heartbeat" id="106"', 'name="Side" id="106"', "Side: is also a type"),
    ('name="next_sequence" id="1" type="uint64"', 'name="next_sequence" id="1" type="uint63"', "unknown type uint63"),
    ('name="next_sequence" id="1"', 'name="next_sequence" id="2"', "field ids count from 1"),
    ('name="next_sequence" id="1"', 'name="next sequence" id="1"', "not a name"),
    ('name="next_sequence" id="1"', 'name="next_sequence" id="one"', "id is not a number: one"),
    ('name="next_sequence" id="1"', 'name="next_sequence" id="1" presence="optional"', "attribute presence is not one"),
    ('name="key" id="2" type="KeyId" offset="8"', 'name="key" id="2" type="uint64" offset="8"',
     "Negotiate.zero: offset 12, but the field before it ends at 16"),
    ('name="cl_ord_id" id="1" type="ClOrdId" offset="0"', 'name="cl_ord_id" id="1" type="ClOrdId" offset="0" sinceVersion="1"',
     "PlaceOrder.price: sinceVersion 0: fields are added at the end"),
    ('name="next_sequence" id="1" type="uint64" offset="0"', 'name="next_sequence" id="1" type="uint64" offset="0" sinceVersion="9"',
     "Heartbeat.next_sequence: sinceVersion 9"),
    ('<validValue name="buy">1</validValue>', '<validValue name="buy">2</validValue>', "Side: 2 stands there twice"),
    ('<validValue name="buy">1</validValue>', '<validValue name="sell">1</validValue>', "Side: sell stands there twice"),
    ('<validValue name="buy">1</validValue>', '<validValue name="buy">0</validValue>', "Side.buy: 0 is out of range"),
    ('<validValue name="buy">1</validValue>', '<validValue name="buy">256</validValue>', "Side.buy: 256 is out of range"),
    ('<choice name="operator">8</choice>', '<choice name="operator">32</choice>', "Permissions.operator: 32 is out of range"),
    ('<enum name="Side" encodingType="Choice8"', '<enum name="Side" encodingType="Text16"', "Side: made of char"),
    ('<enum name="Side"', '<enum name="Phase"', "Phase: named twice"),
    ('semanticType="both ways"', 'semanticType="sideways"', "semanticType says who sends it"),
    ('byteOrder="littleEndian"', 'byteOrder="bigEndian"', "the schema is little-endian"),
    ('version="1" semanticVersion', 'version="0" semanticVersion', "its version counts from 1"),
    ('package="dcx" id="220"', 'package="dcx" id="221"', "FrameHeader has 32 bytes, a magic, and this schema's id"),
    ('headerType="messageHeader"', 'headerType="FrameHeader"', "headerType does not name"),
    (HEARTBEAT, HEARTBEAT.replace('<field name="next_sequence"', '<group name="next_sequence"').replace("/>", "></group>"),
     "group next_sequence: not an element that this schema uses"),
    (HEARTBEAT, HEARTBEAT.split("\n    <field")[0] + "</sbe:message>\n", "Heartbeat: has no fields"),
    ('name="text" id="4" type="Text160"', 'name="text" id="4" type="Text16"', "Notice: blockLength 176"),
]


class Schema(unittest.TestCase):
    def test_the_schema_is_as_our_wire_wants_it(self):
        schema = sbe.Schema(TEXT)
        self.assertGreater(len(schema.messages), 90)
        self.assertEqual({message.base_length for message in schema.messages if message.base_length % 8}, set())

    def test_every_way_to_break_it_is_named(self):
        for before, after, said in BROKEN:
            self.assertIn(before, TEXT)
            with self.assertRaises(sbe.SchemaError, msg=said) as raised:
                sbe.Schema(TEXT.replace(before, after, 1))
            self.assertIn(said, str(raised.exception))

    def test_a_hostile_file_is_an_error_and_nothing_else(self):
        for text in ("", "x", "<a/>", '<messageSchema xmlns="http://fixprotocol.io/2016/sbe"/>', "\0", TEXT[:5000]):
            with self.assertRaises(sbe.SchemaError):
                sbe.Schema(text)


class Document(unittest.TestCase):
    def test_its_tables_are_the_schemas(self):
        self.assertEqual(docs_tables.rewrite(sbe.Schema(TEXT), DOCUMENT), DOCUMENT)

    def test_a_changed_table_is_made_anew_and_prose_is_left_alone(self):
        schema = sbe.Schema(TEXT)
        row = "| 8 | i64 | price | ticks; the limit, or the protection price of a market order |"
        for broken in (DOCUMENT.replace(row, row.replace("8", "9", 1)), DOCUMENT.replace(row + "\n", ""),
                       DOCUMENT.replace("### PlaceOrder · template 30", "### PlaceOrder · template 31")):
            self.assertNotEqual(broken, DOCUMENT)
            self.assertEqual(docs_tables.rewrite(schema, broken), DOCUMENT)
        more = DOCUMENT.replace("## Frame\n", "## Frame\n\nSaid by hand, with a | in it.\n")
        self.assertEqual(docs_tables.rewrite(schema, more), more)

    def test_headings_and_messages_belong_together(self):
        schema = sbe.Schema(TEXT)
        for broken, said in ((DOCUMENT.replace("### Heartbeat ", "### Heartbeet "), "Heartbeet: has a heading, but is not in"),
                             (DOCUMENT.replace("### Heartbeat ", "### Heartbeet "), "Heartbeat: write `### Heartbeat` where"),
                             (DOCUMENT.replace("### RejectReason\n", ""), "RejectReason: write"),
                             (DOCUMENT + "\n### Heartbeat\n", "Heartbeat: has two headings")):
            with self.assertRaises(sbe.SchemaError) as raised:
                docs_tables.rewrite(schema, broken)
            self.assertIn(said, str(raised.exception))


class Examples(unittest.TestCase):
    def test_every_message_has_one_and_all_are_read_as_told(self):
        self.assertEqual(examples.extend(sbe.Schema(TEXT), GOLDEN), GOLDEN)

    def test_a_changed_wire_is_not_overwritten(self):
        swapped = TEXT.replace('name="price" id="2" type="Price"', 'name="quantity" id="2" type="Quantity"', 1).replace(
            'name="quantity" id="3" type="Quantity"', 'name="price" id="3" type="Price"', 1)
        for text in (swapped, TEXT.replace('<validValue name="buy">1<', '<validValue name="buy">3<', 1)):
            with self.assertRaises(sbe.SchemaError) as raised:
                examples.extend(sbe.Schema(text), GOLDEN)
            self.assertIn("the example is read otherwise", str(raised.exception))

    def test_a_new_message_gets_one_behind_the_others(self):
        more = TEXT.replace(HEARTBEAT, HEARTBEAT + HEARTBEAT.replace('"Heartbeat" id="106"', '"Pulse" id="190"'))
        added = examples.extend(sbe.Schema(more), GOLDEN)
        self.assertTrue(added.startswith(GOLDEN))
        self.assertTrue(added[len(GOLDEN):].startswith("Pulse next_sequence="))


class Command(unittest.TestCase):
    def run_it(self, *arguments):
        done = subprocess.run([sys.executable, "-B", ROOT / "scripts/sbe/generate.py", *arguments], capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_checks_pass_and_outputs_come_whole(self):
        for arguments in (["check"], ["docs", "--check"], ["examples", "--check"]):
            self.assertEqual(self.run_it(*arguments), (0, "", ""))
        for what in ("cpp", "cpp-check", "python", "lua"):
            code, text, said = self.run_it(what)
            self.assertEqual((code, said), (0, ""))
            self.assertGreater(len(text), 10_000)
            with tempfile.TemporaryDirectory(prefix="dcx-made-") as folder:
                path = pathlib.Path(folder) / "deeper/made"
                for _ in range(2):
                    self.assertEqual(self.run_it(what, "--out", str(path)), (0, "", ""))
                self.assertEqual(path.read_text(encoding="utf-8"), text)
                os.utime(path, (1, 1))
                self.run_it(what, "--out", str(path))
                self.assertEqual(path.stat().st_mtime, 1, "touched without need")

    def test_refusals(self):
        self.assertEqual(self.run_it("rust")[0], 2)
        code, _, said = self.run_it("check", "--schema", "/nowhere/at-all.xml")
        self.assertEqual(code, 1)
        self.assertIn("/nowhere/at-all.xml", said)
        with tempfile.TemporaryDirectory(prefix="dcx-root-") as folder:
            root = pathlib.Path(folder)
            for part, text in (("schema/dcx-order-entry.xml", TEXT), ("tests/golden/order_entry_v1.txt", GOLDEN),
                               ("docs/protocols/order-entry.md", DOCUMENT.replace("| 0 | u32 | length |", "| 0 | u16 | length |"))):
                (root / part).parent.mkdir(parents=True)
                (root / part).write_text(text, encoding="utf-8")
            code, _, said = self.run_it("docs", "--check", "--root", folder)
            self.assertEqual(code, 1)
            self.assertIn("run ./dev schema", said)
            self.assertIn("there:  | 0 | u16 | length |", said)
            self.assertEqual(self.run_it("docs", "--root", folder), (0, "", ""))
            self.assertEqual(self.run_it("docs", "--check", "--root", folder), (0, "", ""))


if __name__ == "__main__":
    unittest.main()
