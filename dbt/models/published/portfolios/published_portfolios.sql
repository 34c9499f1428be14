-- one row per portfolio: its name, owner and equity, and the state of the book that was taken in
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(alias='portfolios', key=['portfolio_id'], scope='portfolio_changed', owner='portfolio') }}
with portfolios as (

    select * from {{ ref('stg_accounts__portfolios') }}

),

touched as (

    select * from {{ ref('int_touched_portfolios') }}

),

equity as (

    select * from {{ ref('int_equity') }}

)

select
    portfolios.portfolio_id,
    portfolios.name,
    portfolios.owner_email,
    portfolios.currency,
    equity.equity_balance,
    equity.equity_source,
    touched.change_no
from portfolios
inner join touched on portfolios.portfolio_id = touched.portfolio_id
inner join equity on portfolios.portfolio_id = equity.portfolio_id
