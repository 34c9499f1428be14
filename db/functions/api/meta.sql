-- api.meta(): where an answer comes from (`meta` of the API's answers); null where nothing was published, or as_of lies before all
--   data_quality is that of what the portfolio holds; of everything the reader may see where no portfolio is named
create or replace function api.meta(p_portfolio_id uuid default null) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'as_of', v.market_date,
            'market_date', run.market_date,
            'run_id', v.run_id,
            'known_at', nullif(current_setting('sigmasight.known_at', true), '')::timestamptz,
            'published_at', run.published_at,
            'timestamp', run.published_at,
            'is_simulated', v.is_simulated,
            'data_quality', api.data_quality(p_portfolio_id),
            'schema_version', '1.0'
        )
        from ops.visible_run() as v
        cross join lateral api.run_facts(v.run_id) as run
        where v.market_date is not null
    );
end
$$;

-- when a run was published, and its newest session: ops.runs itself is not for readers
create or replace function api.run_facts(p_run_id bigint) returns table (market_date date, published_at timestamptz)
language sql stable security definer rows 1
set search_path = pg_catalog
as $$ select r.market_date, r.published_at from ops.runs r where r.run_id = p_run_id $$;
