-- finance.spread(values): one row: how many of them are known, neither null nor NaN, and their sample standard deviation, exactly 0
--   where they are all the same; the squares are taken about the running mean (Welford)
create or replace function finance.spread(amounts array<double>) returns table (n_obs bigint, pnl_stddev double)
return
select
    size(known) as n_obs,
    case
        when array_max(known) > array_min(known)
            then aggregate(
                known,
                named_struct('n', 0D, 'mean', 0D, 'squares', 0D),
                (s, x) -> named_struct(
                    'n', s.n + 1,
                    'mean', s.mean + (x - s.mean) / (s.n + 1),
                    'squares', s.squares + (x - s.mean) * (x - s.mean) * s.n / (s.n + 1)
                ),
                s -> sqrt(s.squares / (s.n - 1))
            )
        when size(known) > 1 then 0D
    end as pnl_stddev
from (select filter(amounts, x -> x is not null and not isnan(x)) as known)
