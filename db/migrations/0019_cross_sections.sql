-- What is kept of the market date alone has its session in the key, behind whose it is: readers and runs find the rows of one session
-- without those of all others, and a new session leaves the older rows as they are (dbt/macros/published.sql, `cross_section`).
do $do$
declare
    cross_section record;
begin
    for cross_section in
        select to_regclass('published.' || new.name) as relation, new.name, new.key
        from (values
            ('portfolio_liquidity', 'portfolio_id, session_no, view_name'),
            ('portfolio_risk_contributions', 'portfolio_id, session_no, view_name, group_by, group_name, is_rest'),
            ('portfolio_concentration', 'portfolio_id, session_no, view_name'),
            ('position_liquidity', 'portfolio_id, session_no, position_id'),
            ('portfolio_sector_exposures', 'portfolio_id, session_no, sector'),
            ('position_risk_contributions', 'portfolio_id, session_no, position_id, view_name'),
            ('portfolio_var_backtest', 'portfolio_id, session_no, view_name, confidence'),
            ('portfolio_factor_risk', 'portfolio_id, session_no, view_name, factor_no'),
            ('portfolio_tail_risk', 'portfolio_id, session_no, view_name'),
            ('portfolio_monthly_returns', 'portfolio_id, session_no, view_name, month_start'),
            ('portfolio_drawdowns', 'portfolio_id, session_no, view_name, drawdown_no'),
            ('portfolio_correlations', 'portfolio_id, session_no, view_name'),
            ('correlation_rows', 'portfolio_id, session_no, symbol_id'),
            ('correlation_clusters', 'portfolio_id, session_no, view_name, cluster_no'),
            ('correlation_holdings', 'portfolio_id, session_no, view_name, symbol_id'),
            ('portfolio_data_quality', 'portfolio_id, session_no'),
            ('portfolio_stress_results', 'portfolio_id, session_no, view_name, scenario_id'),
            ('portfolio_macro_exposures', 'portfolio_id, session_no, view_name, factor_no'),
            ('security_joint_betas', 'session_no, symbol_id'),
            ('security_macro_betas', 'session_no, symbol_id, factor_no')
        ) as new (name, key)
        where to_regclass('published.' || new.name) is not null
    loop
        execute format(
            'alter table %1$s drop constraint if exists %2$I, add primary key (%3$s, run_id)',
            cross_section.relation, cross_section.name || '_pkey', cross_section.key
        );
        -- the key does now
        execute format('drop index if exists published.%I', cross_section.name || '_portfolio_id');
        if cross_section.name in ('portfolio_stress_results', 'portfolio_macro_exposures') then
            execute format(
                'create index on %s using brin (session_no) with (pages_per_range = 32)', cross_section.relation
            );
        end if;
    end loop;
end
$do$;
