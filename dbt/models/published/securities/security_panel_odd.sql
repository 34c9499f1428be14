-- one row per symbol (those with an odd symbol_id) and session, in the history or up to 90 sessions after it: the rolling figures
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_symbols') }}
{{ config(key=['symbol_id', 'session_no'], scope='symbol', pre_hook="set local work_mem = '256MB'") }}
{{ security_panel(1) }}
