-- api.visual(): how a figure may be drawn, {value, display, percentage, status, color, target_range, limit}
--   p_kind     percent (a fraction) | dollars | number
--   p_limit    beyond it (in absolute value) danger, from four fifths of it on warning, else success; without one info
create or replace function api.visual(
    p_value double precision, p_kind text, p_limit double precision default null,
    p_full double precision default null, p_target_range double precision[] default null
) returns json
language plpgsql immutable parallel safe
as $$
declare
    level text := case
        when p_value is null or p_limit is null then 'info'
        when abs(p_value) > p_limit then 'danger'
        when abs(p_value) > 0.8 * p_limit then 'warning'
        else 'success'
    end;
begin
    return json_build_object(
        'value', p_value,
        'display', case p_kind
            when 'percent' then to_char(100 * p_value, 'FM999,999,990.0') || ' %'
            when 'dollars' then case when p_value < 0 then '-' else '' end || to_char(abs(p_value), 'FM$999,999,999,999,990')
            else to_char(p_value, 'FM999,999,990.00')
        end,
        -- the length of a bar, whatever the sign
        'percentage', least(100, 100 * abs(p_value) / nullif(coalesce(p_full, p_limit, 1), 0)),
        'status', level,
        'color', case level
            when 'success' then '#10B981' when 'warning' then '#F59E0B' when 'danger' then '#EF4444' else '#3B82F6'
        end,
        'target_range', p_target_range,
        'limit', p_limit
    );
end
$$;
