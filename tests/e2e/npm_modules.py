"""Packages of npm that tests need: exactly those of tests/NAME/package-lock.json, installed into build/NAME once; where
they can't be had, Missing says why. No script of a package is run when it is installed."""

import fcntl
import filecmp
import os
import shutil
import subprocess

REPOSITORY = os.environ.get("DCX_REPOSITORY") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Missing(Exception):
    """What can't be had on this machine."""


def modules(name):
    """The node_modules folder with what tests/NAME/package-lock.json says."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Missing(f"there is no {program}")
    major = int(subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout[1:].split(".")[0])
    if major < 18:
        raise Missing(f"Node is {major}, at least 18 is needed")
    sources, build = os.path.join(REPOSITORY, "tests", name), os.path.join(REPOSITORY, "build", name)
    os.makedirs(build, exist_ok=True)
    with open(os.path.join(build, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done, wanted = os.path.join(build, "installed.json"), os.path.join(sources, "package-lock.json")
        if not os.path.exists(done) or not filecmp.cmp(done, wanted, shallow=False):
            for file in ("package.json", "package-lock.json"):
                shutil.copy(os.path.join(sources, file), build)
            npm = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=build, capture_output=True,
                                 text=True, timeout=180, check=False)
            if npm.returncode != 0:
                raise Missing(f"npm ci failed: {npm.stderr.strip().splitlines()[-1:]}")
            shutil.copy(wanted, done)
    return os.path.join(build, "node_modules")
