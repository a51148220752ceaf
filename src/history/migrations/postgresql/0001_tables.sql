-- The tables of history/rows.h, column for column. Prices, quantities and amounts are exact decimals in their own units
-- (1.25 USD is 1.25), times are nanoseconds since 1970, and 0 means none: no column is ever NULL.

-- How far the rows go: one row, written in the transaction of every batch.
CREATE TABLE history_cursor (
    one bigint PRIMARY KEY CHECK (one = 1),
    venue_id bytea NOT NULL,
    sequence bigint NOT NULL,
    event_hash bigint NOT NULL,
    time bigint NOT NULL,
    oldest_open bigint NOT NULL,   -- no open order has a smaller id
    pruned_before date NOT NULL  -- what was told before that day was taken away
);

-- Who an account is. No event fills it: it stays when the rows are wiped, and can be erased alone.
CREATE TABLE account_contacts (
    account_id integer PRIMARY KEY,
    name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    address text NOT NULL,
    note text NOT NULL,
    changed_time bigint NOT NULL
);

-- What grows without end has one partition a UTC day, named trades_20260131, made by the first batch that needs it. Where
-- rows are changed in place, pages keep room for that, so that no index has to be touched (HOT).

CREATE TABLE trades (
    day date NOT NULL,
    sequence bigint NOT NULL,
    event_index integer NOT NULL,
    time bigint NOT NULL,
    trade_id bigint NOT NULL,
    market_id integer NOT NULL,
    price numeric NOT NULL,
    quantity numeric NOT NULL,
    taker_side smallint NOT NULL,
    maker_order_id bigint NOT NULL,
    taker_order_id bigint NOT NULL,
    maker_account integer NOT NULL,
    taker_account integer NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
) PARTITION BY RANGE (day);
CREATE INDEX ON trades (market_id, sequence);

CREATE TABLE trade_busts (
    day date NOT NULL,
    sequence bigint NOT NULL,
    event_index integer NOT NULL,
    time bigint NOT NULL,
    trade_id bigint NOT NULL,
    traded bigint NOT NULL,
    market_id integer NOT NULL,
    price numeric NOT NULL,
    quantity numeric NOT NULL,
    buyer integer NOT NULL,
    seller integer NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
);

CREATE TABLE executions (
    day date NOT NULL,
    sequence bigint NOT NULL,
    event_index integer NOT NULL,
    time bigint NOT NULL,
    exec_type smallint NOT NULL,
    order_id bigint NOT NULL,
    cl_ord_id bigint NOT NULL,
    account_id integer NOT NULL,
    market_id integer NOT NULL,
    side smallint NOT NULL,
    detail smallint NOT NULL,
    trade_id bigint NOT NULL,
    price numeric NOT NULL,
    quantity numeric NOT NULL,
    leaves numeric NOT NULL,
    cum numeric NOT NULL,
    fee_asset integer NOT NULL,
    fee numeric NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
) PARTITION BY RANGE (day);
CREATE INDEX ON executions (account_id, sequence);

CREATE TABLE ledger_transfers (
    day date NOT NULL,
    sequence bigint NOT NULL,
    event_index integer NOT NULL,
    leg smallint NOT NULL,
    time bigint NOT NULL,
    kind smallint NOT NULL,
    id uuid NOT NULL,
    reference bigint NOT NULL,
    debit_account integer NOT NULL,
    credit_account integer NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    debit_before numeric NOT NULL,
    debit_after numeric NOT NULL,
    credit_before numeric NOT NULL,
    credit_after numeric NOT NULL,
    debit_version bigint NOT NULL,
    credit_version bigint NOT NULL,
    PRIMARY KEY (day, sequence, event_index, leg)
) PARTITION BY RANGE (day);
CREATE INDEX ON ledger_transfers (debit_account, sequence);
CREATE INDEX ON ledger_transfers (credit_account, sequence);

CREATE TABLE deposits (
    day date NOT NULL,
    sequence bigint NOT NULL,
    event_index integer NOT NULL,
    time bigint NOT NULL,
    id uuid NOT NULL,
    account_id integer NOT NULL,
    from_account integer NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
);
CREATE INDEX ON deposits (account_id, sequence);

CREATE TABLE audit_log (
    day date NOT NULL,
    sequence bigint NOT NULL,
    event_index integer NOT NULL,
    time bigint NOT NULL,
    kind smallint NOT NULL,
    session_id integer NOT NULL,
    key_id integer NOT NULL,
    person_id bigint NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (day, sequence, event_index)
);

CREATE TABLE orders (
    order_id bigint NOT NULL,
    account_id integer NOT NULL,
    market_id integer NOT NULL,
    session_id integer NOT NULL,
    cl_ord_id bigint NOT NULL,
    side smallint NOT NULL,
    type smallint NOT NULL,
    time_in_force smallint NOT NULL,
    flags smallint NOT NULL,
    status smallint NOT NULL,
    reason smallint NOT NULL,
    price numeric NOT NULL,
    quantity numeric NOT NULL,
    leaves numeric NOT NULL,
    cum numeric NOT NULL,
    quote_asset integer NOT NULL,
    notional numeric NOT NULL,
    day date NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    expire_at bigint NOT NULL,
    changed_sequence bigint NOT NULL,
    changed_time bigint NOT NULL,
    PRIMARY KEY (order_id)
) WITH (fillfactor = 80);
CREATE INDEX ON orders (account_id, order_id);

CREATE TABLE assets (
    asset_id integer NOT NULL,
    symbol text NOT NULL,
    scale smallint NOT NULL,
    issue_cap numeric NOT NULL,
    mint_ceiling numeric NOT NULL,
    dual_control_above numeric NOT NULL,
    transfer_fee integer NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (asset_id)
);

CREATE TABLE markets (
    market_id integer NOT NULL,
    symbol text NOT NULL,
    base_asset integer NOT NULL,
    quote_asset integer NOT NULL,
    tick_mantissa bigint NOT NULL,
    tick_scale smallint NOT NULL,
    lot_mantissa bigint NOT NULL,
    lot_scale smallint NOT NULL,
    phase smallint NOT NULL,
    min_quantity numeric NOT NULL,
    max_quantity numeric NOT NULL,
    min_notional numeric NOT NULL,
    max_notional numeric NOT NULL,
    reference_price numeric NOT NULL,
    collar_bp integer NOT NULL,
    max_orders bigint NOT NULL,
    day_end_s integer NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (market_id)
);

CREATE TABLE market_fees (
    market_id integer NOT NULL,
    tier smallint NOT NULL,
    maker_fee integer NOT NULL,
    taker_fee integer NOT NULL,
    PRIMARY KEY (market_id, tier)
);

CREATE TABLE accounts (
    account_id integer NOT NULL,
    owner_id integer NOT NULL,
    kind smallint NOT NULL,
    self_trade_rule smallint NOT NULL,
    frozen smallint NOT NULL,
    killed smallint NOT NULL,
    fee_tier smallint NOT NULL,
    max_open_orders bigint NOT NULL,
    orders_per_second integer NOT NULL,
    burst integer NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (account_id)
);

CREATE TABLE keys (
    key_id integer NOT NULL,
    account_id integer NOT NULL,
    person_id bigint NOT NULL,
    permissions integer NOT NULL,
    revoked smallint NOT NULL,
    public_key bytea NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (key_id)
);

CREATE TABLE sessions (
    session_id integer NOT NULL,
    client_session bigint NOT NULL,
    key_id integer NOT NULL,
    account_id integer NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (session_id)
);

CREATE TABLE balances (
    account_id integer NOT NULL,
    asset_id integer NOT NULL,
    available numeric NOT NULL,
    held numeric NOT NULL,
    version bigint NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    PRIMARY KEY (account_id, asset_id)
) WITH (fillfactor = 50);

CREATE TABLE account_days (
    account_id integer NOT NULL,
    asset_id integer NOT NULL,
    day date NOT NULL,
    opening numeric NOT NULL,
    credits numeric NOT NULL,
    debits numeric NOT NULL,
    fees numeric NOT NULL,
    closing numeric NOT NULL,
    first_version bigint NOT NULL,
    last_version bigint NOT NULL,
    last_sequence bigint NOT NULL,
    PRIMARY KEY (account_id, asset_id, day)
) WITH (fillfactor = 70);

CREATE TABLE candles (
    market_id integer NOT NULL,
    interval_s integer NOT NULL,
    start bigint NOT NULL,
    open numeric NOT NULL,
    high numeric NOT NULL,
    low numeric NOT NULL,
    close numeric NOT NULL,
    volume numeric NOT NULL,
    trades bigint NOT NULL,
    first_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    PRIMARY KEY (market_id, interval_s, start)
) WITH (fillfactor = 80);

CREATE TABLE pending_transfers (
    scope integer NOT NULL,
    id uuid NOT NULL,
    debit_account integer NOT NULL,
    credit_account integer NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    state smallint NOT NULL,
    posted numeric NOT NULL,
    expires bigint NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    resolved_sequence bigint NOT NULL,
    resolved_time bigint NOT NULL,
    PRIMARY KEY (scope, id)
);

CREATE TABLE withdrawals (
    scope integer NOT NULL,
    id uuid NOT NULL,
    account_id integer NOT NULL,
    asset_id integer NOT NULL,
    amount numeric NOT NULL,
    address text NOT NULL,
    state smallint NOT NULL,
    posted numeric NOT NULL,
    sequence bigint NOT NULL,
    time bigint NOT NULL,
    resolved_sequence bigint NOT NULL,
    resolved_time bigint NOT NULL,
    PRIMARY KEY (scope, id)
);
CREATE INDEX ON withdrawals (account_id, sequence);

