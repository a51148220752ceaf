"""Every measure of `./dev bench`, a line each; a new one is one more line and a benchmark of that name.

name     what the table calls it
group    one of GROUPS: `./dev bench GROUP`
program  bench/PROGRAM.cpp
ours     the benchmark's name as Google Benchmark prints it, without its options (/real_time, /iterations:3 …)
peer     what it is compared with in the same run, of the same program: a benchmark, or BENCHMARK:COUNTER for another
         counter than the value's; None: nothing
value    "rate": messages a second (more is better); "time": ns an iteration (less is better); "rate:NAME" and
         "time:NAME" are that counter, "size:NAME" is one of bytes (less is better)
target   the ratio that is wanted, ours as many times as good as the peer; None: only told
asserts  what the benchmark itself checks, and fails on; empty: nothing yet
"""
from collections import namedtuple

Measure = namedtuple("Measure", "name group program ours peer value target asserts")

GROUPS = ("book", "core", "ring", "journal", "gateway", "order_entry", "feed", "ledger", "history", "proof")
# Groups that nothing is measured in yet.
EMPTY = {}

M = Measure
REPORTED = "each order's report is the one it must be"
ANSWERED = "every command answered, no order refused"
EVERY_BYTE = "every reader that reads gets every byte of the feed, nobody is conflated"
COUNTED = "no message lost or torn: counted and summed at the other end"
FOLDED = "the fold has taken every event of the log, and none contradicts another"
MEASURES = (
    M("book alone", "book", "core_bench", "book_alone", None, "rate", None, ""),
    M("core with money", "core", "core_bench", "core_with_money", "core_with_money_one_by_one", "rate", None,
      "no command refused, the core's invariants hold"),
    M("core, events hashed", "core", "engine_bench", "core_and_hash", None, "rate", None, "the core's invariants hold"),
    M("engine in memory", "core", "engine_bench", "engine_memory", "core_and_hash", "rate", None,
      "every command answered, none refused"),
    M("engine, durable", "core", "engine_bench", "engine_durable", "engine_memory", "rate", None,
      "every command answered, none refused"),
    M("engine, durable, with the auditor", "core", "engine_bench", "engine_audited", "engine_durable", "rate", None,
      "every command answered, none refused; the auditor finds no difference"),
    M("one command, p99", "core", "core_latency_bench", "core_work", "empty_loop_work", "time:p99", None, "the core's invariants hold after each round"),
    M("one command by the clock, p99", "core", "core_latency_bench", "core_response", "empty_loop_response",
      "time:p99", None, "the core's invariants hold after each round"),
    M("transfers", "ledger", "core_bench", "transfers", None, "rate", None, ""),
    M("transfers, a million accounts", "ledger", "core_bench", "transfers_of_a_million", "transfers", "rate", None,
      ""),
    *(M(f"SPSC{where}, 32 at a time{beside}", "ring", "ring_bench", f"{kind}/batched/dcx", f"{kind}/{peer}/boost", "rate", target,
        COUNTED)
      for where, kind in (("", "spsc"), (", two processes", "shm"))
      for beside, peer, target in ((", beside one at a time", "one", 4.0), ("", "batched", None))),
    M("SPSC, one at a time", "ring", "ring_bench", "spsc/one/dcx", "spsc/one/boost", "rate", 1.2, COUNTED),
    M("SPSC, one at a time, beside moodycamel", "ring", "ring_bench", "spsc/one/dcx", "spsc/one/moodycamel_rwq", "rate", 1.2,
      COUNTED),
    M("SPSC, two processes, one at a time", "ring", "ring_bench", "shm/one/dcx", "shm/one/boost", "rate", 1.2, COUNTED),
    M("SPSC round trip", "ring", "ring_bench", "round_trip/one/dcx", "round_trip/one/boost", "time", 1 / 1.2, COUNTED),
    M("SPSC round trip, beside moodycamel", "ring", "ring_bench", "round_trip/one/dcx", "round_trip/one/moodycamel_rwq",
      "time", 1 / 1.2, COUNTED),
    M("SPSC round trip, two processes", "ring", "ring_bench", "shm_round_trip/one/dcx", "shm_round_trip/one/boost", "time",
      1 / 1.2, COUNTED),
    M("consumer that sleeps on a doorbell", "ring", "ring_bench", "blocking/batched/dcx_doorbell", "spsc/batched/dcx", "rate",
      0.8, COUNTED),
    M("consumer that sleeps on a futex", "ring", "ring_bench", "blocking/batched/dcx_futex", "spsc/batched/dcx", "rate", 0.8,
      COUNTED),
    M("the same in another process", "ring", "ring_bench", "shm_blocking/batched/dcx_futex", "shm/batched/dcx", "rate", 0.8,
      COUNTED),
    M("two producers, one at a time", "ring", "ring_bench", "mpsc/one/dcx_lanes/2", "mpsc/one/moodycamel_cq/2", "rate", None,
      COUNTED),
    M("two producers, claiming slots", "ring", "ring_bench", "mpsc/one/claim/2", "mpsc/one/dcx_lanes/2", "rate", None, COUNTED),
    M("two producers, 32 at a time", "ring", "ring_bench", "mpsc/batched/dcx_lanes/2", "mpsc/batched/moodycamel_cq/2", "rate",
      None, COUNTED),
    M("broadcast to 4, the writer's cost", "ring", "ring_bench", "writer/batched/dcx_broadcast/4", "writer/batched/dcx_spsc/1",
      "rate", 1 / 1.2, COUNTED),
    M("broadcast that never waits, to 4", "ring", "ring_bench", "writer/batched/dcx_lossy/4", "writer/batched/dcx_spsc/1",
      "rate", 1 / 1.2, COUNTED),
    M("records of any size, 32 at a time", "ring", "ring_bench", "records/batched/dcx", "spsc/batched/dcx", "rate", None, COUNTED),
    M("events into rows, orders", "history", "history_fold_bench", "fold_orders", None, "rate", None, FOLDED),
    M("events into rows, transfers", "history", "history_fold_bench", "fold_transfers", None, "rate", None, FOLDED),
    *(M(f"group commit of {n}", "journal", "journal_bench", f"group_commit/fdatasync/{n}",
        f"bare_write_and_sync/{n}", "time", None, "every write and sync succeeds") for n in (1, 31, 511, 4095, 8191)),
    *(M(f"commit at {n} a second, p50", "journal", "journal_bench", f"commit_at_rate/fdatasync/{n}",
        f"bare_at_rate/{n}", "time:p50", None, "every write and sync succeeds") for n in (100000, 1000000)),
    *(M(f"order to report, {n} in flight", "gateway", "gateway_bench", f"order_to_report/{n}", f"bare_tcp/{n}",
        "time", None, "") for n in (1, 16, 256)),
    *(M(f"the gateway's share of a flow, {n} connections", "gateway", "gateway_flow_bench", f"gateway_flow/{n}", None, "rate", None,
        "every command answered") for n in (2, 8, 1000)),
    *(M(f"order in flight, {what}, p50", "order_entry", "order_entry_bench", f"in_flight_{mode}/{name}",
        f"in_flight_{mode}/{name}:{peer}", "time:p50", target, REPORTED)
      for what, mode, name, peer, target in (
          ("shared memory, single, spin", "shm", "single_spin", "bound_p50", 1.0),
          ("TCP, single, spin", "memory", "tcp_single_spin", "floor_p50", 1 / 1.25),
          ("TCP, single, polite", "memory", "tcp_single_polite", "floor_p50", None),
          ("TCP, split, polite", "memory", "tcp_split_polite", "floor_p50", None),
          ("durable, TCP, single, polite", "disk", "tcp_single_polite", "bound_p50", 1.0))),
    M("order in flight, shared memory, p99", "order_entry", "order_entry_bench", "in_flight_shm/single_spin",
      "in_flight_shm/single_spin:bound_p99", "time:p99", 1.0, REPORTED),
    *(M(f"orders, {n} connection{'s' * (n > 1)}, {layout}, {idle}", "order_entry", "order_entry_bench",
        f"flood/{layout}_{idle}_memory/{n}", f"flood/{layout}_{idle}_memory/{n}:wanted", "rate", 1.0, ANSWERED)
      for layout, idle in (("single", "spin"), ("single", "polite"), ("split", "polite")) for n in (1, 8)),
    *(M(f"orders, durable, {n} connection{'s' * (n > 1)}, {layout}, {idle}", "order_entry", "order_entry_bench",
        f"flood/{layout}_{idle}_disk/{n}", f"flood/{layout}_{idle}_memory/{n}", "rate", 0.8, ANSWERED)
      # Spinning, the journal's thread would need a core of its own.
      for layout, idle in (("single", "polite"), ("split", "polite")) for n in (1, 8)),
    M("idle session, of 10,000", "order_entry", "order_entry_bench", "idle_sessions/10000", "idle_sessions/10000:bound_size",
      "size:size", 1.0, "all of them established"),
    *(M(f"fan-out to 1,000, {n} a write{beside}", "feed", "feed_fan_out_bench", f"fan_out/{n}", f"fan_out/{n}:{peer}", "time",
        target, EVERY_BYTE)
      for n, beside, peer, target in ((1, "", "raw", None), (16, "", "raw", 1 / 1.25), (16, ", beside Beast", "beast", 10.0),
                                      (64, "", "raw", None))),
    *(M(f"delivered to 1,000 by one thread{beside}", "feed", "feed_fan_out_bench", "saturation", f"saturation:{peer}", "rate",
        target, EVERY_BYTE) for beside, peer, target in (("", "wanted", 1.0), (", beside raw", "raw", None))),
    *(M(f"event to the last of 1,000, {what}, {p}", "feed", "feed_latency_bench", f"last_of_all/{flush}",
        f"last_of_all/{flush}:{peer}", f"time:{p}", target, EVERY_BYTE)
      for flush, what, p, peer, target in (
          (0, "at once", "p50", "raw_p50", None), (0, "at once", "p99", "raw_p99", 1 / 2),
          (0, "at once", "p99_9", "raw_p99_9", None), (500, "default flush", "p50", "raw_p50", None),
          (500, "default flush", "p99", "bound_p99", 1.0))),
    M("the same, a fifth stalled, p99", "feed", "feed_latency_bench", "stalled_readers", "stalled_readers:alone_p99", "time:p99",
      None, EVERY_BYTE),
    M("held for a stalled reader", "feed", "feed_latency_bench", "stalled_readers", "stalled_readers:bound_size",
      "size:held_size", 1.0, EVERY_BYTE),
    *(M(f"idle connection, {n} subscription{'' if n == 1 else 's'}{beside}", "feed", "feed_idle_bench", f"idle_connections/{n}",
        f"idle_connections/{n}:{peer}", "size:size", target, "all of them let in")
      for n in (0, 1) for beside, peer, target in (("", "bound_size", 1.0), (", beside Beast", "beast_size", None))),
    *(M(f"delta of one level, {name}", "feed", "feed_bench", f"encode_delta/{name}/1", f"encode_delta/{name}/1:wanted", "rate",
        1.0, "") for name in ("msgpack", "json")),
    *(M(f"snapshot of 5,000 levels, {name}", "feed", "feed_snapshot_bench", f"snapshot/{name}", f"snapshot/{name}:bound", "time",
        1.0, "it is whole, and a snapshot") for name in ("msgpack", "json")),
    M("rows into SQLite, 50,000 a commit", "history", "history_sqlite_bench", "commit/50000", "commit/50000:wanted", "rate", 1.0,
      "every commit moves the cursor from where the last one ended"),
    M("rows into SQLite, 2,000 a commit", "history", "history_sqlite_bench", "commit/2000", None, "rate", None,
      "every commit moves the cursor from where the last one ended"),
    M("rows into PostgreSQL, 50,000 a commit, beside bare COPY", "history", "history_postgres_bench", "commits_beside_copy",
      "commits_beside_copy:copy_rows_per_s", "rate:rows_per_s", 0.5, "both sides hold the same number of rows in the end"),
    M("rows stored at half of SQLite's rate, p99", "history", "history_lag_bench", "lag/50", "lag/50:bound_p99", "time:p99", 1.0,
      "the projector has not stopped"),
    M("balances into Redis, beside HSET 100 deep", "history", "history_redis_bench", "balances_written",
      "balances_written:bare_100", "rate:cache", 0.6, "Redis has taken every write"),
    M("balances into Redis, beside HSET at its best depth", "history", "history_redis_bench", "balances_written",
      "balances_written:bare_best", "rate:cache", 0.6, "Redis has taken every write"),
    M("a balance from Redis, p99", "history", "history_redis_bench", "balance_query", "balance_query:bare_p99", "time:p99", 0.5,
      "every answer is found, whole and as of the watermark"),
    M("liabilities: trees of 1 M accounts x 4 assets, beside hashing their bytes", "proof", "liabilities_bench", "trees",
      "openssl_evp", "rate", 0.5, "every tree has the sum of all accounts"),
    M("match log verified, beside plain replay", "proof", "match_log_bench", "match_log_verify", "core_replay", "rate:inputs", None,
      "every fill is the one of the rules, the root is the signed one"),
    M("match log made behind the core, beside the core alone", "proof", "match_log_bench", "core_replay_and_build", "core_replay",
      "rate", None, "the log of the flow holds"),
    M("leaves and trees of commands and events, beside hashing their messages", "proof", "proof_bench", "leaves_and_trees",
      "openssl_evp", "rate", 0.77, "the leaves are those of the plain functions (dcx_proof_test)"),
    M("the hash of a batch in the journal's chain, beside hashing its bytes", "proof", "proof_bench", "batch_hash",
      "batch_openssl_evp", "rate", 0.77, "both see every byte"),
)
# Cost against size: (title, group, label of x, benchmark whose last argument is x, or
# BENCHMARK:COUNTER, …).
CURVES = (
    ("Group commit: time of a batch", "journal", "commands in a batch", "group_commit/fdatasync", "bare_write_and_sync"),
    ("Order to report over loopback", "gateway", "orders in flight", "order_to_report", "bare_tcp"),
    ("Fan-out to 1,000 subscribers", "feed", "frames a write", "fan_out", "fan_out:raw", "fan_out:beast"),
)
