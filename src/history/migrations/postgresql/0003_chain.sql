-- The DeCoin chain (history/rows_chain.h): tables, their views, and the words of the kinds that came with it.

-- The DeCoin chain that is followed: one row, once there is one.
CREATE TABLE chain (
    chain_id integer NOT NULL,
    asset_id integer NOT NULL,
    confirmations integer NOT NULL,
    followed smallint NOT NULL,
    payouts_on smallint NOT NULL,
    height bigint NOT NULL,
    hash bytea NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (chain_id)
);

-- Transactions of the chain that credited customers.
CREATE TABLE chain_deposits (
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    tx_hash bytea NOT NULL,
    account_id integer NOT NULL,
    address_index bigint NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    state smallint NOT NULL,
    height bigint NOT NULL,
    block_position bigint NOT NULL,
    open smallint NOT NULL,
    taken numeric NOT NULL,
    covered numeric NOT NULL,
    unbacked numeric NOT NULL,
    changed_sequence bigint NOT NULL,
    changed_time bigint NOT NULL,
    PRIMARY KEY (sequence)
);
CREATE INDEX ON chain_deposits (account_id, sequence);
CREATE INDEX chain_deposits_by_hash ON chain_deposits (tx_hash);
CREATE INDEX chain_deposits_open ON chain_deposits (sequence) WHERE open = 1;

-- Transactions of the venue's own: for withdrawals, and sweeps from customers' addresses to hot ones.
CREATE TABLE payouts (
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    tx_hash bytea NOT NULL,
    kind smallint NOT NULL,
    scope integer NOT NULL,
    withdrawal_id uuid NOT NULL,
    address_index bigint NOT NULL,
    to_index bigint NOT NULL,
    nonce bigint NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    state smallint NOT NULL,
    height bigint NOT NULL,
    changed_sequence bigint NOT NULL,
    changed_time bigint NOT NULL,
    PRIMARY KEY (sequence)
);
CREATE INDEX ON payouts (scope, withdrawal_id);
CREATE INDEX payouts_by_hash ON payouts (tx_hash);
CREATE INDEX payouts_open ON payouts (sequence) WHERE state IN (1, 2);

-- Where the digests of checkpoints were published.
CREATE TABLE anchors (
    checkpoint bigint NOT NULL,
    place smallint NOT NULL,
    state smallint NOT NULL,
    digest bytea NOT NULL,
    tx_hash bytea NOT NULL,
    height bigint NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (checkpoint, place)
);

CREATE VIEW chain_view AS
SELECT
    t.chain_id,
    coalesce(a.symbol, '') AS asset,
    t.confirmations,
    CASE t.followed WHEN 0 THEN 'no' ELSE 'yes' END AS followed,
    CASE t.payouts_on WHEN 0 THEN 'no' ELSE 'yes' END AS payouts_on,
    t.height,
    encode(t.hash, 'hex') AS hash,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM chain t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW chain_deposits_view AS
SELECT
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    encode(t.tx_hash, 'hex') AS tx_hash,
    t.account_id,
    t.address_index,
    coalesce(a.symbol, '') AS asset,
    round(t.amount, coalesce(a.scale, 0))::text AS amount,
    CASE t.state WHEN 0 THEN '' WHEN 1 THEN 'credited' WHEN 2 THEN 'orphaned' WHEN 3 THEN 'reversed'
            ELSE 'unknown' END AS state,
    t.height,
    t.block_position,
    CASE t.open WHEN 0 THEN 'no' ELSE 'yes' END AS open,
    round(t.taken, coalesce(a.scale, 0))::text AS taken,
    round(t.covered, coalesce(a.scale, 0))::text AS covered,
    round(t.unbacked, coalesce(a.scale, 0))::text AS unbacked,
    t.changed_sequence,
    CASE t.changed_time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.changed_time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.changed_time % 1000000000)::text, 9, '0') || 'Z' END AS changed_time
FROM chain_deposits t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW payouts_view AS
SELECT
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time,
    encode(t.tx_hash, 'hex') AS tx_hash,
    CASE t.kind WHEN 0 THEN '' WHEN 1 THEN 'withdrawal' WHEN 2 THEN 'sweep' ELSE 'unknown' END AS kind,
    t.scope,
    CASE t.withdrawal_id WHEN '00000000-0000-0000-0000-000000000000' THEN '' ELSE t.withdrawal_id::text END AS withdrawal_id,
    t.address_index,
    t.to_index,
    t.nonce,
    coalesce(a.symbol, '') AS asset,
    round(t.amount, coalesce(a.scale, 0))::text AS amount,
    CASE t.state WHEN 0 THEN '' WHEN 1 THEN 'prepared' WHEN 2 THEN 'posted' WHEN 3 THEN 'abandoned'
            WHEN 4 THEN 'settled' WHEN 5 THEN 'not_paid' ELSE 'unknown' END AS state,
    t.height,
    t.changed_sequence,
    CASE t.changed_time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.changed_time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.changed_time % 1000000000)::text, 9, '0') || 'Z' END AS changed_time
FROM payouts t
LEFT JOIN assets a ON a.asset_id = t.asset_id;

CREATE VIEW anchors_view AS
SELECT
    t.checkpoint,
    CASE t.place WHEN 0 THEN '' WHEN 1 THEN 'decoin' WHEN 2 THEN 'evm' WHEN 3 THEN 'digest_file'
            ELSE 'unknown' END AS place,
    CASE t.state WHEN 0 THEN '' WHEN 1 THEN 'sent' WHEN 2 THEN 'confirmed' WHEN 3 THEN 'lost'
            ELSE 'unknown' END AS state,
    encode(t.digest, 'hex') AS digest,
    encode(t.tx_hash, 'hex') AS tx_hash,
    t.height,
    t.sequence,
    CASE t.time WHEN 0 THEN '' ELSE
        to_char(to_timestamp(t.time / 1000000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') ||
        '.' || lpad((t.time % 1000000000)::text, 9, '0') || 'Z' END AS time
FROM anchors t;

-- The same views as before, with more words.
CREATE OR REPLACE VIEW ledger_transfers_view AS
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
            WHEN 9 THEN 'transfer_fee' WHEN 10 THEN 'trade_bust'
            WHEN 11 THEN 'deposit' WHEN 12 THEN 'deposit_reversal' WHEN 13 THEN 'loss_cover'
            WHEN 14 THEN 'payout'
            ELSE 'unknown' END AS kind,
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

CREATE OR REPLACE VIEW audit_log_view AS
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
            WHEN 80 THEN 'chain_set' WHEN 81 THEN 'chain_advanced' WHEN 82 THEN 'chain_rewound'
            WHEN 83 THEN 'deposit_credited' WHEN 84 THEN 'deposit_reversed' WHEN 85 THEN 'loss_covered'
            WHEN 86 THEN 'venue_address_registered' WHEN 87 THEN 'address_allowed'
            WHEN 88 THEN 'withdrawal_limits_set' WHEN 89 THEN 'withdrawal_released'
            WHEN 90 THEN 'payout_prepared' WHEN 91 THEN 'payout_posted' WHEN 92 THEN 'payout_abandoned'
            WHEN 93 THEN 'payout_settled' WHEN 94 THEN 'payout_resolved' WHEN 95 THEN 'payouts_set'
            WHEN 96 THEN 'anchor_recorded'
            ELSE 'unknown' END AS kind,
    t.session_id,
    t.key_id,
    t.person_id,
    t.detail
FROM audit_log t;
