#!/usr/bin/env python3
"""Holds the include rules of src/: which folder may include which, and what the innermost folders leave out.

usage: check_includes.py [ROOT]      (ROOT: the repository, by default the one this script stands in)

Checks every .h and .cpp under ROOT/src, tests and fuzz targets included, and the DEPS in ROOT/CMakeLists.txt. There is no
list of exceptions: a rule that is wrong is changed here, for everybody, with its reason in docs/decisions/.
Exit code: 0 all rules hold, 1 a rule is broken (each with file and line), 2 usage.
"""
import re
import sys
from pathlib import Path

# Folder: what it may include beside itself and base. Nothing is inherited: who may include engine may not therefore
# include journal. The folders stand in the order in which an order travels.
ALLOWED = {
    "base": set(),
    "platform": set(),
    "ring": {"platform"},
    "model": set(),
    "core": {"model"},
    "journal": {"model"},
    "engine": {"core", "journal", "ring", "platform", "model"},
    "net": {"platform"},
    "gateway": {"model", "ring", "net", "platform", "history"},
    "feed": {"model", "ring", "net"},
    "history": {"model", "ring"},
    "proof": {"model", "journal", "core"},
    "chain": {"model", "proof"},
    "cluster": {"journal", "model"},
    "wallet": {"model"},
    "client": {"model", "ring", "net", "platform"},
    "market": {"client", "model"},
}
# The program: wiring, so it may name everything.
ALLOWED["app"] = set(ALLOWED)

# Costly to compile, or a temptation to do I/O, where everything else includes it.
LEAN_FOLDERS = {"base", "model", "core"}
HEAVY_HEADERS = {"iostream", "regex", "filesystem", "ranges", "functional"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
DCX_FOLDER = re.compile(r"^\s*dcx_(?:folder\((\w+)|program\(\w+ (\w+))([^)]*)\)", re.MULTILINE)


def may_include(folder, target):
    return target in (folder, "base") or target in ALLOWED[folder]


def includes_of(path):
    """(line number, '<' or '"', name) of every include."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def check_line(src, folder, quote, name):
    """What is wrong with one include, or None."""
    if quote == "<":
        if folder in LEAN_FOLDERS and name in HEAVY_HEADERS:
            return f"{folder} leaves <{name}> out (compile time)"
        if name.split("/")[0] in ALLOWED and (src / name).exists():
            return f'our own header is included as "{name}"'
        return None
    target = name.split("/")[0]
    # A path through ".." would hide the folder it really means.
    if not (src / name).is_file() or {"..", "."} & set(name.split("/")):
        return f'"{name}" is not a file under src/ (includes start at src/)'
    if target not in ALLOWED:
        return f"{target} is not in the table"
    if not may_include(folder, target):
        return f"{folder} may not include {target}"
    return None


def find_cycle(graph):
    """One cycle of a graph {node: successors} as a list that begins and ends with the same node, or None."""
    done = set()
    for start in sorted(graph):
        path, on_path = [], set()
        # (node, its successors still to visit): depth first without recursion.
        stack = [(start, iter(sorted(graph[start])))] if start not in done else []
        if stack:
            path.append(start)
            on_path.add(start)
        while stack:
            node, successors = stack[-1]
            following = next((s for s in successors if s not in done), None)
            if following is None:
                stack.pop()
                done.add(path.pop())
                on_path.discard(node)
            elif following in on_path:
                return path[path.index(following):] + [following]
            else:
                stack.append((following, iter(sorted(graph.get(following, ())))))
                path.append(following)
                on_path.add(following)
    return None


def check_sources(src):
    """(errors, number of files) of all sources under src."""
    errors, graph, count = [], {}, 0
    for path in sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cpp") and p.is_file()):
        name = path.relative_to(src).as_posix()
        folder = name.split("/")[0]
        count += 1
        if folder not in ALLOWED or "/" not in name:
            errors.append(f"src/{name}: stands in no folder of the table")
            continue
        graph[name] = set()
        for number, quote, included in includes_of(path):
            error = check_line(src, folder, quote, included)
            if error:
                errors.append(f"src/{name}:{number}: {error}")
            if quote == '"' and (src / included).is_file():
                graph[name].add(included)
    cycle = find_cycle(graph)
    if cycle:
        errors.append("include cycle: " + " -> ".join(cycle))
    return errors, count


def check_cmake(path):
    """DEPS that the table does not allow: what may not be included need not be linked."""
    errors = []
    if not path.is_file():
        return errors
    for match in DCX_FOLDER.finditer(path.read_text(encoding="utf-8")):
        folder = match.group(1) or match.group(2)
        deps = re.search(r"DEPS((?:\s+[a-z_]+)*)", match.group(3))
        for target in deps.group(1).split() if deps else []:
            if folder not in ALLOWED or not may_include(folder, target):
                errors.append(f"CMakeLists.txt: {folder} may not depend on {target}")
    return errors


def main():
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return 0 if len(sys.argv) == 2 else 2
    root = Path(sys.argv[1]) if len(sys.argv) == 2 else Path(__file__).resolve().parent.parent
    cycle = find_cycle(ALLOWED)
    errors = ["the table itself has a cycle: " + " -> ".join(cycle)] if cycle else []
    source_errors, count = check_sources(root / "src")
    errors += source_errors + check_cmake(root / "CMakeLists.txt")
    if count == 0:
        errors.append(f"no sources under {root / 'src'}")
    for error in errors:
        print(error)
    print(f"include rules: {count} files, {len(errors)} broken")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
