"""messages.py is made from schema/dcx-order-entry.xml. A build makes it, and an installed package has it; in a clone it is made
here when it is missing or older than what it is made from."""

import os
import pathlib
import subprocess
import sys
import types

_HERE = pathlib.Path(__file__).resolve().parent
_MADE = _HERE / "messages.py"
_ROOT = _HERE.parents[2]
_GENERATOR = _ROOT / "scripts/sbe/generate.py"


def _stale():
    if not _MADE.exists():
        return True
    if not _GENERATOR.exists():
        return False
    sources = [_ROOT / "schema/dcx-order-entry.xml", *_GENERATOR.parent.glob("*.py")]
    return any(source.stat().st_mtime > _MADE.stat().st_mtime for source in sources)


def _generate(*arguments):
    done = subprocess.run([sys.executable, "-B", str(_GENERATOR), "python", *arguments], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise ImportError(f"dcx.messages cannot be made: {done.stderr.strip()}")
    return done.stdout


def make():
    """dcx.messages can be imported afterwards."""
    if not _stale():
        return
    if os.access(_HERE, os.W_OK):
        _generate("--out", str(_MADE))
        os.utime(_MADE)
        return
    # Somebody else's clone: for this process alone.
    module = types.ModuleType("dcx.messages")
    sys.modules["dcx.messages"] = module
    exec(compile(_generate(), "dcx/messages.py", "exec"), module.__dict__)
