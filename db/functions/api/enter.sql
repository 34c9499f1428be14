-- api.enter(): who asks and what they want to see, for the rest of the transaction; one row
--   status        ok | unauthenticated (no such user, disabled, logged out)
--   run_id        the run that is read; null where none was published (by then)
--   p_only_reads  the transaction changes nothing, so what the user may see is looked up once, for all its statements
--   state_version grows with every change of what the user sees between runs: tags, books
-- Reads users and tokens, which no reader may; hence security definer.
drop function if exists api.enter(uuid, uuid, timestamptz, timestamptz, date);
create or replace function api.enter(
    p_user_id uuid, p_token_id uuid, p_issued_at timestamptz,
    p_known_at timestamptz default null, p_as_of date default null, p_only_reads boolean default false
)
returns table (status text, run_id bigint, market_date date, state_version text)
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    reader app.users;
    visible record;
begin
    select * into reader from app.users u where u.user_id = p_user_id and u.is_active;
    if reader.user_id is null
        or p_issued_at < reader.tokens_valid_from
        or exists (select from app.revoked_tokens t where t.token_id = p_token_id)
    then
        return query select 'unauthenticated', null::bigint, null::date, null::text;
        return;
    end if;
    perform
        set_config('sigmasight.user_id', p_user_id::text, true),
        set_config('sigmasight.known_at', coalesce(p_known_at::text, ''), true),
        set_config('sigmasight.as_of', coalesce(p_as_of::text, ''), true);
    select * into visible from ops.find_visible_run();
    if p_only_reads then
        -- what every table of every statement would look up again (ops.visible_run, app.visible_portfolio_ids)
        perform
            set_config('sigmasight.entered_at', concat('|', p_known_at, '|', p_as_of), true),
            set_config('sigmasight.visible_run', case when visible.run_id is null then '' else array[
                visible.run_id::text, visible.market_date::text, visible.market_session_no::text,
                visible.horizon_session_no::text, visible.is_simulated::text
            ]::text end, true);
        if not reader.is_admin then
            perform
                set_config('sigmasight.entered_as', p_user_id::text, true),
                set_config('sigmasight.portfolio_ids', array(
                    select p.portfolio_id from app.portfolios p where p.user_id = reader.user_id
                )::text, true);
        end if;
    end if;
    return query
        select 'ok', visible.run_id, visible.market_date,
            case when reader.is_admin then
                (select concat(sum(u.change_no), '.', count(*)) from app.users u)
                || '.' || (select concat(sum(p.change_no), '.', count(*)) from app.portfolios p)
            else
                reader.change_no
                || '.' || (select concat(sum(p.change_no), '.', count(*)) from app.portfolios p where p.user_id = reader.user_id)
            end;
end
$$;
