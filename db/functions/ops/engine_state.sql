-- ops.engine_state(engine): one row, how an engine ended in the run that this session reads
--   status   ok | failed
--   reason   null when ok; else which models or tests failed, which tells nothing of the data
--   run_id   the run that is read; null before the first publication
-- Reads the runs' engines, which no reader may; hence security definer.
create or replace function ops.engine_state(p_engine text)
returns table (status text, reason text, run_id bigint)
language plpgsql stable security definer rows 1
set search_path = pg_catalog
as $$
declare
    visible record;
    state record;
begin
    select v.run_id, r.status = 'building' as is_building into visible from ops.visible_run() v join ops.runs r using (run_id);
    select e.status, e.reason into state from ops.run_engines e where e.run_id = visible.run_id and e.engine = p_engine;
    return query select
        coalesce(state.status, case when visible.is_building then 'ok' else 'failed' end),
        case
            when state.status is not null then state.reason
            when visible.run_id is null then 'nothing was published yet'
            when not visible.is_building then 'the run that is read did not have this engine'
        end,
        visible.run_id;
end
$$;
comment on function ops.engine_state(text) is 'One row: how an engine ended in the run that this session reads: ok or failed, and why.';
