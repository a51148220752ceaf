"""NUMA placement in virtual machines: dcx_numa_check must pass where there are two nodes and fail where there is one.

usage: numa_vm.py PROGRAM [--work FOLDER]    (PROGRAM: dcx_numa_check as built; FOLDER: build/soak/numa by default)

The kernel is Debian's for clouds, downloaded with apt-get and unpacked there, not installed. Exit code: 0 both machines did as
they should, 1 one did not (its serial line is printed), 2 usage.
"""

import argparse
import glob
import gzip
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
META_PACKAGE = "linux-image-cloud-amd64"
# Emulated, so that it runs anywhere. `max` has the instructions that the program is compiled for; the vendor is one of whom
# qemu tells the SMT siblings. With less than 512 MiB the kernel has no transparent huge pages.
MACHINE = ["-accel", "tcg,thread=multi", "-cpu", "max,vendor=GenuineIntel", "-m", "1024", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio"]
TWO_NODES = ["-smp", "8,sockets=2,cores=2,threads=2",
             "-object", "memory-backend-ram,id=m0,size=512M", "-object", "memory-backend-ram,id=m1,size=512M",
             "-numa", "node,nodeid=0,memdev=m0,cpus=0-3", "-numa", "node,nodeid=1,memdev=m1,cpus=4-7",
             "-numa", "dist,src=0,dst=1,val=21"]
ONE_NODE = ["-smp", "8,sockets=2,cores=2,threads=2"]
LIMIT_S = 180


def fetch_kernel(folder):
    """The path of an unpacked kernel, from an earlier run if there is one."""
    found = sorted(glob.glob(os.path.join(folder, "kernel/boot/vmlinuz-*")))
    if found:
        return found[-1]
    depends = subprocess.run(["apt-cache", "depends", META_PACKAGE], capture_output=True, text=True, timeout=60, check=True).stdout
    package = re.search(r"Depends: (linux-image-\S+)", depends)[1]
    subprocess.run(["apt-get", "-q", "download", package], cwd=folder, capture_output=True, timeout=300, check=True)
    archive = glob.glob(os.path.join(folder, package + "_*.deb"))[0]
    subprocess.run(["dpkg", "-x", archive, os.path.join(folder, "kernel")], timeout=120, check=True)
    os.remove(archive)
    return glob.glob(os.path.join(folder, "kernel/boot/vmlinuz-*"))[0]


def libraries_of(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, timeout=60, check=True).stdout
    return re.findall(r"(/\S+) \(0x", listed)


class Archive:
    """A cpio archive of the kind that the kernel unpacks at its start ("newc")."""

    def __init__(self):
        self.bytes = bytearray()
        self.known = set()
        self.inode = 0

    def add(self, name, mode, content=b""):
        self.inode += 1
        fields = [self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        self.bytes += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self.bytes += b"\0" * (-len(self.bytes) % 4)
        self.bytes += content + b"\0" * (-len(content) % 4)

    def add_file(self, name, path):
        folder = ""
        for part in name.split("/")[:-1]:
            folder += ("/" if folder else "") + part
            if folder not in self.known:
                self.known.add(folder)
                self.add(folder, 0o040755)
        with open(path, "rb") as file:
            self.add(name, 0o100755, file.read())

    def packed(self):
        self.add("TRAILER!!!", 0)
        return gzip.compress(bytes(self.bytes), compresslevel=1)


def make_start_files(program, path):
    archive = Archive()
    archive.add_file("init", program)
    for library in libraries_of(program):
        archive.add_file(library.lstrip("/"), os.path.realpath(library))
    with open(path, "wb") as file:
        file.write(archive.packed())


def run_machine(kernel, start_files, nodes):
    """What the machine wrote on its serial line, and how long it took."""
    command = ["qemu-system-x86_64", *MACHINE, *nodes, "-kernel", kernel, "-initrd", start_files,
               "-append", "console=ttyS0 quiet panic=-1 loglevel=3"]
    begun = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False)
    text = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    # Without what the firmware draws before the program's first line.
    first = re.search(r"(ok|FAILED): /proc", text)
    return text[first.start() if first else 0:].replace("\r", ""), time.monotonic() - begun


def verdict_of(text):
    """(failures, whether the program came to its end)"""
    last = re.search(r"^verdict: (PASSED|FAILED), (\d+) failures$", text, re.MULTILINE)
    return (int(last[2]), True) if last else (0, False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--work", default=os.path.join(ROOT, "build/soak/numa"))
    options = parser.parse_args()
    if not shutil.which("qemu-system-x86_64"):
        sys.exit("qemu-system-x86_64 is missing: ./dev soak installs it")
    os.makedirs(options.work, exist_ok=True)
    kernel = fetch_kernel(options.work)
    start_files = os.path.join(options.work, "start-files.gz")
    make_start_files(options.program, start_files)

    text, seconds = run_machine(kernel, start_files, TWO_NODES)
    failures, ended = verdict_of(text)
    print(text)
    if not ended or failures != 0:
        print(f"two nodes: {failures} checks failed" if ended else "two nodes: the machine ended without a verdict")
        return 1
    print(f"two nodes: all {len(re.findall('^ok: ', text, re.MULTILINE))} checks hold, {seconds:.1f} s")

    text, seconds = run_machine(kernel, start_files, ONE_NODE)
    failures, ended = verdict_of(text)
    # Not any failure: those that look at pages and threads must be among them, or they would see nothing.
    seen = [what for what in ("pages of node 1", "and runs on node 1") if re.search(f"^FAILED: .*{what}", text, re.MULTILINE)]
    if not ended or len(seen) != 2:
        print(text)
        print("one node: the checks of node 1 must fail here, and did not" if ended else "one node: no verdict")
        return 1
    print(f"one node, the control: {failures} checks fail, as they must, {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
