-- Views for people: <table>_view shows a table with symbols instead of ids, exact decimals, words instead of numbers,
-- times in ISO 8601 UTC with nanoseconds, and '' for none. Column by column the same texts as history/render.h makes.
--
-- SQLite has no decimals, so they are made of integers and text. An amount is its quotient and remainder by a power of
-- ten. A price or quantity is its steps (v) times the market's mantissa (m), which can need 126 bits: a long
-- multiplication in base 10^9 (v0 v1 v2 times m0 m1 m2, the lowest first, gives the sums with their carries q0 ... q4),
-- whose digits get their point at the market's scale (s). Nothing overflows: no limb's product is above 10^18, and no
-- sum has more than three of them.

-- What pages of an account's deposits, withdrawals and pending transfers go by.
CREATE INDEX pending_transfers_by_debit ON pending_transfers (debit_account, sequence);
CREATE INDEX pending_transfers_by_credit ON pending_transfers (credit_account, sequence);

CREATE VIEW asset_units AS
SELECT asset_id, symbol, scale,
    CASE scale WHEN 0 THEN 1 WHEN 1 THEN 10 WHEN 2 THEN 100 WHEN 3 THEN 1000 WHEN 4 THEN 10000 WHEN 5 THEN 100000
        WHEN 6 THEN 1000000 WHEN 7 THEN 10000000 WHEN 8 THEN 100000000 WHEN 9 THEN 1000000000 END AS power
FROM assets;

CREATE VIEW trades_view AS
SELECT
    date(t.day * 86400, 'unixepoch') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    t.trade_id,
    coalesce(m.symbol, '') AS market,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.price AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS price,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.quantity AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS quantity,
    CASE t.taker_side WHEN 0 THEN '' WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' ELSE 'unknown' END AS taker_side,
    t.maker_order_id,
    t.taker_order_id,
    t.maker_account,
    t.taker_account
FROM trades t
LEFT JOIN markets m ON m.market_id = t.market_id;

CREATE VIEW trade_busts_view AS
SELECT
    date(t.day * 86400, 'unixepoch') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    t.trade_id,
    CASE t.traded WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.traded / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.traded % 1000000000, 2) || 'Z' END AS traded,
    coalesce(m.symbol, '') AS market,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.price AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS price,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.quantity AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS quantity,
    t.buyer,
    t.seller
FROM trade_busts t
LEFT JOIN markets m ON m.market_id = t.market_id;

CREATE VIEW executions_view AS
SELECT
    date(t.day * 86400, 'unixepoch') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    CASE t.exec_type WHEN 0 THEN '' WHEN 1 THEN 'trade' WHEN 2 THEN 'canceled' WHEN 3 THEN 'expired'
            WHEN 4 THEN 'replaced' WHEN 5 THEN 'decremented' ELSE 'unknown' END AS exec_type,
    t.order_id,
    t.cl_ord_id,
    t.account_id,
    coalesce(m.symbol, '') AS market,
    CASE t.side WHEN 0 THEN '' WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' ELSE 'unknown' END AS side,
    CASE WHEN t.exec_type = 1 THEN CASE t.detail WHEN 0 THEN '' WHEN 1 THEN 'maker' WHEN 2 THEN 'taker' ELSE 'unknown' END
        WHEN t.exec_type IN (2, 3) THEN CASE t.detail WHEN 0 THEN '' WHEN 1 THEN 'requested' WHEN 2 THEN 'ioc_remainder' WHEN 3 THEN 'fill_limit'
            WHEN 4 THEN 'fok_unfilled' WHEN 5 THEN 'self_trade' WHEN 6 THEN 'mass_cancel' WHEN 7 THEN 'expired'
            WHEN 8 THEN 'kill_switch' WHEN 9 THEN 'dead_man' WHEN 10 THEN 'disconnect'
            WHEN 11 THEN 'budget_spent' ELSE 'unknown' END
        WHEN t.exec_type = 4 THEN CASE t.detail WHEN 1 THEN 'kept_priority' ELSE 'lost_priority' END
        ELSE '' END AS detail,
    t.trade_id,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.price AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS price,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.quantity AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS quantity,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.leaves AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS leaves,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.cum AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS cum,
    coalesce(f.symbol, '') AS fee_asset,
    substr('-', 1, t.fee < 0) || ltrim(t.fee / coalesce(f.power, 1), '-') ||
        substr('.', 1, coalesce(f.scale, 0)) || substr(coalesce(f.power, 1) + abs(t.fee % coalesce(f.power, 1)), 2) AS fee
FROM executions t
LEFT JOIN markets m ON m.market_id = t.market_id
LEFT JOIN asset_units f ON f.asset_id = t.fee_asset;

CREATE VIEW ledger_transfers_view AS
SELECT
    date(t.day * 86400, 'unixepoch') AS day,
    t.sequence,
    t.event_index,
    t.leg,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    CASE t.kind WHEN 0 THEN '' WHEN 1 THEN 'transfer' WHEN 2 THEN 'mint' WHEN 3 THEN 'burn' WHEN 4 THEN 'post'
            WHEN 5 THEN 'trade_base' WHEN 6 THEN 'trade_quote' WHEN 7 THEN 'trade_fee' WHEN 8 THEN 'rebate'
            WHEN 9 THEN 'transfer_fee' WHEN 10 THEN 'trade_bust' ELSE 'unknown' END AS kind,
    CASE t.id WHEN zeroblob(16) THEN '' ELSE lower(substr(hex(t.id), 1, 8) || '-' || substr(hex(t.id), 9, 4) || '-' ||
        substr(hex(t.id), 13, 4) || '-' || substr(hex(t.id), 17, 4) || '-' || substr(hex(t.id), 21)) END AS id,
    t.reference,
    t.debit_account,
    t.credit_account,
    coalesce(a.symbol, '') AS asset,
    substr('-', 1, t.amount < 0) || ltrim(t.amount / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.amount % coalesce(a.power, 1)), 2) AS amount,
    substr('-', 1, t.debit_before < 0) || ltrim(t.debit_before / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.debit_before % coalesce(a.power, 1)), 2) AS debit_before,
    substr('-', 1, t.debit_after < 0) || ltrim(t.debit_after / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.debit_after % coalesce(a.power, 1)), 2) AS debit_after,
    substr('-', 1, t.credit_before < 0) || ltrim(t.credit_before / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.credit_before % coalesce(a.power, 1)), 2) AS credit_before,
    substr('-', 1, t.credit_after < 0) || ltrim(t.credit_after / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.credit_after % coalesce(a.power, 1)), 2) AS credit_after,
    t.debit_version,
    t.credit_version
FROM ledger_transfers t
LEFT JOIN asset_units a ON a.asset_id = t.asset_id;

CREATE VIEW deposits_view AS
SELECT
    date(t.day * 86400, 'unixepoch') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    CASE t.id WHEN zeroblob(16) THEN '' ELSE lower(substr(hex(t.id), 1, 8) || '-' || substr(hex(t.id), 9, 4) || '-' ||
        substr(hex(t.id), 13, 4) || '-' || substr(hex(t.id), 17, 4) || '-' || substr(hex(t.id), 21)) END AS id,
    t.account_id,
    t.from_account,
    coalesce(a.symbol, '') AS asset,
    substr('-', 1, t.amount < 0) || ltrim(t.amount / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.amount % coalesce(a.power, 1)), 2) AS amount
FROM deposits t
LEFT JOIN asset_units a ON a.asset_id = t.asset_id;

CREATE VIEW audit_log_view AS
SELECT
    date(t.day * 86400, 'unixepoch') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    CASE t.kind WHEN 0 THEN 'none' WHEN 1 THEN 'genesis_applied' WHEN 2 THEN 'epoch_started'
            WHEN 3 THEN 'checkpoint_logged' WHEN 4 THEN 'command_rejected' WHEN 5 THEN 'ticked'
            WHEN 6 THEN 'handover_logged' WHEN 10 THEN 'account_opened' WHEN 11 THEN 'key_added'
            WHEN 12 THEN 'key_revoked' WHEN 13 THEN 'asset_listed' WHEN 14 THEN 'instrument_listed'
            WHEN 15 THEN 'phase_changed' WHEN 16 THEN 'self_trade_rule_set' WHEN 17 THEN 'account_frozen'
            WHEN 18 THEN 'address_registered' WHEN 19 THEN 'asset_limits_set' WHEN 20 THEN 'session_negotiated'
            WHEN 21 THEN 'session_established' WHEN 22 THEN 'session_disconnected' WHEN 30 THEN 'order_accepted'
            WHEN 31 THEN 'order_rejected' WHEN 32 THEN 'order_rested' WHEN 33 THEN 'trade_executed'
            WHEN 34 THEN 'order_filled' WHEN 35 THEN 'order_canceled' WHEN 36 THEN 'cancel_rejected'
            WHEN 37 THEN 'order_amended' WHEN 38 THEN 'order_decremented' WHEN 39 THEN 'mass_canceled'
            WHEN 40 THEN 'transferred' WHEN 41 THEN 'posted' WHEN 42 THEN 'transfer_pended'
            WHEN 43 THEN 'pending_resolved' WHEN 44 THEN 'withdrawal_requested' WHEN 45 THEN 'transfer_linked'
            WHEN 50 THEN 'balance_restored' WHEN 51 THEN 'order_restored' WHEN 52 THEN 'session_restored'
            WHEN 53 THEN 'restore_completed' WHEN 54 THEN 'account_rate_restored' WHEN 60 THEN 'fees_set'
            WHEN 61 THEN 'market_limits_set' WHEN 62 THEN 'account_limits_set'
            WHEN 63 THEN 'position_limits_set' WHEN 64 THEN 'kill_switch_set' WHEN 65 THEN 'dead_man_set'
            WHEN 66 THEN 'trade_busted' WHEN 67 THEN 'rules_activated' WHEN 70 THEN 'command_proposed'
            WHEN 71 THEN 'proposal_body' WHEN 72 THEN 'proposal_approved' WHEN 73 THEN 'proposal_expired'
            ELSE 'unknown' END AS kind,
    t.session_id,
    t.key_id,
    t.person_id,
    t.detail
FROM audit_log t;

CREATE VIEW orders_view AS
SELECT
    t.order_id,
    t.account_id,
    coalesce(m.symbol, '') AS market,
    t.session_id,
    t.cl_ord_id,
    CASE t.side WHEN 0 THEN '' WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' ELSE 'unknown' END AS side,
    CASE t.type WHEN 0 THEN '' WHEN 1 THEN 'limit' WHEN 2 THEN 'market' ELSE 'unknown' END AS type,
    CASE t.time_in_force WHEN 0 THEN '' WHEN 1 THEN 'gtc' WHEN 2 THEN 'ioc' WHEN 3 THEN 'fok' WHEN 4 THEN 'day'
            WHEN 5 THEN 'gtd' ELSE 'unknown' END AS time_in_force,
    CASE t.flags & 1 WHEN 0 THEN '' ELSE 'post_only' END AS flags,
    CASE t.status WHEN 0 THEN '' WHEN 1 THEN 'open' WHEN 2 THEN 'filled' WHEN 3 THEN 'canceled'
            WHEN 4 THEN 'expired' ELSE 'unknown' END AS status,
    CASE t.reason WHEN 0 THEN '' WHEN 1 THEN 'requested' WHEN 2 THEN 'ioc_remainder' WHEN 3 THEN 'fill_limit'
            WHEN 4 THEN 'fok_unfilled' WHEN 5 THEN 'self_trade' WHEN 6 THEN 'mass_cancel' WHEN 7 THEN 'expired'
            WHEN 8 THEN 'kill_switch' WHEN 9 THEN 'dead_man' WHEN 10 THEN 'disconnect'
            WHEN 11 THEN 'budget_spent' ELSE 'unknown' END AS reason,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.price AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS price,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.quantity AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS quantity,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.leaves AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS leaves,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.cum AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS cum,
    coalesce(q.symbol, '') AS quote_asset,
    substr('-', 1, t.notional < 0) || ltrim(t.notional / coalesce(q.power, 1), '-') ||
        substr('.', 1, coalesce(q.scale, 0)) || substr(coalesce(q.power, 1) + abs(t.notional % coalesce(q.power, 1)), 2) AS notional,
    date(t.day * 86400, 'unixepoch') AS day,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    CASE t.expire_at WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.expire_at / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.expire_at % 1000000000, 2) || 'Z' END AS expire_at,
    t.changed_sequence,
    CASE t.changed_time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.changed_time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.changed_time % 1000000000, 2) || 'Z' END AS changed_time
FROM orders t
LEFT JOIN markets m ON m.market_id = t.market_id
LEFT JOIN asset_units q ON q.asset_id = t.quote_asset;

CREATE VIEW assets_view AS
SELECT
    t.asset_id,
    t.symbol,
    t.scale,
    substr('-', 1, t.issue_cap < 0) || ltrim(t.issue_cap / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.issue_cap % coalesce(a.power, 1)), 2) AS issue_cap,
    substr('-', 1, t.mint_ceiling < 0) || ltrim(t.mint_ceiling / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.mint_ceiling % coalesce(a.power, 1)), 2) AS mint_ceiling,
    substr('-', 1, t.dual_control_above < 0) || ltrim(t.dual_control_above / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.dual_control_above % coalesce(a.power, 1)), 2) AS dual_control_above,
    t.transfer_fee,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time
FROM assets t
LEFT JOIN asset_units a ON a.asset_id = t.asset_id;

CREATE VIEW markets_view AS
SELECT
    t.market_id,
    t.symbol,
    coalesce(b.symbol, '') AS base_asset,
    coalesce(q.symbol, '') AS quote_asset,
    t.tick_mantissa,
    t.tick_scale,
    t.lot_mantissa,
    t.lot_scale,
    CASE t.phase WHEN 0 THEN '' WHEN 1 THEN 'trading' WHEN 2 THEN 'halted' ELSE 'unknown' END AS phase,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.min_quantity AS v, coalesce(t.lot_mantissa, 1) AS m, coalesce(t.lot_scale, 0) AS s)))))))))) AS min_quantity,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.max_quantity AS v, coalesce(t.lot_mantissa, 1) AS m, coalesce(t.lot_scale, 0) AS s)))))))))) AS max_quantity,
    substr('-', 1, t.min_notional < 0) || ltrim(t.min_notional / coalesce(q.power, 1), '-') ||
        substr('.', 1, coalesce(q.scale, 0)) || substr(coalesce(q.power, 1) + abs(t.min_notional % coalesce(q.power, 1)), 2) AS min_notional,
    substr('-', 1, t.max_notional < 0) || ltrim(t.max_notional / coalesce(q.power, 1), '-') ||
        substr('.', 1, coalesce(q.scale, 0)) || substr(coalesce(q.power, 1) + abs(t.max_notional % coalesce(q.power, 1)), 2) AS max_notional,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.reference_price AS v, coalesce(t.tick_mantissa, 1) AS m, coalesce(t.tick_scale, 0) AS s)))))))))) AS reference_price,
    t.collar_bp,
    t.max_orders,
    t.day_end_s,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time
FROM markets t
LEFT JOIN asset_units b ON b.asset_id = t.base_asset
LEFT JOIN asset_units q ON q.asset_id = t.quote_asset;

CREATE VIEW market_fees_view AS
SELECT
    coalesce(m.symbol, '') AS market,
    t.tier,
    t.maker_fee,
    t.taker_fee
FROM market_fees t
LEFT JOIN markets m ON m.market_id = t.market_id;

CREATE VIEW accounts_view AS
SELECT
    t.account_id,
    t.owner_id,
    CASE t.kind WHEN 0 THEN '' WHEN 1 THEN 'customer' WHEN 2 THEN 'market_maker' WHEN 3 THEN 'venue'
            ELSE 'unknown' END AS kind,
    CASE t.self_trade_rule WHEN 0 THEN 'none' WHEN 1 THEN 'cancel_taker' WHEN 2 THEN 'cancel_maker'
            WHEN 3 THEN 'cancel_both' WHEN 4 THEN 'decrement_and_cancel' ELSE 'unknown' END AS self_trade_rule,
    CASE t.frozen WHEN 0 THEN 'no' ELSE 'yes' END AS frozen,
    CASE t.killed WHEN 0 THEN 'no' ELSE 'yes' END AS killed,
    t.fee_tier,
    t.max_open_orders,
    t.orders_per_second,
    t.burst,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time
FROM accounts t;

CREATE VIEW keys_view AS
SELECT
    t.key_id,
    t.account_id,
    t.person_id,
    t.permissions,
    CASE t.revoked WHEN 0 THEN 'no' ELSE 'yes' END AS revoked,
    lower(hex(t.public_key)) AS public_key,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time
FROM keys t;

CREATE VIEW sessions_view AS
SELECT
    t.session_id,
    t.client_session,
    t.key_id,
    t.account_id,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time
FROM sessions t;

CREATE VIEW balances_view AS
SELECT
    t.account_id,
    coalesce(a.symbol, '') AS asset,
    substr('-', 1, t.available < 0) || ltrim(t.available / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.available % coalesce(a.power, 1)), 2) AS available,
    substr('-', 1, t.held < 0) || ltrim(t.held / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.held % coalesce(a.power, 1)), 2) AS held,
    t.version,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time
FROM balances t
LEFT JOIN asset_units a ON a.asset_id = t.asset_id;

CREATE VIEW account_days_view AS
SELECT
    t.account_id,
    coalesce(a.symbol, '') AS asset,
    date(t.day * 86400, 'unixepoch') AS day,
    substr('-', 1, t.opening < 0) || ltrim(t.opening / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.opening % coalesce(a.power, 1)), 2) AS opening,
    substr('-', 1, t.credits < 0) || ltrim(t.credits / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.credits % coalesce(a.power, 1)), 2) AS credits,
    substr('-', 1, t.debits < 0) || ltrim(t.debits / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.debits % coalesce(a.power, 1)), 2) AS debits,
    substr('-', 1, t.fees < 0) || ltrim(t.fees / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.fees % coalesce(a.power, 1)), 2) AS fees,
    substr('-', 1, t.closing < 0) || ltrim(t.closing / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.closing % coalesce(a.power, 1)), 2) AS closing,
    t.first_version,
    t.last_version,
    t.last_sequence
FROM account_days t
LEFT JOIN asset_units a ON a.asset_id = t.asset_id;

CREATE VIEW candles_view AS
SELECT
    coalesce(m.symbol, '') AS market,
    t.interval_s,
    CASE t.start WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.start / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.start % 1000000000, 2) || 'Z' END AS start,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.open AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS open,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.high AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS high,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.low AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS low,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.close AS v, coalesce(m.tick_mantissa, 1) AS m, coalesce(m.tick_scale, 0) AS s)))))))))) AS close,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT t.volume AS v, coalesce(m.lot_mantissa, 1) AS m, coalesce(m.lot_scale, 0) AS s)))))))))) AS volume,
    t.trades,
    t.first_sequence,
    t.last_sequence
FROM candles t
LEFT JOIN markets m ON m.market_id = t.market_id;

CREATE VIEW pending_transfers_view AS
SELECT
    t.scope,
    CASE t.id WHEN zeroblob(16) THEN '' ELSE lower(substr(hex(t.id), 1, 8) || '-' || substr(hex(t.id), 9, 4) || '-' ||
        substr(hex(t.id), 13, 4) || '-' || substr(hex(t.id), 17, 4) || '-' || substr(hex(t.id), 21)) END AS id,
    t.debit_account,
    t.credit_account,
    coalesce(a.symbol, '') AS asset,
    substr('-', 1, t.amount < 0) || ltrim(t.amount / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.amount % coalesce(a.power, 1)), 2) AS amount,
    CASE t.state WHEN 0 THEN 'pending' WHEN 1 THEN 'posted' WHEN 2 THEN 'voided' WHEN 3 THEN 'expired'
            ELSE 'unknown' END AS state,
    substr('-', 1, t.posted < 0) || ltrim(t.posted / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.posted % coalesce(a.power, 1)), 2) AS posted,
    CASE t.expires WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.expires / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.expires % 1000000000, 2) || 'Z' END AS expires,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    t.resolved_sequence,
    CASE t.resolved_time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.resolved_time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.resolved_time % 1000000000, 2) || 'Z' END AS resolved_time
FROM pending_transfers t
LEFT JOIN asset_units a ON a.asset_id = t.asset_id;

CREATE VIEW withdrawals_view AS
SELECT
    t.scope,
    CASE t.id WHEN zeroblob(16) THEN '' ELSE lower(substr(hex(t.id), 1, 8) || '-' || substr(hex(t.id), 9, 4) || '-' ||
        substr(hex(t.id), 13, 4) || '-' || substr(hex(t.id), 17, 4) || '-' || substr(hex(t.id), 21)) END AS id,
    t.account_id,
    coalesce(a.symbol, '') AS asset,
    substr('-', 1, t.amount < 0) || ltrim(t.amount / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.amount % coalesce(a.power, 1)), 2) AS amount,
    t.address,
    CASE t.state WHEN 0 THEN 'pending' WHEN 1 THEN 'posted' WHEN 2 THEN 'voided' WHEN 3 THEN 'expired'
            ELSE 'unknown' END AS state,
    substr('-', 1, t.posted < 0) || ltrim(t.posted / coalesce(a.power, 1), '-') ||
        substr('.', 1, coalesce(a.scale, 0)) || substr(coalesce(a.power, 1) + abs(t.posted % coalesce(a.power, 1)), 2) AS posted,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS time,
    t.resolved_sequence,
    CASE t.resolved_time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.resolved_time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.resolved_time % 1000000000, 2) || 'Z' END AS resolved_time
FROM withdrawals t
LEFT JOIN asset_units a ON a.asset_id = t.asset_id;

-- Reports: what accountants ask first, from tables that stay small.

-- What is issued of each asset and who has it. total is 0, or the books are wrong.
CREATE VIEW report_trial_balance AS
SELECT a.symbol AS asset,
    substr('-', 1, s.issued < 0) || ltrim(s.issued / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(s.issued % a.power), 2) AS issued,
    substr('-', 1, s.customers < 0) || ltrim(s.customers / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(s.customers % a.power), 2) AS customers,
    substr('-', 1, s.fees < 0) || ltrim(s.fees / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(s.fees % a.power), 2) AS fees,
    substr('-', 1, s.deposits < 0) || ltrim(s.deposits / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(s.deposits % a.power), 2) AS deposits,
    substr('-', 1, s.withdrawals < 0) || ltrim(s.withdrawals / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(s.withdrawals % a.power), 2) AS withdrawals,
    substr('-', 1, s.errors < 0) || ltrim(s.errors / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(s.errors % a.power), 2) AS errors,
    substr('-', 1, s.total < 0) || ltrim(s.total / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(s.total % a.power), 2) AS total
FROM (SELECT asset_id,
        -sum(CASE WHEN account_id = 1 THEN available + held ELSE 0 END) AS issued,
        sum(CASE WHEN account_id > 5 THEN available + held ELSE 0 END) AS customers,
        sum(CASE WHEN account_id = 2 THEN available + held ELSE 0 END) AS fees,
        sum(CASE WHEN account_id = 3 THEN available + held ELSE 0 END) AS deposits,
        sum(CASE WHEN account_id = 4 THEN available + held ELSE 0 END) AS withdrawals,
        sum(CASE WHEN account_id = 5 THEN available + held ELSE 0 END) AS errors,
        sum(available + held) AS total
      FROM balances GROUP BY asset_id) s
JOIN asset_units a ON a.asset_id = s.asset_id;

-- What the fee account took in (fees) and gave away (rebates, and what operators took out of it) on each day.
CREATE VIEW report_fees AS
SELECT date(t.day * 86400, 'unixepoch') AS day, a.symbol AS asset,
    substr('-', 1, t.credits < 0) || ltrim(t.credits / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(t.credits % a.power), 2) AS earned,
    substr('-', 1, t.debits < 0) || ltrim(t.debits / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(t.debits % a.power), 2) AS paid
FROM account_days t
JOIN asset_units a ON a.asset_id = t.asset_id
WHERE t.account_id = 2;

-- An account's year in an asset: what it had before its first posting of that year, what came, what went, how much of
-- that were fees, and what it had after the last one.
-- Of a busy account they can be more than 64 bits: added up in two parts.
CREATE VIEW report_account_years AS
SELECT s.account_id, a.symbol AS asset, s.year,
    substr('-', 1, f.opening < 0) || ltrim(f.opening / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(f.opening % a.power), 2) AS opening,
    CASE (s.credits_high + s.credits_low / 1000000000) WHEN 0 THEN s.credits_low % 1000000000 / a.power
        ELSE (s.credits_high + s.credits_low / 1000000000) || substr(1000000000 + s.credits_low % 1000000000, 2, 9 - a.scale) END ||
        substr('.', 1, a.scale) || substr(a.power + s.credits_low % 1000000000 % a.power, 2) AS credits,
    CASE (s.debits_high + s.debits_low / 1000000000) WHEN 0 THEN s.debits_low % 1000000000 / a.power
        ELSE (s.debits_high + s.debits_low / 1000000000) || substr(1000000000 + s.debits_low % 1000000000, 2, 9 - a.scale) END ||
        substr('.', 1, a.scale) || substr(a.power + s.debits_low % 1000000000 % a.power, 2) AS debits,
    CASE (s.fees_high + s.fees_low / 1000000000) WHEN 0 THEN s.fees_low % 1000000000 / a.power
        ELSE (s.fees_high + s.fees_low / 1000000000) || substr(1000000000 + s.fees_low % 1000000000, 2, 9 - a.scale) END ||
        substr('.', 1, a.scale) || substr(a.power + s.fees_low % 1000000000 % a.power, 2) AS fees,
    substr('-', 1, l.closing < 0) || ltrim(l.closing / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(l.closing % a.power), 2) AS closing
FROM (SELECT account_id, asset_id, strftime('%Y', day * 86400, 'unixepoch') AS year, min(day) AS first_day, max(day) AS last_day,
        sum(credits / 1000000000) AS credits_high, sum(credits % 1000000000) AS credits_low,
        sum(debits / 1000000000) AS debits_high, sum(debits % 1000000000) AS debits_low,
        sum(fees / 1000000000) AS fees_high, sum(fees % 1000000000) AS fees_low
      FROM account_days GROUP BY account_id, asset_id, strftime('%Y', day * 86400, 'unixepoch')) s
JOIN account_days f ON f.account_id = s.account_id AND f.asset_id = s.asset_id AND f.day = s.first_day
JOIN account_days l ON l.account_id = s.account_id AND l.asset_id = s.asset_id AND l.day = s.last_day
JOIN asset_units a ON a.asset_id = s.asset_id;

-- What was traded in each market on each day, without what was taken back.
CREATE VIEW report_market_days AS
SELECT date(c.start / 1000000000, 'unixepoch') AS day, m.symbol AS market, c.trades,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT c.volume AS v, m.lot_mantissa AS m, m.lot_scale AS s)))))))))) AS volume,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT c.open AS v, m.tick_mantissa AS m, m.tick_scale AS s)))))))))) AS open,
    (SELECT substr('-', 1, v < 0) || substr(d, 1, length(d) - s) || substr('.', 1, s) || substr(d, length(d) - s + 1)
     FROM (SELECT v, s, substr('0000000000000000000', 1, max(0, s + 1 - length(digits))) || digits AS d
     FROM (SELECT v, s, ltrim(printf('%d%09d%09d%09d%09d', abs(q4), abs(q3 % 1000000000), abs(q2 % 1000000000),
                                     abs(q1 % 1000000000), abs(q0 % 1000000000)), '0') AS digits
     FROM (SELECT v, s, q0, q1, q2, q3, v2 * m2 + q3 / 1000000000 AS q4
     FROM (SELECT v, s, v2, m2, q0, q1, q2, v1 * m2 + v2 * m1 + q2 / 1000000000 AS q3
     FROM (SELECT v, s, v1, v2, m1, m2, q0, q1, v0 * m2 + v1 * m1 + v2 * m0 + q1 / 1000000000 AS q2
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, q0, v0 * m1 + v1 * m0 + q0 / 1000000000 AS q1
     FROM (SELECT v, s, v0, v1, v2, m0, m1, m2, v0 * m0 AS q0
     FROM (SELECT v, s, v % 1000000000 AS v0, v / 1000000000 % 1000000000 AS v1, v / 1000000000000000000 AS v2,
                  m % 1000000000 AS m0, m / 1000000000 % 1000000000 AS m1, m / 1000000000000000000 AS m2
     FROM (SELECT c.close AS v, m.tick_mantissa AS m, m.tick_scale AS s)))))))))) AS close
FROM markets m
JOIN candles c ON c.market_id = m.market_id AND c.interval_s = 86400;

-- Money that is promised and neither paid nor let go.
CREATE VIEW report_open_pending AS
SELECT 'transfer' AS kind, t.debit_account, t.credit_account, a.symbol AS asset,
    substr('-', 1, t.amount < 0) || ltrim(t.amount / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(t.amount % a.power), 2) AS amount,
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END AS since,
    CASE t.expires WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.expires / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.expires % 1000000000, 2) || 'Z' END AS expires,
    '' AS address
FROM pending_transfers t
JOIN asset_units a ON a.asset_id = t.asset_id
WHERE t.state = 0
UNION ALL
SELECT 'withdrawal', t.account_id, 4, a.symbol,
    substr('-', 1, t.amount < 0) || ltrim(t.amount / a.power, '-') ||
        substr('.', 1, a.scale) || substr(a.power + abs(t.amount % a.power), 2),
    CASE t.time WHEN 0 THEN '' ELSE strftime('%Y-%m-%dT%H:%M:%S', t.time / 1000000000, 'unixepoch') ||
        '.' || substr(1000000000 + t.time % 1000000000, 2) || 'Z' END,
    '',
    t.address
FROM withdrawals t
JOIN asset_units a ON a.asset_id = t.asset_id
WHERE t.state = 0;
