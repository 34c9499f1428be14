-- The outside world as it was told to us: append-only, versioned, never adjusted.

create schema raw;

create type raw.source as enum ('polygon', 'flat_files', 'simulated', 'calendar', 'user');

-- one row per session of the exchange (XNYS), numbered consecutively
create table raw.sessions (
    session_no integer primary key,
    session_date date not null unique,
    opens_at timestamptz not null,
    closes_at timestamptz not null
);
comment on table raw.sessions is 'One row per trading session, numbered consecutively; filled from the calendar library and raw.session_overrides.';

-- one row per day on which we know better than the library
create table raw.session_overrides (
    session_date date primary key,
    is_open boolean not null,
    reason text not null
);
comment on table raw.session_overrides is 'One row per day on which the exchange did something the calendar library does not know.';
insert into raw.session_overrides (session_date, is_open, reason) values
('2001-09-11', false, 'attacks of September 11'),
('2001-09-12', false, 'attacks of September 11'),
('2001-09-13', false, 'attacks of September 11'),
('2001-09-14', false, 'attacks of September 11'),
('2012-10-29', false, 'hurricane Sandy'),
('2012-10-30', false, 'hurricane Sandy'),
('2018-12-05', false, 'mourning for George H. W. Bush'),
('2025-01-09', false, 'mourning for Jimmy Carter');

-- one row per symbol that anybody asked for
create table raw.securities (
    symbol_id integer generated always as identity primary key,
    symbol text not null unique,
    kind text not null check (kind in ('stock', 'option', 'index', 'fund', 'other')),
    vendor_symbol text not null,
    underlying_symbol text,
    name text,
    sic_code text,
    sector text,
    industry text,
    list_date date,
    delisted_on date,
    support text not null default 'unknown' check (support in ('unknown', 'supported', 'unsupported')),
    support_reason text,
    is_universe boolean not null default false,
    -- bars before this day belong to another security that had the ticker
    ticker_since date,
    details_loaded_at timestamptz,
    first_seen_at timestamptz not null default clock_timestamp()
);
comment on table raw.securities is 'One row per symbol in our spelling (BRK-B); sector and name are first seen, cached and never overwritten by null.';

-- one row per body that a provider sent, stored before it is parsed
create table raw.payloads (
    payload_id bigint generated always as identity primary key,
    source raw.source not null,
    endpoint text not null,
    request_key text not null,
    page_no integer not null default 1,
    http_status integer not null,
    sha256 bytea not null,
    -- of the body without its request_id, which differs in every answer
    content_sha256 bytea not null,
    body bytea not null,
    received_at timestamptz not null default clock_timestamp(),
    unique (source, request_key, page_no, content_sha256)
);
comment on table raw.payloads is 'One row per (request, page, body): the bytes as received, the key removed from the request.';

-- one row per symbol, session and version of the bar, as traded
create table raw.bars (
    open double precision not null,
    high double precision not null,
    low double precision not null,
    close double precision not null,
    volume double precision,
    vwap double precision,
    payload_id bigint,
    symbol_id integer not null,
    session_date date not null,
    load_id integer not null,
    superseded_by_load integer,
    transactions integer,
    source raw.source not null,
    primary key (symbol_id, session_date, load_id)
);
create index bars_load_id on raw.bars using brin (load_id) with (pages_per_range = 16);
create index bars_superseded_by_load on raw.bars (superseded_by_load) where superseded_by_load is not null;
create index bars_session_date on raw.bars using brin (session_date) with (pages_per_range = 16);
comment on table raw.bars is 'One row per symbol, session and version of its daily bar, as traded; the version with superseded_by_load null counts today.';

-- one row per symbol, execution date and version of a split
create table raw.splits (
    symbol_id integer not null references raw.securities,
    execution_date date not null,
    split_from numeric not null check (split_from > 0),
    split_to numeric not null check (split_to > 0),
    source raw.source not null,
    payload_id bigint,
    load_id integer not null,
    superseded_by_load integer,
    primary key (symbol_id, execution_date, load_id)
);
create index splits_load_id on raw.splits (load_id);
comment on table raw.splits is 'One row per symbol, execution date and version: split_from old shares became split_to new ones before the open of that day.';

-- one row per symbol, ex-date, kind of dividend, position among equals and version
create table raw.dividends (
    symbol_id integer not null references raw.securities,
    ex_date date not null,
    dividend_type text not null default 'CD',
    dividend_no smallint not null default 1,
    cash_amount numeric not null check (cash_amount >= 0),
    currency text,
    declaration_date date,
    record_date date,
    pay_date date,
    frequency integer,
    source raw.source not null,
    payload_id bigint,
    load_id integer not null,
    superseded_by_load integer,
    primary key (symbol_id, ex_date, dividend_type, dividend_no, load_id)
);
create index dividends_load_id on raw.dividends (load_id);
comment on table raw.dividends is 'One row per cash dividend and version, in dollars a share as of the ex-date.';

-- one row per day, tenor and version of a treasury par yield
create table raw.treasury_yields (
    yield_date date not null,
    tenor_months integer not null check (tenor_months > 0),
    yield_percent double precision not null,
    source raw.source not null,
    payload_id bigint,
    load_id integer not null,
    superseded_by_load integer,
    primary key (yield_date, tenor_months, load_id)
);
comment on table raw.treasury_yields is 'One row per day, tenor in months and version: the treasury par yield in percent.';

-- one row per symbol, settlement date and version of the reported short interest
create table raw.short_interest (
    symbol_id integer not null references raw.securities,
    settlement_date date not null,
    short_interest_shares double precision not null check (short_interest_shares >= 0),
    average_daily_volume double precision,
    source raw.source not null,
    payload_id bigint,
    load_id integer not null,
    superseded_by_load integer,
    primary key (symbol_id, settlement_date, load_id)
);
comment on table raw.short_interest is 'One row per symbol, settlement date and version: shares sold short.';

-- one row per dataset, subject and range that was asked and answered completely
create table raw.fetches (
    fetch_id bigint generated always as identity primary key,
    source raw.source not null,
    dataset text not null,
    subject text not null,
    from_date date not null,
    through_date date not null,
    row_count bigint not null,
    load_id integer,
    outcome text not null default 'answered' check (outcome in ('answered', 'unavailable')),
    fetched_at timestamptz not null default clock_timestamp()
);
create index fetches_subject on raw.fetches (source, dataset, subject, through_date);
comment on column raw.fetches.outcome is 'unavailable: the plan or the provider does not offer it; asked again with the next session.';
comment on table raw.fetches is 'One row per answered request range; the daily run asks only for what no row covers.';

-- one row per record or answer that was refused
create table raw.quarantine (
    quarantine_id bigint generated always as identity primary key,
    source raw.source not null,
    dataset text not null,
    subject text not null,
    record_date date,
    reason_code text not null,
    reason text not null,
    record jsonb,
    payload_id bigint,
    load_id integer,
    first_seen_at timestamptz not null default clock_timestamp(),
    last_seen_at timestamptz not null default clock_timestamp(),
    -- later loads ask for it again: how often they did, and for which market date last
    asked_count integer not null default 0,
    asked_through date,
    released_by_load integer,
    unique nulls not distinct (source, dataset, subject, record_date, reason_code, record)
);
comment on table raw.quarantine is 'One row per refused record or answer, with the reason; it publishes nothing until it is released.';

-- one row per flat file that was taken over, whole
create table raw.files (
    sha256 bytea primary key,
    file_name text not null,
    file_format text not null,
    byte_count bigint not null,
    row_count bigint not null,
    -- rows after this day were left out; null: all rows were taken
    loaded_through date,
    load_id integer,
    loaded_at timestamptz not null default clock_timestamp()
);
comment on table raw.files is 'One row per flat file taken over; the same content is not read twice.';
