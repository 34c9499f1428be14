-- api.explain_factor_returns: the returns of two factors, the newest first
select plan(5);
create temporary table answer as
select
    api.explain_factor_returns('Size', 'Value', s.session_no) -> 'returns' as r,
    api.explain_factor_returns('Value', 'Size', s.session_no) -> 'returns' as turned,
    api.explain_factor_returns('Size', 'Short Interest', s.session_no) -> 'returns' as without
from raw.sessions as s where s.session_date = '2026-06-30';
select is(json_array_length(r), 60, 'one for each session') from answer;
select is(r -> 0 ->> 'session_date', '2026-06-30', 'the newest first') from answer;
select is(r -> 7 ->> 'a', turned -> 7 ->> 'b', 'both ways') from answer;
select is(
    (select covar_samp((x ->> 'a')::float8, (x ->> 'b')::float8) from json_array_elements(r) as x)::numeric(20, 18),
    (select covariance from marts.factor_covariances where factor_a = 'Size' and factor_b = 'Value' and session_date = '2026-06-30')::numeric(20, 18),
    'their covariance is the published one'
) from answer;
select is(json_array_length(without), 0, 'a factor that has no ETF has no returns') from answer;
select * from finish();
