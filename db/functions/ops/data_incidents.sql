-- ops.data_incidents(): what happened to data on the way in, as the run that is read took them in; a row per kind and symbol
--   restatement  bars of the 90 sessions up to its market date that a later load replaced or withdrew
--   quarantine   records and answers that were refused and not released since; symbol is what they were about
-- Reads bars and quarantine, which no reader may; tells of market data alone, never who holds what. Hence security definer.
create or replace function ops.data_incidents()
returns table (kind text, symbol text, session_date date, incident_count integer, detail text)
language plpgsql stable security definer
set search_path = pg_catalog
as $$
declare
    run ops.runs;
    window_start date;
begin
    select r.* into run from ops.find_visible_run() v join ops.runs r using (run_id);
    if run.run_id is null then
        return;
    end if;
    select s.session_date into window_start from raw.sessions s where s.session_no = run.market_session_no - 89;
    return query
    select 'restatement', s.symbol, max(b.session_date), count(distinct b.session_date)::integer,
        concat(
            count(distinct b.session_date), case when count(distinct b.session_date) = 1 then ' bar' else ' bars' end,
            ' of the last 90 sessions replaced or withdrawn, the newest of ', max(b.session_date)
        )
    from raw.bars b join raw.securities s using (symbol_id)
    where b.superseded_by_load <= run.through_load_id
        and b.session_date between coalesce(window_start, '-infinity') and run.market_date
    group by s.symbol;
    return query
    select 'quarantine', q.subject, max(q.record_date), count(*)::integer,
        concat(
            count(*), case when count(*) = 1 then ' record' else ' records' end, ' refused: ',
            string_agg(distinct q.reason_code, ', ' order by q.reason_code)
        )
    from raw.quarantine q
    where (q.load_id is null or q.load_id <= run.through_load_id)
        and (q.released_by_load is null or q.released_by_load > run.through_load_id)
        and (q.record_date is null or q.record_date <= run.market_date)
    group by q.subject;
end
$$;
comment on function ops.data_incidents() is 'A row per symbol of which bars were restated, or records refused, as the run that is read knew it.';
