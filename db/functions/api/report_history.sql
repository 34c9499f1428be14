-- api.report_history(): the sessions of a report's charts, oldest first: value, return, fall from the peak, exposures
--   drawdown: the chained daily returns over their highest value so far, less 1; the first peak is the base before them all
create or replace function api.report_history(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        with chained as (
            select
                s.*,
                finance.product(1 + s.daily_return) over (order by s.session_no) as growth
            from marts.portfolio_daily_snapshots as s
            where s.portfolio_id = p_portfolio_id
        )

        select
            coalesce(
                json_agg(
                    json_build_object(
                        'session_date', c.session_date,
                        'total_value', c.nav,
                        'daily_pnl', c.daily_pnl,
                        'daily_return', c.daily_return,
                        'drawdown', c.growth / greatest(c.highest, 1) - 1,
                        'long_exposure', c.delta_long_exposure,
                        'short_exposure', c.delta_short_exposure,
                        'gross_share_of_nav', c.delta_gross_exposure_pct_nav,
                        'net_share_of_nav', c.delta_net_exposure_pct_nav,
                        'status', c.status
                    )
                    order by c.session_no
                ),
                json_build_array()
            )
        from (
            select chained.*, max(chained.growth) over (order by chained.session_no) as highest from chained
        ) as c
    );
end
$$;

-- the section performance: returns over periods that end with the session, and ratios
create or replace function api.report_performance(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    found json := api.analytics_portfolio_performance(p_portfolio_id);
    known text := found #>> '{since_start,status}';
begin
    return api.report_engine(
        'Time-weighted returns over periods that end with the session.',
        json_build_object(
            'periods', found -> 'periods', 'since_start', found -> 'since_start',
            'sharpe_ratio', found -> 'sharpe_ratio', 'sortino_ratio', found -> 'sortino_ratio',
            'risk_free_rate', found -> 'risk_free_rate', 'figures', found -> 'figures'
        ),
        known, found #>> '{since_start,reason}'
    );
end
$$;
