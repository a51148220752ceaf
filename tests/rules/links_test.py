"""Every relative link of the documents leads to a file or folder of the repository."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def documents():
    skipped = {"build", "data", "node_modules", ".git"}
    return [p for p in ROOT.rglob("*.md") if not skipped & set(part for part in p.relative_to(ROOT).parts[:-1])]


def broken_links(path, text):
    for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        if not (path.parent / target.split("#")[0]).exists():
            yield f"{path}: {target}"


class Links(unittest.TestCase):
    def test_documents_have_no_broken_link(self):
        found = documents()
        self.assertGreater(len(found), 5)
        broken = [link for path in found for link in broken_links(path, path.read_text(encoding="utf-8"))]
        self.assertEqual(broken, [])

    def test_a_broken_link_is_noticed(self):
        text = "[a](nowhere.md) [b](README.md) [c](https://example.org) [d](#here) `x`\n```\n[e](in/code.md)\n```\n"
        self.assertEqual(list(broken_links(ROOT / "x.md", text)), [f"{ROOT / 'x.md'}: nowhere.md"])


if __name__ == "__main__":
    unittest.main()
