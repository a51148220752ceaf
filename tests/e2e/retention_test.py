"""Segments that a running venue packs away and deletes: it starts from a snapshot without them, and from the archive when
there is no snapshot that can be used, as after an upgrade; tools read them as if they had stayed.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/retention_test.py
"""

import json
import os
import subprocess

from venue import PROGRAM, Venue, wait_until


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == code, f"{arguments}: {done}"
    return done


def set_journal(venue, options):
    """The journal's options instead of those that the tests' configuration has."""
    with open(venue.config, encoding="utf-8") as file:
        text = file.read()
    begin, end = text.index("segment_mib"), text.index("checkpoint_every")
    with open(venue.config, "w", encoding="utf-8") as file:
        file.write(text[:begin] + options + "\n" + text[end:])


def remove_snapshots(venue):
    folder = os.path.join(venue.data, "snapshots")
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))


def main():
    sim = ("sim = true\n[sim]\norders_per_second = 20000\n[snapshots]\nkeep = 2\nevery_commands = 6_000\n"
           "[auditor]\ninvariants_s = 1\n")
    with Venue(sim) as venue:
        archive = os.path.join(venue.folder, "archive")
        set_journal(venue, "segment_mib = 1\nkeep_segments = 2")
        refused = run("serve", "--config", venue.config, "--data", venue.data, code=3)
        assert "keep_segments" in refused.stderr and "archive" in refused.stderr, refused
        set_journal(venue, f'segment_mib = 1\nkeep_segments = 2\narchive = "{archive}"')

        venue.start()
        wait_until(lambda: len(os.listdir(archive)) >= 4, 120, "four segments in the archive")
        live = [n for n in os.listdir(venue.journal) if n.endswith(".journal")]
        assert f"{1:020}.journal" not in live, f"the first segment is still there: {live}"
        assert venue.metric("dcx_retention_alarm") == 0 and venue.metric("dcx_auditor_failed") == 0
        venue.kill()

        venue.start()
        assert venue.metric("dcx_engine_epoch") == 2
        assert venue.stop() == 0, venue.log_text()
        whole = json.loads(run("replay", venue.journal, "--archive", archive, "--json").stdout)
        assert "missing_segment" in run("replay", venue.journal, code=1).stderr

        remove_snapshots(venue)
        venue.start()
        assert "snapshot=0" in venue.log_text() and f"sequence={whole['sequence']}" in venue.log_text(), venue.log_text()
        wait_until(lambda: venue.metric("dcx_snapshots_total") > 0, 60, "a snapshot of an auditor that began with the archive")
        assert venue.metric("dcx_auditor_failed") == 0
        assert venue.stop() == 0, venue.log_text()

        # As an old moment has no snapshot: from the archive.
        early = json.loads(run("at", "100", "state", "--data", venue.data, "--archive", archive, "--json").stdout)
        assert early["sequence"] == 100 and early["snapshot"] == 0, early
        assert "missing_segment" in run("at", "100", "state", "--data", venue.data, code=1).stderr
        fork = os.path.join(venue.folder, "fork")
        assert early["state_hash"] in run("fork", "100", fork, "--data", venue.data, "--archive", archive).stdout
        run("journal", "check", venue.journal, "--archive", archive)

        remove_snapshots(venue)
        set_journal(venue, "segment_mib = 1")
        refused = run("serve", "--config", venue.config, "--data", venue.data, code=4)
        assert "missing_segment" in refused.stderr, refused
    print("retention: ok")


if __name__ == "__main__":
    main()
