-- api.admin_audit(): what `GET admin/audit` answers: who did what, the newest first
--   p_kind, p_object_id, p_portfolio_id, p_user_id, p_action  only these; null: all. p_since, p_until  from and before these moments
--   p_after  the id that the page before ended with; p_limit rows
-- Raises 403 (not an administrator). Reads the log, which no role of the API may; hence security definer.
create or replace function api.admin_audit(
    p_kind text, p_object_id text, p_portfolio_id uuid, p_user_id uuid, p_action text,
    p_since timestamptz, p_until timestamptz, p_after bigint, p_limit integer
) returns json
language plpgsql stable security definer
set search_path = pg_catalog
as $$
begin
    if not exists (select from app.users u where u.user_id = app.current_user_id() and u.is_active and u.is_admin) then
        raise exception 'Only an administrator may read the audit log.' using errcode = 'SS403';
    end if;
    return (
        with found as materialized (
            select l.* from ops.audit_log as l
            where (p_kind is null or l.object_kind = p_kind)
                and (p_object_id is null or l.object_id = p_object_id)
                and (p_portfolio_id is null or l.portfolio_id = p_portfolio_id)
                and (p_user_id is null or l.user_id = p_user_id)
                and (p_action is null or l.action = p_action)
                and (p_since is null or l.happened_at >= p_since)
                and (p_until is null or l.happened_at < p_until)
                and (p_after is null or l.audit_id < p_after)
            order by l.audit_id desc
            limit p_limit + 1
        ),
        shown as (select f.* from found as f order by f.audit_id desc limit p_limit)

        select json_build_object(
            'success', true,
            'data', json_build_object(
                'events', coalesce(json_agg(
                    json_build_object(
                        'id', s.audit_id, 'happened_at', s.happened_at, 'user_id', s.user_id, 'db_role', s.db_role,
                        'application', s.application, 'client_address', host(s.client_address), 'request_id', s.request_id,
                        'action', s.action, 'object_kind', s.object_kind, 'object_id', s.object_id,
                        'portfolio_id', s.portfolio_id, 'row_count', s.row_count,
                        'old_values', s.old_values, 'new_values', s.new_values
                    ) order by s.audit_id desc
                ), '[]'),
                'next', case when (select count(*) from found) > p_limit then min(s.audit_id) end
            )
        )
        from shown as s
    );
end
$$;
