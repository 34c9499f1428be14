-- the variable etf_factor_count is the number of factors with an ETF, and these come first
select count(*) as etf_factors
from {{ ref('factors') }}
where etf_symbol is not null
having
    count(*) <> {{ var('etf_factor_count') }}
    or max(factor_no) <> {{ var('etf_factor_count') }}
    or min(factor_no) <> 1
