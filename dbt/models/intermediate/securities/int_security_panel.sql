-- one row per symbol and session: the rolling figures as this run leaves them
{{ config(materialized='view') }}
select * from {{ ref('security_panel_even') }}
where superseded_by_run is null
union all
select * from {{ ref('security_panel_odd') }}
where superseded_by_run is null
