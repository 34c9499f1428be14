-- api.visual(): how a figure may be drawn, {value, display, percentage, status, color, target_range, limit}
--   p_kind          percent (a fraction) | dollars | number
--   p_limit         beyond it (in absolute value) danger, from four fifths of it on warning, else success
--   p_full          what a full bar stands for (default: the limit, else 1)
--   p_target_range  outside of it at least warning
-- Without limit and range it is info.
create or replace function api.visual(
    p_value double precision, p_kind text, p_limit double precision default null,
    p_full double precision default null, p_target_range double precision[] default null
) returns json
language plpgsql immutable parallel safe
as $$
declare
    level text := case
        when p_value is null or (p_limit is null and p_target_range is null) then 'info'
        when abs(p_value) > p_limit then 'danger'
        when abs(p_value) > 0.8 * p_limit or p_value < p_target_range[1] or p_value > p_target_range[2] then 'warning'
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
        'percentage', case when p_value is not null then least(100, 100 * abs(p_value) / coalesce(p_full, p_limit, 1)) end,
        'status', level,
        'color', case level
            when 'success' then '#10B981' when 'warning' then '#F59E0B' when 'danger' then '#EF4444' else '#3B82F6'
        end,
        'target_range', p_target_range,
        'limit', p_limit
    );
end
$$;
