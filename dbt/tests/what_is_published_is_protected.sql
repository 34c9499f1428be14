-- reading goes through the gate: row security with a policy on every published table, marts that hand down the reader's own
--   rights, nothing for everybody. dbt drops policies when it rebuilds a table, so the whole catalogue is looked at.
--   It waits for core marts only: one that an isolated engine could not build must not keep the rest from being looked at.
{% for mart in [
    'security_daily_prices', 'security_daily_betas', 'security_daily_risk', 'factor_covariances', 'data_coverage',
    'portfolios', 'positions', 'position_daily_values', 'portfolio_daily_snapshots', 'portfolio_daily_risk',
    'portfolio_factor_exposures', 'portfolio_greeks', 'position_exits',
] %}
-- depends_on: {{ ref(mart) }}
{%- endfor %}
with relations as (

    select
        classes.oid,
        classes.oid::regclass as relation,
        namespaces.nspname as schema_name,
        classes.relkind,
        classes.relrowsecurity and classes.relforcerowsecurity as is_protected,
        classes.relacl,
        classes.reloptions
    from pg_catalog.pg_class as classes
    inner join pg_catalog.pg_namespace as namespaces on classes.relnamespace = namespaces.oid
    where namespaces.nspname in ('published', 'marts') and classes.relkind in ('r', 'v', 'm', 'p', 'f')

)

select
    relation,
    'row security is off' as problem
from relations
where schema_name = 'published' and relkind in ('r', 'p') and not is_protected
union all
select
    relation,
    'readers have no policy'
from relations
where
    schema_name = 'published' and relkind in ('r', 'p')
    and not exists (
        select from pg_catalog.pg_policy as policies
        where policies.polrelid = relations.oid and policies.polname = 'readers'
    )
union all
select
    relation,
    'rows of a portfolio are shown to everybody'
from relations
where
    schema_name = 'published'
    and exists (
        select from pg_catalog.pg_attribute as attributes
        where attributes.attrelid = relations.oid and attributes.attname = 'portfolio_id' and not attributes.attisdropped
    )
    and exists (
        select from pg_catalog.pg_policy as policies
        where
            policies.polrelid = relations.oid and policies.polroles <> array['sigmasight_builder'::regrole::oid]
            and pg_catalog.pg_get_expr(policies.polqual, policies.polrelid) not like '%portfolio_id%'
    )
union all
select
    relation,
    'the view reads with the rights of its owner'
from relations
where schema_name = 'marts' and coalesce(not 'security_invoker=true' = any(reloptions), true)
union all
select
    relation,
    'everybody may read it'
from relations
where exists (
    select from pg_catalog.aclexplode(relations.relacl) as rights
    where rights.grantee = 0
)
