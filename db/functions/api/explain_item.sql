-- api.explain_item(): which row of a mart is meant where a portfolio, a view or a security has several: the one that p_item names, else a
--   default. One row {column, value, factor}; none where there is no such row. factor: whose betas are meant, for macro factors.
create or replace function api.explain_item(p_mart text, p_key json, p_item text)
returns table (item_column text, item text, factor text)
language plpgsql stable
as $$
declare
    of_column text := case p_mart
        when 'portfolio_monthly_returns' then 'month_start'
        when 'portfolio_drawdowns' then 'drawdown_no'
        when 'portfolio_sector_exposures' then 'sector'
        when 'portfolio_rate_sensitivities' then 'shock_bp'
        else 'factor_name'
    end;
    -- the newest month, the deepest fall, the largest sector, one percent of yield
    in_order text := case p_mart
        when 'portfolio_monthly_returns' then 'month_start desc'
        when 'portfolio_drawdowns' then 'drawdown_no'
        when 'portfolio_sector_exposures' then 'gross_exposure desc nulls last, sector'
        when 'portfolio_rate_sensitivities' then 'shock_bp <> 100, shock_bp'
        else 'display_order'
    end;
    found text;
begin
    execute format(
        'select %1$I::text from marts.%2$I where %3$s and ($1 is null or %1$I::text = $1) order by %4$s limit 1',
        of_column, p_mart, (select string_agg(format('%I = %L', k.key, k.value), ' and ') from json_each_text(p_key) as k), in_order
    ) into found using p_item;
    if found is not null then
        return query select of_column, found,
            case when of_column = 'factor_name' then found when of_column = 'shock_bp' then 'Interest Rate' end;
    end if;
end
$$;
