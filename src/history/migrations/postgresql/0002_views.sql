-- Views for people: <table>_view shows a table with symbols instead of ids, exact decimals, words instead of numbers,
-- times in ISO 8601 UTC with nanoseconds, and '' for none. Column by column the same texts as history/render.h makes.

-- What pages of an account's pending transfers go by.
CREATE INDEX ON pending_transfers (debit_account, sequence);
CREATE INDEX ON pending_transfers (credit_account, sequence);

CREATE VIEW trades_view AS
SELECT
    to_char(t.day, 'YYYY-MM-DD') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    t.trade_id,
    coalesce(m.symbol, '') AS market,
    round(t.price, coalesce(m.tick_scale, 0))::text AS price,
    round(t.quantity, coalesce(m.lot_scale, 0))::text AS quantity,
    CASE t.taker_side WHEN 0 THEN '' WHEN 1 THEN 'buy' WHEN 2 THEN 'sell' ELSE 'unknown' END AS taker_side,
    t.maker_order_id,
    t.taker_order_id,
    t.maker_account,
    t.taker_account
FROM trades t
LEFT JOIN markets m ON m.market_id = t.market_id;

CREATE VIEW trade_busts_view AS
SELECT
    to_char(t.day, 'YYYY-MM-DD') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    t.trade_id,
    CASE t.traded WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.traded / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.traded % 1000000000)::text, 9, '0') || 'Z' END AS traded,
    coalesce(m.symbol, '') AS market,
    round(t.price, coalesce(m.tick_scale, 0))::text AS price,
    round(t.quantity, coalesce(m.lot_scale, 0))::text AS quantity,
    t.buyer,
    t.seller
FROM trade_busts t
LEFT JOIN markets m ON m.market_id = t.market_id;

CREATE VIEW executions_view AS
SELECT
    to_char(t.day, 'YYYY-MM-DD') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
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
    round(t.price, coalesce(m.tick_scale, 0))::text AS price,
    round(t.quantity, coalesce(m.lot_scale, 0))::text AS quantity,
    round(t.leaves, coalesce(m.lot_scale, 0))::text AS leaves,
    round(t.cum, coalesce(m.lot_scale, 0))::text AS cum,
    coalesce(f.symbol, '') AS fee_asset,
    round(t.fee, coalesce(f.scale, 0))::text AS fee
FROM executions t
LEFT JOIN markets m ON m.market_id = t.market_id
LEFT JOIN assets f ON f.asset_id = t.fee_asset;

CREATE VIEW ledger_transfers_view AS
SELECT
    to_char(t.day, 'YYYY-MM-DD') AS day,
    t.sequence,
    t.event_index,
    t.leg,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    CASE t.kind WHEN 0 THEN '' WHEN 1 THEN 'transfer' WHEN 2 THEN 'mint' WHEN 3 THEN 'burn' WHEN 4 THEN 'post'
            WHEN 5 THEN 'trade_base' WHEN 6 THEN 'trade_quote' WHEN 7 THEN 'trade_fee' WHEN 8 THEN 'rebate'
            WHEN 9 THEN 'transfer_fee' WHEN 10 THEN 'trade_bust' ELSE 'unknown' END AS kind,
    CASE t.id WHEN '00000000-0000-0000-0000-000000000000' THEN '' ELSE t.id::text END AS id,
    t.reference,
    t.debit_account,
    t.credit_account,
    coalesce(a.symbol, '') AS asset,
    round(t.amount, coalesce(a.scale, 0))::text AS amount,
    round(t.debit_before, coalesce(a.scale, 0))::text AS debit_before,
    round(t.debit_after, coalesce(a.scale, 0))::text AS debit_after,
    round(t.credit_before, coalesce(a.scale, 0))::text AS credit_before,
    round(t.credit_after, coalesce(a.scale, 0))::text AS credit_after,
    t.debit_version,
    t.credit_version
FROM ledger_transfers t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW deposits_view AS
SELECT
    to_char(t.day, 'YYYY-MM-DD') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    CASE t.id WHEN '00000000-0000-0000-0000-000000000000' THEN '' ELSE t.id::text END AS id,
    t.account_id,
    t.from_account,
    coalesce(a.symbol, '') AS asset,
    round(t.amount, coalesce(a.scale, 0))::text AS amount
FROM deposits t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW audit_log_view AS
SELECT
    to_char(t.day, 'YYYY-MM-DD') AS day,
    t.sequence,
    t.event_index,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
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
    round(t.price, coalesce(m.tick_scale, 0))::text AS price,
    round(t.quantity, coalesce(m.lot_scale, 0))::text AS quantity,
    round(t.leaves, coalesce(m.lot_scale, 0))::text AS leaves,
    round(t.cum, coalesce(m.lot_scale, 0))::text AS cum,
    coalesce(q.symbol, '') AS quote_asset,
    round(t.notional, coalesce(q.scale, 0))::text AS notional,
    to_char(t.day, 'YYYY-MM-DD') AS day,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    CASE t.expire_at WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.expire_at / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.expire_at % 1000000000)::text, 9, '0') || 'Z' END AS expire_at,
    t.changed_sequence,
    CASE t.changed_time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.changed_time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.changed_time % 1000000000)::text, 9, '0') || 'Z' END AS changed_time
FROM orders t
LEFT JOIN markets m ON m.market_id = t.market_id
LEFT JOIN assets q ON q.asset_id = t.quote_asset;

CREATE VIEW assets_view AS
SELECT
    t.asset_id,
    t.symbol,
    t.scale,
    round(t.issue_cap, coalesce(a.scale, 0))::text AS issue_cap,
    round(t.mint_ceiling, coalesce(a.scale, 0))::text AS mint_ceiling,
    round(t.dual_control_above, coalesce(a.scale, 0))::text AS dual_control_above,
    t.transfer_fee,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM assets t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

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
    round(t.min_quantity, coalesce(t.lot_scale, 0))::text AS min_quantity,
    round(t.max_quantity, coalesce(t.lot_scale, 0))::text AS max_quantity,
    round(t.min_notional, coalesce(q.scale, 0))::text AS min_notional,
    round(t.max_notional, coalesce(q.scale, 0))::text AS max_notional,
    round(t.reference_price, coalesce(t.tick_scale, 0))::text AS reference_price,
    t.collar_bp,
    t.max_orders,
    t.day_end_s,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM markets t
LEFT JOIN assets b ON b.asset_id = t.base_asset
LEFT JOIN assets q ON q.asset_id = t.quote_asset;

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
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM accounts t;

CREATE VIEW keys_view AS
SELECT
    t.key_id,
    t.account_id,
    t.person_id,
    t.permissions,
    CASE t.revoked WHEN 0 THEN 'no' ELSE 'yes' END AS revoked,
    encode(t.public_key, 'hex') AS public_key,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM keys t;

CREATE VIEW sessions_view AS
SELECT
    t.session_id,
    t.client_session,
    t.key_id,
    t.account_id,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM sessions t;

CREATE VIEW balances_view AS
SELECT
    t.account_id,
    coalesce(a.symbol, '') AS asset,
    round(t.available, coalesce(a.scale, 0))::text AS available,
    round(t.held, coalesce(a.scale, 0))::text AS held,
    t.version,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM balances t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW account_days_view AS
SELECT
    t.account_id,
    coalesce(a.symbol, '') AS asset,
    to_char(t.day, 'YYYY-MM-DD') AS day,
    round(t.opening, coalesce(a.scale, 0))::text AS opening,
    round(t.credits, coalesce(a.scale, 0))::text AS credits,
    round(t.debits, coalesce(a.scale, 0))::text AS debits,
    round(t.fees, coalesce(a.scale, 0))::text AS fees,
    round(t.closing, coalesce(a.scale, 0))::text AS closing,
    t.first_version,
    t.last_version,
    t.last_sequence
FROM account_days t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW candles_view AS
SELECT
    coalesce(m.symbol, '') AS market,
    t.interval_s,
    CASE t.start WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.start / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.start % 1000000000)::text, 9, '0') || 'Z' END AS start,
    round(t.open, coalesce(m.tick_scale, 0))::text AS open,
    round(t.high, coalesce(m.tick_scale, 0))::text AS high,
    round(t.low, coalesce(m.tick_scale, 0))::text AS low,
    round(t.close, coalesce(m.tick_scale, 0))::text AS close,
    round(t.volume, coalesce(m.lot_scale, 0))::text AS volume,
    t.trades,
    t.first_sequence,
    t.last_sequence
FROM candles t
LEFT JOIN markets m ON m.market_id = t.market_id;

CREATE VIEW pending_transfers_view AS
SELECT
    t.scope,
    CASE t.id WHEN '00000000-0000-0000-0000-000000000000' THEN '' ELSE t.id::text END AS id,
    t.debit_account,
    t.credit_account,
    coalesce(a.symbol, '') AS asset,
    round(t.amount, coalesce(a.scale, 0))::text AS amount,
    CASE t.state WHEN 0 THEN 'pending' WHEN 1 THEN 'posted' WHEN 2 THEN 'voided' WHEN 3 THEN 'expired'
            ELSE 'unknown' END AS state,
    round(t.posted, coalesce(a.scale, 0))::text AS posted,
    CASE t.expires WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.expires / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.expires % 1000000000)::text, 9, '0') || 'Z' END AS expires,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    t.resolved_sequence,
    CASE t.resolved_time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.resolved_time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.resolved_time % 1000000000)::text, 9, '0') || 'Z' END AS resolved_time
FROM pending_transfers t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW withdrawals_view AS
SELECT
    t.scope,
    CASE t.id WHEN '00000000-0000-0000-0000-000000000000' THEN '' ELSE t.id::text END AS id,
    t.account_id,
    coalesce(a.symbol, '') AS asset,
    round(t.amount, coalesce(a.scale, 0))::text AS amount,
    t.address,
    CASE t.state WHEN 0 THEN 'pending' WHEN 1 THEN 'posted' WHEN 2 THEN 'voided' WHEN 3 THEN 'expired'
            ELSE 'unknown' END AS state,
    round(t.posted, coalesce(a.scale, 0))::text AS posted,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    t.resolved_sequence,
    CASE t.resolved_time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.resolved_time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.resolved_time % 1000000000)::text, 9, '0') || 'Z' END AS resolved_time
FROM withdrawals t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

-- Reports: what accountants ask first, from tables that stay small.

-- What is issued of each asset and who has it. total is 0, or the books are wrong.
CREATE VIEW report_trial_balance AS
SELECT a.symbol AS asset,
    round(s.issued, a.scale)::text AS issued,
    round(s.customers, a.scale)::text AS customers,
    round(s.fees, a.scale)::text AS fees,
    round(s.deposits, a.scale)::text AS deposits,
    round(s.withdrawals, a.scale)::text AS withdrawals,
    round(s.errors, a.scale)::text AS errors,
    round(s.total, a.scale)::text AS total
FROM (SELECT asset_id,
        -sum(CASE WHEN account_id = 1 THEN available + held ELSE 0 END) AS issued,
        sum(CASE WHEN account_id > 5 THEN available + held ELSE 0 END) AS customers,
        sum(CASE WHEN account_id = 2 THEN available + held ELSE 0 END) AS fees,
        sum(CASE WHEN account_id = 3 THEN available + held ELSE 0 END) AS deposits,
        sum(CASE WHEN account_id = 4 THEN available + held ELSE 0 END) AS withdrawals,
        sum(CASE WHEN account_id = 5 THEN available + held ELSE 0 END) AS errors,
        sum(available + held) AS total
      FROM balances GROUP BY asset_id) s
JOIN assets a ON a.asset_id = s.asset_id;

-- What the fee account took in (fees) and gave away (rebates, and what operators took out of it) on each day.
CREATE VIEW report_fees AS
SELECT to_char(t.day, 'YYYY-MM-DD') AS day, a.symbol AS asset,
    round(t.credits, a.scale)::text AS earned,
    round(t.debits, a.scale)::text AS paid
FROM account_days t
JOIN assets a ON a.asset_id = t.asset_id
WHERE t.account_id = 2;

-- An account's year in an asset: what it had before its first posting of that year, what came, what went, how much of
-- that were fees, and what it had after the last one.
CREATE VIEW report_account_years AS
SELECT s.account_id, a.symbol AS asset, s.year,
    round(f.opening, a.scale)::text AS opening,
    round(s.credits, a.scale)::text AS credits,
    round(s.debits, a.scale)::text AS debits,
    round(s.fees, a.scale)::text AS fees,
    round(l.closing, a.scale)::text AS closing
FROM (SELECT account_id, asset_id, to_char(day, 'YYYY') AS year, min(day) AS first_day, max(day) AS last_day,
        sum(credits) AS credits, sum(debits) AS debits, sum(fees) AS fees
      FROM account_days GROUP BY account_id, asset_id, to_char(day, 'YYYY')) s
JOIN account_days f ON f.account_id = s.account_id AND f.asset_id = s.asset_id AND f.day = s.first_day
JOIN account_days l ON l.account_id = s.account_id AND l.asset_id = s.asset_id AND l.day = s.last_day
JOIN assets a ON a.asset_id = s.asset_id;

-- What was traded in each market on each day, without what was taken back.
CREATE VIEW report_market_days AS
SELECT to_char(to_timestamp(c.start / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, m.symbol AS market, c.trades,
    round(c.volume, m.lot_scale)::text AS volume,
    round(c.open, m.tick_scale)::text AS open,
    round(c.close, m.tick_scale)::text AS close
FROM markets m
JOIN candles c ON c.market_id = m.market_id AND c.interval_s = 86400;

-- Money that is promised and neither paid nor let go.
CREATE VIEW report_open_pending AS
SELECT 'transfer' AS kind, t.debit_account, t.credit_account, a.symbol AS asset,
    round(t.amount, a.scale)::text AS amount,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS since,
    CASE t.expires WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.expires / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.expires % 1000000000)::text, 9, '0') || 'Z' END AS expires,
    '' AS address
FROM pending_transfers t
JOIN assets a ON a.asset_id = t.asset_id
WHERE t.state = 0
UNION ALL
SELECT 'withdrawal', t.account_id, 4, a.symbol,
    round(t.amount, a.scale)::text,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END,
    '',
    t.address
FROM withdrawals t
JOIN assets a ON a.asset_id = t.asset_id
WHERE t.state = 0;
