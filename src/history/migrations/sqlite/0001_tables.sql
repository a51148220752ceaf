-- The tables of history/rows.h, column by column; a test holds them together. Numbers are the engine's own (ticks, lots,
-- minor units). An index costs every row of its table: there is one for each question that accounts and markets ask.

-- How far the rows go: one row, written in the transaction of every batch.
CREATE TABLE history_cursor (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    venue_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    event_hash INTEGER NOT NULL,
    time INTEGER NOT NULL,
    oldest_open INTEGER NOT NULL,   -- no open order has a smaller id
    pruned_before INTEGER NOT NULL  -- what was told before that day was taken away
) STRICT;

-- Told once, in the order of the log, and never changed. Without a rowid the key is the table: no second tree for it.
CREATE TABLE trades (
    day INTEGER NOT NULL, sequence INTEGER NOT NULL, event_index INTEGER NOT NULL, time INTEGER NOT NULL,
    trade_id INTEGER NOT NULL, market_id INTEGER NOT NULL, price INTEGER NOT NULL, quantity INTEGER NOT NULL,
    taker_side INTEGER NOT NULL, maker_order_id INTEGER NOT NULL, taker_order_id INTEGER NOT NULL,
    maker_account INTEGER NOT NULL, taker_account INTEGER NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX trades_by_market ON trades (market_id, sequence);

CREATE TABLE trade_busts (
    day INTEGER NOT NULL, sequence INTEGER NOT NULL, event_index INTEGER NOT NULL, time INTEGER NOT NULL,
    trade_id INTEGER NOT NULL, traded INTEGER NOT NULL, market_id INTEGER NOT NULL, price INTEGER NOT NULL,
    quantity INTEGER NOT NULL, buyer INTEGER NOT NULL, seller INTEGER NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE executions (
    day INTEGER NOT NULL, sequence INTEGER NOT NULL, event_index INTEGER NOT NULL, time INTEGER NOT NULL,
    exec_type INTEGER NOT NULL, order_id INTEGER NOT NULL, cl_ord_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
    market_id INTEGER NOT NULL, side INTEGER NOT NULL, detail INTEGER NOT NULL, trade_id INTEGER NOT NULL,
    price INTEGER NOT NULL, quantity INTEGER NOT NULL, leaves INTEGER NOT NULL, cum INTEGER NOT NULL,
    fee_asset INTEGER NOT NULL, fee INTEGER NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX executions_by_account ON executions (account_id, sequence);

CREATE TABLE ledger_transfers (
    day INTEGER NOT NULL, sequence INTEGER NOT NULL, event_index INTEGER NOT NULL, leg INTEGER NOT NULL,
    time INTEGER NOT NULL, kind INTEGER NOT NULL, id BLOB NOT NULL, reference INTEGER NOT NULL,
    debit_account INTEGER NOT NULL, credit_account INTEGER NOT NULL, asset_id INTEGER NOT NULL, amount INTEGER NOT NULL,
    debit_before INTEGER NOT NULL, debit_after INTEGER NOT NULL, credit_before INTEGER NOT NULL,
    credit_after INTEGER NOT NULL, debit_version INTEGER NOT NULL, credit_version INTEGER NOT NULL,
    PRIMARY KEY (day, sequence, event_index, leg)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_transfers_by_debit ON ledger_transfers (debit_account, sequence);
CREATE INDEX ledger_transfers_by_credit ON ledger_transfers (credit_account, sequence);

CREATE TABLE deposits (
    day INTEGER NOT NULL, sequence INTEGER NOT NULL, event_index INTEGER NOT NULL, time INTEGER NOT NULL,
    id BLOB NOT NULL, account_id INTEGER NOT NULL, from_account INTEGER NOT NULL, asset_id INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX deposits_by_account ON deposits (account_id, sequence);

CREATE TABLE audit_log (
    day INTEGER NOT NULL, sequence INTEGER NOT NULL, event_index INTEGER NOT NULL, time INTEGER NOT NULL,
    kind INTEGER NOT NULL, session_id INTEGER NOT NULL, key_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
) STRICT, WITHOUT ROWID;

-- One row an order, as of now.
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, market_id INTEGER NOT NULL, session_id INTEGER NOT NULL,
    cl_ord_id INTEGER NOT NULL, side INTEGER NOT NULL, type INTEGER NOT NULL, time_in_force INTEGER NOT NULL,
    flags INTEGER NOT NULL, status INTEGER NOT NULL, reason INTEGER NOT NULL, price INTEGER NOT NULL,
    quantity INTEGER NOT NULL, leaves INTEGER NOT NULL, cum INTEGER NOT NULL, quote_asset INTEGER NOT NULL,
    notional INTEGER NOT NULL, day INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
    expire_at INTEGER NOT NULL, changed_sequence INTEGER NOT NULL, changed_time INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_by_account ON orders (account_id, order_id);

-- What holds now, each row put in place of the one before.
CREATE TABLE assets (
    asset_id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, scale INTEGER NOT NULL, issue_cap INTEGER NOT NULL,
    mint_ceiling INTEGER NOT NULL, dual_control_above INTEGER NOT NULL, transfer_fee INTEGER NOT NULL,
    sequence INTEGER NOT NULL, time INTEGER NOT NULL
) STRICT;

CREATE TABLE markets (
    market_id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, base_asset INTEGER NOT NULL, quote_asset INTEGER NOT NULL,
    tick_mantissa INTEGER NOT NULL, tick_scale INTEGER NOT NULL, lot_mantissa INTEGER NOT NULL,
    lot_scale INTEGER NOT NULL, phase INTEGER NOT NULL, min_quantity INTEGER NOT NULL, max_quantity INTEGER NOT NULL,
    min_notional INTEGER NOT NULL, max_notional INTEGER NOT NULL, reference_price INTEGER NOT NULL,
    collar_bp INTEGER NOT NULL, max_orders INTEGER NOT NULL, day_end_s INTEGER NOT NULL, sequence INTEGER NOT NULL,
    time INTEGER NOT NULL
) STRICT;

CREATE TABLE market_fees (
    market_id INTEGER NOT NULL, tier INTEGER NOT NULL, maker_fee INTEGER NOT NULL, taker_fee INTEGER NOT NULL,
    PRIMARY KEY (market_id, tier)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    account_id INTEGER PRIMARY KEY, owner_id INTEGER NOT NULL, kind INTEGER NOT NULL, self_trade_rule INTEGER NOT NULL,
    frozen INTEGER NOT NULL, killed INTEGER NOT NULL, fee_tier INTEGER NOT NULL, max_open_orders INTEGER NOT NULL,
    orders_per_second INTEGER NOT NULL, burst INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
    key_id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, person_id INTEGER NOT NULL, permissions INTEGER NOT NULL,
    revoked INTEGER NOT NULL, public_key BLOB NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    session_id INTEGER PRIMARY KEY, client_session INTEGER NOT NULL, key_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL
) STRICT;

CREATE TABLE balances (
    account_id INTEGER NOT NULL, asset_id INTEGER NOT NULL, available INTEGER NOT NULL, held INTEGER NOT NULL,
    version INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
    PRIMARY KEY (account_id, asset_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_days (
    account_id INTEGER NOT NULL, asset_id INTEGER NOT NULL, day INTEGER NOT NULL, opening INTEGER NOT NULL,
    credits INTEGER NOT NULL, debits INTEGER NOT NULL, fees INTEGER NOT NULL, closing INTEGER NOT NULL,
    first_version INTEGER NOT NULL, last_version INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
    PRIMARY KEY (account_id, asset_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE candles (
    market_id INTEGER NOT NULL, interval_s INTEGER NOT NULL, start INTEGER NOT NULL, open INTEGER NOT NULL,
    high INTEGER NOT NULL, low INTEGER NOT NULL, close INTEGER NOT NULL, volume INTEGER NOT NULL,
    trades INTEGER NOT NULL, first_sequence INTEGER NOT NULL, last_sequence INTEGER NOT NULL,
    PRIMARY KEY (market_id, interval_s, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE pending_transfers (
    scope INTEGER NOT NULL, id BLOB NOT NULL, debit_account INTEGER NOT NULL, credit_account INTEGER NOT NULL,
    asset_id INTEGER NOT NULL, amount INTEGER NOT NULL, state INTEGER NOT NULL, posted INTEGER NOT NULL,
    expires INTEGER NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, resolved_sequence INTEGER NOT NULL,
    resolved_time INTEGER NOT NULL,
    PRIMARY KEY (scope, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE withdrawals (
    scope INTEGER NOT NULL, id BLOB NOT NULL, account_id INTEGER NOT NULL, asset_id INTEGER NOT NULL,
    amount INTEGER NOT NULL, address TEXT NOT NULL, state INTEGER NOT NULL, posted INTEGER NOT NULL,
    sequence INTEGER NOT NULL, time INTEGER NOT NULL, resolved_sequence INTEGER NOT NULL,
    resolved_time INTEGER NOT NULL,
    PRIMARY KEY (scope, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX withdrawals_by_account ON withdrawals (account_id, sequence);

-- Whose account it is. No event fills it and no rebuild takes it away: erased by who has the right to ask for it.
CREATE TABLE account_contacts (
    account_id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL, address TEXT NOT NULL,
    note TEXT NOT NULL, changed_time INTEGER NOT NULL
) STRICT;
