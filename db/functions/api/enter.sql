-- api.enter(): who asks and what they want to see, for the rest of the transaction; one row
--   status        ok | unauthenticated (no such user, disabled, logged out)
--   run_id        the run that is read; null where none was published (by then)
--   version       the run, and what grows with every change of what the user sees between runs: tags, books
--   p_only_reads  the transaction changes nothing, so what the user may see is looked up once, for all its statements
--   p_known       versions whose answer is there already: with one of them (is_known) nothing will be read, and nothing is set
-- Reads users and tokens, which no reader may; hence security definer. Every request comes by: one query for the user, one
-- for the run, and settings by assignment, which takes no query.
drop function if exists api.enter(uuid, uuid, timestamptz, timestamptz, date);
drop function if exists api.enter(uuid, uuid, timestamptz, timestamptz, date, boolean);
create or replace function api.enter(
    p_user_id uuid, p_token_id uuid, p_issued_at timestamptz,
    p_known_at timestamptz default null, p_as_of date default null, p_only_reads boolean default false,
    p_known text[] default '{}'
)
returns table (status text, run_id bigint, market_date date, version text, is_known boolean)
language plpgsql security definer rows 1
set search_path = pg_catalog
as $$
declare
    reader record;
    visible record;
    settings text[];
begin
    select u.is_admin, u.change_no, books.portfolio_ids, books.state into reader
    from app.users u
    cross join lateral (
        select
            array_agg(p.portfolio_id order by p.created_at, p.portfolio_id) as portfolio_ids,
            concat(sum(p.change_no), '.', count(*)) as state
        from app.portfolios p where p.user_id = u.user_id
    ) as books
    where u.user_id = p_user_id and u.is_active and p_issued_at >= u.tokens_valid_from
        and not exists (select from app.revoked_tokens t where t.token_id = p_token_id);
    if not found then
        status := 'unauthenticated';
        return next;
        return;
    end if;
    visible := ops.run_at(p_known_at, p_as_of);
    if reader.is_admin then
        select concat(sum(u.change_no), '.', count(*), '.', p.state) into version
        from app.users u, (select concat(sum(p.change_no), '.', count(*)) as state from app.portfolios p) as p
        group by p.state;
    else
        version := concat(reader.change_no, '.', reader.state);
    end if;
    status := 'ok';
    run_id := visible.run_id;
    market_date := visible.market_date;
    version := concat(coalesce(run_id, 0), '.', version);
    is_known := version = any(p_known);
    if not is_known then
        settings := array[
            set_config('sigmasight.user_id', p_user_id::text, true),
            set_config('sigmasight.known_at', coalesce(p_known_at::text, ''), true),
            set_config('sigmasight.as_of', coalesce(p_as_of::text, ''), true)
        ];
        if p_only_reads then
            -- what every table of every statement would look up again (ops.visible_run, app.visible_portfolio_ids)
            settings := array[
                set_config('sigmasight.entered_at', concat('|', p_known_at, '|', p_as_of), true),
                set_config('sigmasight.visible_run', case when run_id is null then '' else array[
                    run_id::text, market_date::text, visible.market_session_no::text,
                    visible.horizon_session_no::text, visible.is_simulated::text
                ]::text end, true)
            ];
            if not reader.is_admin then
                settings := array[
                    set_config('sigmasight.entered_as', p_user_id::text, true),
                    set_config('sigmasight.portfolio_ids', coalesce(reader.portfolio_ids, '{}')::text, true)
                ];
            end if;
        end if;
    end if;
    return next;
end
$$;
