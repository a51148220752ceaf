"""The examples of clients/cpp and clients/python against the program, as their READMEs tell to run them."""

import os
import re
import subprocess
import sys

from venue import PROGRAM, Venue

ROOT = os.environ["DCX_REPOSITORY"]
CPP = os.environ.get("DCX_EXAMPLES", os.path.join(os.path.dirname(PROGRAM), "clients/cpp"))


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "PYTHONPATH": os.path.join(ROOT, "clients/python")})
    assert done.returncode == 0, done.stderr
    return done.stdout


def main():
    with Venue() as venue:
        venue.start()
        for words in (("open", "alice"), ("deposit", "alice", "USD", "1000")):
            run(PROGRAM, "ledger", *words, "--data", venue.data)
        arguments = venue.ready["order_entry"].rsplit(":", 1)[1], os.path.join(venue.data, "keys", "alice.key")
        python = os.path.join(ROOT, "clients/python/examples")
        for command, expected in (
                ((os.path.join(CPP, "dcx_example_sync"),), r"order \d+: 200000 lots open\n"),
                ((os.path.join(CPP, "dcx_example_callback"),), r"order (\d+): accepted\norder \1: canceled\n"),
                ((sys.executable, os.path.join(python, "sync.py")), r"order \d+: 20.0000 DEC open, 25.00000000 USD held\n"),
                ((sys.executable, os.path.join(python, "callback.py")), r"order (\d+): accepted\norder \1: canceled\n")):
            said = run(*command, *arguments)
            assert re.fullmatch(expected, said), (command, said)
        assert venue.stop() == 0, venue.log_text()


if __name__ == "__main__":
    main()
