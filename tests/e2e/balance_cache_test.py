"""Balances in Redis beside a venue that trades, against a replay of its journal: all that stands there is what `dcx at` says of
the watermark's command. Redis is killed, wiped, stopped and refuses the password; the venue is killed; PostgreSQL is not
there at all, and trading does not notice.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/balance_cache_test.py
"""

import json
import subprocess
import time

from servers import NotInstalled, PrivateRedis
from venue import PROGRAM, Venue, wait_until

# All of one moment.
ALL = """
local all = {redis.call('HGETALL', KEYS[1])}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
    all[#all + 1] = {key, redis.call('HGETALL', key)}
end
return all
"""


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


class CachedVenue(Venue):
    def __init__(self, redis, url=None):
        super().__init__(f"""
sim = true
[sim]
orders_per_second = 400
traders = 3
[history]
store = "postgresql"
url = "postgresql://nobody@127.0.0.1:1/none"
[cache]
redis = "{url or redis.url}"
""")
        self.redis = redis

    def number(self, name):
        for line in self.admin("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def trade_on(self, commands=150):
        wanted = self.number("dcx_engine_durable_sequence") + commands
        wait_until(lambda: self.number("dcx_engine_durable_sequence") >= wanted, 60, "commands")

    def watermark(self):
        found = self.redis.call("KEYS", "dcx:*:watermark")
        return pairs(self.redis.call("HGETALL", found[0])) if found else {}

    def wait_until_ready(self, generation):
        """Of that generation at least, and as of what is durable now."""
        durable = self.number("dcx_engine_durable_sequence")

        def is_ready():
            mark = self.watermark()
            return (mark.get("ready") == "1" and int(mark["generation"]) >= generation and
                    int(mark["sequence"]) >= durable)
        wait_until(is_ready, 60, f"the cache of generation {generation}")

    def check(self):
        """Everything in Redis is what the journal makes of the watermark's command; its generation."""
        name = self.redis.call("KEYS", "dcx:*:watermark")[0]
        prefix = name.removesuffix("watermark") + "balance:"
        mark, *balances = self.redis.call("EVAL", ALL, 1, name, prefix + "*")
        mark = pairs(mark)
        assert mark["ready"] == "1", mark
        there = {}
        for key, fields in balances:
            fields = pairs(fields)
            assert 0 < int(fields.pop("sequence")) <= int(mark["sequence"]), (key, fields)
            assert 2 * int(fields.pop("assets")) == len(fields), (key, fields)
            account = int(key.removeprefix(prefix))
            there[account] = {field: value for field, value in fields.items() if value.strip("-0.")}
        done = subprocess.run([PROGRAM, "at", mark["sequence"], "balances", "--data", self.data, "--json"],
                              capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done
        expected = {}
        for line in json.loads(done.stdout)["balances"]:
            for kind in ("available", "held"):
                if line[kind].strip("-0."):
                    expected.setdefault(int(line["account"]), {})[f"{line['asset']}.{kind}"] = line[kind]
        assert {account: fields for account, fields in there.items() if fields} == expected, (there, expected)
        assert len(expected) > 3, expected
        return int(mark["generation"])


def check_all(redis):
    with CachedVenue(redis) as venue:
        venue.start()
        venue.wait_until_ready(1)
        venue.trade_on()
        assert venue.check() == 1

        redis.kill()
        venue.trade_on()
        redis.start()
        venue.wait_until_ready(1)
        venue.check()

        before = int(venue.watermark()["generation"])
        redis.call("FLUSHALL")
        venue.wait_until_ready(before + 1)
        assert venue.check() == before + 1

        redis.pause()
        venue.trade_on(600)
        redis.resume()
        venue.wait_until_ready(before)
        generation = venue.check()

        venue.kill()
        venue.start()
        venue.wait_until_ready(generation + 1)
        assert venue.check() == generation + 1

        # What was written last before a stop is as of the last command of all.
        venue.trade_on()
        assert venue.stop() == 0
        assert venue.check() == generation + 1
        assert venue.replay()["sequence"] - int(venue.watermark()["sequence"]) < 50, (venue.replay(), venue.watermark())


def check_password():
    with PrivateRedis(password="right") as redis, CachedVenue(redis, redis.url.replace("right", "hunter2")) as venue:
        venue.start()
        venue.trade_on()
        wait_until(lambda: "credentials" in venue.log_text(), 30, "a line about the password")
        assert "hunter2" not in venue.log_text()
        for page in ("/metrics", "/health"):
            assert "hunter2" not in venue.admin(page)[1]
        assert venue.admin("/ready")[0] == 200
        assert venue.watermark() == {}
        redis.call("ACL", "SETUSER", "default", ">hunter2")
        venue.wait_until_ready(1)
        venue.check()


def main():
    begin = time.monotonic()
    try:
        with PrivateRedis() as redis:
            check_all(redis)
    except NotInstalled as missing:
        print(f"SKIPPED: {missing}")
        return
    check_password()
    print(f"all as it should be, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
