-- finance.max_drawdown(returns): as db/functions/finance/max_drawdown.sql; the loop is a fold, in which
--   s.chain * (1 + r) is where the chain stands after the return, and s.n + 1 the number of the return
create or replace function finance.max_drawdown(daily_returns array<double>)
returns table (max_drawdown double, peak_no int, trough_no int, recovery_no int)
return
select
    state.fall as max_drawdown,
    state.peak_no as peak_no,
    state.trough_no as trough_no,
    state.recovery_no as recovery_no
from (
    select aggregate(
        daily_returns,
        named_struct(
            'n', 0, 'chain', 1D, 'highest', 1D, 'highest_no', 0, 'fall', 0D, 'peak', 1D,
            'peak_no', cast(null as int), 'trough_no', cast(null as int), 'recovery_no', cast(null as int)
        ),
        (s, r) -> named_struct(
            'n', s.n + 1,
            'chain', s.chain * (1 + r),
            'highest', greatest(s.highest, s.chain * (1 + r)),
            'highest_no', case when s.chain * (1 + r) > s.highest then s.n + 1 else s.highest_no end,
            'fall', least(s.fall, s.chain * (1 + r) / s.highest - 1),
            'peak', case when s.chain * (1 + r) / s.highest - 1 < s.fall then s.highest else s.peak end,
            'peak_no', case when s.chain * (1 + r) / s.highest - 1 < s.fall then s.highest_no else s.peak_no end,
            'trough_no', case when s.chain * (1 + r) / s.highest - 1 < s.fall then s.n + 1 else s.trough_no end,
            'recovery_no', case
                when s.chain * (1 + r) / s.highest - 1 < s.fall then null
                when s.recovery_no is null and s.chain * (1 + r) >= s.peak and s.n + 1 > s.trough_no then s.n + 1
                else s.recovery_no
            end
        )
    ) as state
)
