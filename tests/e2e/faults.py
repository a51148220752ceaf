"""Faults of disks and clocks for a venue of its own, through fault_shim: which calls on which files fail, from which one on,
changed while the program runs."""

import mmap
import os
import struct
import tempfile

SHIM = os.environ.get("DCX_FAULT_SHIM", "build/dev/tests/e2e/fault_shim/libdcx_fault_shim.so")

# As in fault_shim.cpp.
PWRITE, FDATASYNC, FSYNC, ALLOCATE, RENAME, OPEN, TRUNCATE, PREAD = range(1, 9)
FAIL, SHORT, DELAY, LIE, TEAR, FAIL_CREATE = range(1, 7)
FOR_EVER = 2**63
_SIZE, _RULES, _RULE = 4096, 15, 256


class Faults:
    def __init__(self):
        if not os.path.exists(SHIM):
            raise SystemExit(f"{SHIM} is not there: ./test builds it")
        self.file = tempfile.NamedTemporaryFile(prefix="dcx-faults-")
        self.file.truncate(_SIZE)
        self.memory = mmap.mmap(self.file.fileno(), _SIZE)
        self.used = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.memory.close()
        self.file.close()

    @property
    def environment(self):
        return {"LD_PRELOAD": os.path.abspath(SHIM), "DCX_FAULT_CONTROL": self.file.name}

    def plant(self, operation, path, action=FAIL, argument=0, after=0, times=FOR_EVER):
        """A file's path begins with `path`, or holds it when that does not begin with a slash. Returns the rule's place."""
        assert self.used < _RULES and len(path) < 208
        at = _RULE * (1 + self.used)
        self.memory[at:at + _RULE] = struct.pack("<IIqQQQQ208s", 0, action, argument, after, times, 0, 0, path.encode())
        self.memory[at:at + 4] = struct.pack("<I", operation)
        self.used += 1
        return at

    def calls(self, rule):
        """Matching ones so far."""
        return struct.unpack_from("<Q", self.memory, rule + 32)[0]

    def hits(self, rule):
        """Those that the fault struck."""
        return struct.unpack_from("<Q", self.memory, rule + 40)[0]

    def clear(self):
        self.memory[_RULE:_SIZE] = bytes(_SIZE - _RULE)
        self.used = 0

    def shift_wall_clock(self, ns):
        self.memory[0:8] = struct.pack("<q", ns)
