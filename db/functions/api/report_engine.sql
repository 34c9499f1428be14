-- api.report_engine(): a section of a report: what an engine has to tell, or why it has nothing
--   unavailable without data, or with a status that says so; data are shown only where they are there
create or replace function api.report_engine(p_description text, p_data json, p_status text, p_reason text) returns json
language plpgsql immutable
as $$
declare
    available boolean := p_data is not null and coalesce(p_status, 'unavailable') <> 'unavailable';
begin
    return json_build_object(
        'available', available,
        'status', case when available then p_status else 'unavailable' end,
        'reason', coalesce(p_reason, case when not available then 'there are no figures for this session' end),
        'description', p_description,
        'data', case when available then p_data end
    );
end
$$;
