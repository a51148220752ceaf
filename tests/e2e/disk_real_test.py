"""Disks that are really full, read-only or broken: file systems of a few MiB made for the test, in a mount namespace of its
own. Needs root; what a kernel lacks (loop devices) is said and left out.

- full: tmpfs and ext4 run out of space under load;
- broken: an ext4 whose device gives I/O errors, because the space behind the device is exhausted, which no file system sees
  coming;
- gone: an ext4 that is aborted under load, as the kernel does after errors: read-only from one moment to the next, and what
  was not synced is lost with it, as in a loss of power;
- read-only: a start on it.

Each time the engine stops with a reason, clients are told, and after the repair everything acknowledged is there."""

import errno
import os
import random
import subprocess
import sys

from crowd import Crowd, SmallVenue
from disk_fault_test import check_stopped, end, refused_start
from venue import wait_until

MIB = 1 << 20


def run(*command, check=True):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 or not check, done
    return done


class Mounted:
    def __init__(self, where, *arguments):
        os.makedirs(where, exist_ok=True)
        self.where, self.arguments = where, arguments

    def __enter__(self):
        self.mount()
        return self

    def __exit__(self, *_):
        run("umount", "-l", self.where, check=False)

    def mount(self):
        run("mount", *self.arguments, self.where)

    def unmount(self):
        # A killed venue's io_uring lets go of its socket in the folder a moment after the process has gone.
        wait_until(lambda: run("umount", self.where, check=False).returncode == 0, what="the file system to be free")

    def fill(self, left):
        """A file that leaves so many bytes free; with 0, not one block."""
        free = os.statvfs(self.where)
        size = free.f_bavail * free.f_frsize - left
        with open(os.path.join(self.where, "filler"), "wb", buffering=0) as file:
            try:
                while size > 0 or left == 0:
                    size -= file.write(bytes(min(max(size, 1), MIB)))
            except OSError as error:
                assert error.errno == errno.ENOSPC, error

    def make_room(self):
        os.remove(os.path.join(self.where, "filler"))


def tmpfs(where, mib):
    return Mounted(where, "-t", "tmpfs", "-o", f"size={mib}m", "none")


class Ext4(Mounted):
    """In an image file."""

    def __init__(self, where, image, mib):
        super().__init__(where, "-o", "loop", image)
        self.image = image
        with open(image, "wb") as file:
            file.truncate(mib * MIB)
        run("mkfs.ext4", "-q", "-m", "0", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", image)

    def repair(self):
        """As an operator does: unmounts, checks, mounts."""
        self.unmount()
        done = run("e2fsck", "-p", "-f", self.image, check=False)
        assert done.returncode in (0, 1), done
        self.mount()


def wait_for_spare(venue):
    """The next segment has its space."""
    def there():
        try:
            return os.stat(os.path.join(venue.journal, "spare")).st_blocks * 512 >= MIB
        except FileNotFoundError:
            return False
    wait_until(there, what="the spare segment")


def new_venue(venue):
    venue.start()
    return Crowd(venue, random.Random(1), steady=4, crossers=2)


def check_full(venue, disk):
    crowd = new_venue(venue)
    for round_number in range(3):
        # Room for a few segments more, or for none.
        wait_for_spare(venue)
        disk.fill((2, 1, 0)[round_number] * MIB + MIB // 2)
        crowd.begin_load(most=100_000)
        check_stopped(venue, crowd, "No space left on device")
        if round_number == 1:
            venue.kill()
        else:
            end(venue)
        disk.make_room()
        crowd.start_and_check()
    # Full before a start, which says that there is no room, or serves as long as it needs none.
    crowd.leave()
    assert venue.stop() == 0, venue.log_text()
    disk.fill(0)
    size = os.path.getsize(venue.log_path)
    try:
        venue.start()
        print("a start on a full disk serves")
        venue.kill()
    except AssertionError:
        assert venue.process.returncode in (1, 4) and "No space left on device" in venue.log_since(size), venue.log_text()
        print("a start on a full disk is refused: " + venue.log_since(size).splitlines()[-1])
    disk.make_room()
    crowd.start_and_check()
    crowd.leave()
    assert venue.stop() == 0, venue.log_text()
    return crowd


def check_broken(venue, below, disk):
    """The device has no room left for what the file system has given away already."""
    crowd = new_venue(venue)
    wait_for_spare(venue)
    below.fill(2 * MIB)
    crowd.begin_load(most=100_000)
    check_stopped(venue, crowd, "(Input/output error|Read-only file system)")
    end(venue)
    below.make_room()
    disk.repair()
    crowd.start_and_check()
    crowd.leave()
    assert venue.stop() == 0, venue.log_text()
    return crowd


def check_gone(venue, disk):
    crowd = new_venue(venue)
    for round_number in range(10):
        crowd.begin_load(most=100_000)
        crowd.wait_until_sent(random.Random(round_number).randint(100, 3000))
        run("mount", "-o", "remount,abort", disk.where)
        check_stopped(venue, crowd, "(Input/output error|Read-only file system)")
        end(venue)
        disk.repair()
        crowd.start_and_check()
    crowd.leave()
    assert venue.stop() == 0, venue.log_text()
    return crowd


def check_read_only(venue, disk):
    crowd = new_venue(venue)
    crowd.begin_load()
    crowd.wait_until_sent(500)
    venue.kill()
    crowd.join()
    run("mount", "-o", "remount,ro", disk.where)
    # A replay needs no right to write.
    sequence = venue.replay()["sequence"]
    refused_start(venue, "Read-only file system")
    run("mount", "-o", "remount,rw", disk.where)
    assert venue.replay()["sequence"] == sequence
    crowd.start_and_check()
    crowd.leave()
    assert venue.stop() == 0, venue.log_text()
    return crowd


def told(name, crowd):
    print(f"{name}: {crowd.sent()} commands there, {crowd.counts['in flight']} never acknowledged, "
          f"{crowd.counts['lost unacknowledged']} unacknowledged ones lost and sent again, "
          f"{crowd.counts['ambiguous tails']} torn tails cut", flush=True)


def have_loop(folder):
    image = os.path.join(folder, "probe")
    with open(image, "wb") as file:
        file.truncate(4 * MIB)
    done = run("sh", "-c", f'command -v mkfs.ext4 && mkfs.ext4 -q "{image}" && mkdir "{image}.d" && '
                           f'mount -o loop "{image}" "{image}.d" && umount "{image}.d"', check=False)
    return done.returncode == 0


def main():
    if os.geteuid() != 0:
        print("SKIPPED: mounting file systems needs root")
        return
    if os.environ.get("DCX_MOUNTS") != "own":
        probe = run("unshare", "--mount", "--propagation", "private", "true", check=False)
        if probe.returncode != 0:
            print(f"SKIPPED: no mount namespace here: {probe.stderr.strip()}")
            return
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, os.path.abspath(__file__)],
                   {**os.environ, "DCX_MOUNTS": "own"})
    with SmallVenue() as venue, tmpfs(venue.data, 12) as disk:
        told("tmpfs, full", check_full(venue, disk))
    with SmallVenue() as venue, tmpfs(venue.data, 12) as disk:
        told("tmpfs, read-only", check_read_only(venue, disk))
    with SmallVenue() as venue, tmpfs(os.path.join(venue.folder, "below"), 200) as below:
        if not have_loop(below.where):
            print("no ext4 in an image here (mkfs.ext4, loop devices): full, broken and aborted ones are left out")
            return
        image = os.path.join(below.where, "image")
        with Ext4(venue.data, image, 24) as disk:
            told("ext4, full", check_full(venue, disk))
    with SmallVenue() as venue, tmpfs(os.path.join(venue.folder, "below"), 200) as below:
        image = os.path.join(below.where, "image")
        with Ext4(venue.data, image, 64) as disk:
            told("ext4, I/O errors of its device", check_broken(venue, below, disk))
    with SmallVenue() as venue, tmpfs(os.path.join(venue.folder, "below"), 200) as below:
        with Ext4(venue.data, os.path.join(below.where, "image"), 64) as disk:
            told("ext4, aborted", check_gone(venue, disk))


if __name__ == "__main__":
    main()
