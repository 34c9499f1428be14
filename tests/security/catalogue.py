"""What the catalogue says about who may do what: each check returns what is wrong, in words."""

import re
from collections.abc import Callable
from typing import Any

import psycopg

from tests.security.expectations import MARKET, NOBODY, RELATIONS, access_to

ROLES = ("sigmasight_builder", "sigmasight_reader", "sigmasight_api", "sigmasight_analyst")
SCHEMAS = ("api", "app", "finance", "intermediate", "marts", "ops", "published", "raw", "reference", "staging")

# what runs with the rights of the owner, and why it must
DEFINERS: dict[str, str] = {
    "api.add_flow": "books a flow",
    "api.admin_audit": "reads the audit log",
    "api.acknowledge_limit_event": "writes an acknowledgement",
    "api.admin_daily_update": "queues a job",
    "api.caller_is_admin": "reads users",
    "api.change_password": "writes the hash of a password",
    "api.close_position": "books a closing",
    "api.delete_flow": "takes a flow back",
    "api.create_limit": "writes a rule",
    "api.delete_limit": "deletes a rule",
    "api.update_limit": "changes a rule",
    "api.enter": "looks up the user and the token",
    "api.known_cash": "reads market data that are not published",
    "api.known_close": "reads market data that are not published",
    "api.known_short_interest": "reads market data that are not published",
    "api.known_splits": "reads market data that are not published",
    "api.known_yields": "reads market data that are not published",
    "api.login": "reads the hash of a password",
    "api.login_succeeded": "writes the hash of a password",
    "api.logout": "notes the token",
    "api.logout_all": "ends all sessions",
    "api.me": "reads users",
    "api.password_check": "reads the hash of a password",
    "api.portfolio_upload": "opens a portfolio and queues a job",
    "api.purge_idempotency_keys": "forgets the keys of everybody",
    "api.run_engines": "tells how a run ended",
    "api.run_facts": "tells when a run was published",
    "api.run_steps": "tells how far a run is",
    "api.service_figures": "counts jobs",
    "api.undo_exit": "takes a closing back",
    "app.bound_stress_scenarios": "counts scenarios",
    "app.bound_tags": "counts tags",
    "app.current_user_id": "decides what row security shows",
    "app.find_visible_portfolio_ids": "decides what row security shows",
    "app.find_visible_user_ids": "decides what row security shows",
    "app.note_book_change": "counts the changes of a book",
    "app.note_limit_change": "counts the changes of limits",
    "app.note_portfolio_change": "counts the changes of a book",
    "app.note_tag_change": "counts the changes of tags",
    "ops.audit": "writes the audit log",
    "ops.data_incidents": "tells what happened to market data on the way in",
    "ops.engine_state": "tells how an engine ended",
    "ops.find_visible_run": "decides which run is read",
}

Connection = psycopg.Connection[Any]
Check = Callable[[Connection], list[str]]

_RELATIONS = """
relations as (
    select n.nspname as schema_name, n.nspname || '.' || c.relname as name, c.*
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = any(%(schemas)s)
)
"""
_FUNCTIONS = """
functions as (
    select n.nspname as schema_name, n.nspname || '.' || p.proname as name, p.*
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any(%(schemas)s)
)
"""


def _rows(conn: Connection, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
    return conn.execute(query.encode(), {"schemas": list(SCHEMAS), "roles": list(ROLES), **parameters}).fetchall()


def protected_tables(conn: Connection) -> list[str]:
    """Tables of people, and of what is published, have row security, and their owner is bound by it."""
    found = _rows(
        conn,
        f"with {_RELATIONS} select name from relations where relkind in ('r', 'p')"
        " and (schema_name in ('app', 'published') or name = any(%(named)s))"
        " and not (relrowsecurity and relforcerowsecurity)",
        named=[name for name, access in RELATIONS.items() if access not in (MARKET, NOBODY)],
    )
    return [f"{name} is not protected" for (name,) in found]


def invoker_views(conn: Connection) -> list[str]:
    """A view that others may read reads with their rights."""
    found = _rows(
        conn,
        f"with {_RELATIONS} select name from relations where relkind in ('v', 'm')"
        " and exists (select from aclexplode(relacl) a where a.grantee <> relowner)"
        " and (relkind = 'm' or not coalesce('security_invoker=true' = any(reloptions), false))",
    )
    return [f"{name} reads with the rights of its owner" for (name,) in found]


def definer_functions(conn: Connection) -> list[str]:
    """What runs with the rights of its owner is known, and nobody can slip another table under it."""
    found = _rows(
        conn,
        f"with {_FUNCTIONS} select name, coalesce('search_path=pg_catalog' = any(proconfig), false)"
        " from functions where prosecdef",
    )
    problems = [f"{name} has no fixed search_path" for name, is_fixed in found if not is_fixed]
    return problems + [f"{name} runs as its owner: say why in DEFINERS" for name, _ in found if name not in DEFINERS]


def functions_of_everybody(conn: Connection) -> list[str]:
    """Only pure maths may be called by everybody."""
    found = _rows(
        conn,
        f"with {_FUNCTIONS} select name from functions where schema_name <> 'finance' and exists ("
        " select from aclexplode(coalesce(proacl, acldefault('f', proowner))) a where a.grantee = 0)",
    )
    return [f"everybody may call {name}" for (name,) in found]


def writing_functions(conn: Connection) -> list[str]:
    """Readers call what shows; the API also what is in its own schema; the rest is for whoever builds."""
    found = _rows(
        conn,
        f"with {_FUNCTIONS} select name, role, schema_name from functions, unnest(%(roles)s::text[]) role"
        " where role <> 'sigmasight_builder' and schema_name <> 'finance'"
        " and has_function_privilege(role, functions.oid, 'execute')",
    )
    allowed = {"app.current_user_id", "app.entered_portfolio_ids", "ops.data_incidents", "ops.engine_state"}
    for name in ("ops.{}visible_run", "app.{}visible_portfolio_ids", "app.{}visible_user_ids"):
        allowed |= {name.format(""), name.format("find_")}
    return [
        f"{role} may call {name}"
        for name, role, schema in found
        if name not in allowed and not (role == "sigmasight_api" and schema == "api")
    ]


def claims_are_asked_once(conn: Connection) -> list[str]:
    """A policy asks who reads once per statement, in a sub-select, and not once per row."""
    found = _rows(
        conn,
        "select polname, polrelid::regclass::text, concat(pg_get_expr(polqual, polrelid), ' ',"
        " pg_get_expr(polwithcheck, polrelid)) from pg_policy",
    )
    return [
        f"policy {name} of {relation} asks for every row: {expression}"
        for name, relation, expression in found
        if re.search(r"(?<!SELECT )\b(app\.\w+|current_setting)\(", expression)
    ]


def policy_columns_are_indexed(conn: Connection) -> list[str]:
    """The rows that a policy lets through are found by an index."""
    found = _rows(
        conn,
        """
        select p.polrelid::regclass::text, p.polname, string_agg(distinct a.attname, ', ')
        from pg_policy p
        join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
            and d.refclassid = 'pg_class'::regclass and d.refobjid = p.polrelid and d.refobjsubid > 0
        join pg_attribute a on a.attrelid = p.polrelid and a.attnum = d.refobjsubid
        group by p.polrelid, p.polname
        having not bool_or(exists (
            select from pg_index i where i.indrelid = p.polrelid and i.indkey[0] = a.attnum and i.indpred is null
        ))
        """,
    )
    return [
        f"{relation}: policy {name} goes by {columns}, and no index begins with it" for relation, name, columns in found
    ]


def cascades_are_indexed(conn: Connection) -> list[str]:
    """Removing somebody finds what is theirs by an index."""
    found = _rows(
        conn,
        """
        select conrelid::regclass::text, conname from pg_constraint c
        where contype = 'f' and confdeltype in ('c', 'n') and not exists (
            select from pg_index i
            where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]
        )
        """,
    )
    return [f"{relation}: no index for {name}" for relation, name in found]


def rights_on_relations(conn: Connection) -> list[str]:
    """Whoever is not the owner has the rights that the expectations name, and no other."""
    found = _rows(
        conn,
        f"""
        with {_RELATIONS}
        select r.name, a.grantee::regrole::text, a.privilege_type, null
        from relations r, aclexplode(r.relacl) a where a.grantee <> r.relowner
        union all
        select r.name, a.grantee::regrole::text, a.privilege_type, t.attname
        from relations r join pg_attribute t on t.attrelid = r.oid, aclexplode(t.attacl) a
        where a.grantee <> r.relowner
        """,
    )
    return [
        f"{grantee} has {privilege} on {name}{f' ({column})' if column else ''}"
        for name, grantee, privilege, column in found
        if not _is_expected(name, grantee, privilege, column)
    ]


def _is_expected(name: str, grantee: str, privilege: str, column: str | None) -> bool:
    access = access_to(name) or NOBODY
    if privilege == "SELECT":
        reader = "sigmasight_api" if access.api_only else "sigmasight_reader"
        columns = access.columns or (None,)
        return access.rows is not None and grantee == reader and column in columns
    if grantee != "sigmasight_api" or access.own is None:
        return False
    columns = {"INSERT": access.insert_columns or (None,), "UPDATE": access.update, "DELETE": (None,)}.get(
        privilege, ()
    )
    return column in columns or (privilege == "UPDATE" and column is None and access.api_only)


def rights_on_schemas(conn: Connection) -> list[str]:
    """Nobody but the owner makes anything, anywhere; `intermediate` is closed."""
    found = _rows(
        conn,
        "select role, nspname, 'create' from pg_namespace, unnest(%(roles)s::text[]) role"
        " where nspname !~ '^pg_' and has_schema_privilege(role, oid, 'create')"
        " union all select role, datname, 'create' from pg_database, unnest(%(roles)s::text[]) role"
        " where datname = current_database() and has_database_privilege(role, oid, 'create')"
        " union all select role, nspname, 'usage' from pg_namespace, unnest(%(roles)s::text[]) role"
        " where nspname = 'intermediate' and has_schema_privilege(role, oid, 'usage')"
        " union all select 'everybody', nspname, a.privilege_type from pg_namespace, aclexplode(nspacl) a"
        " where a.grantee = 0 and nspname = any(%(schemas)s)",
    )
    return [f"{role} has {privilege} on {name}" for role, name, privilege in found]


def rights_on_sequences(conn: Connection) -> list[str]:
    """Nobody but the owner takes or sets numbers."""
    found = _rows(
        conn,
        f"with {_RELATIONS} select name, role from relations, unnest(%(roles)s::text[]) role"
        " where relkind = 'S' and has_sequence_privilege(role, relations.oid, 'select, update, usage')",
    )
    return [f"{role} may use {name}" for name, role in found]


def roles_are_weak(conn: Connection) -> list[str]:
    """The roles own nothing, log in nowhere, and are not one another's members where they should not be."""
    found = _rows(
        conn,
        "select rolname from pg_roles where rolname = any(%(roles)s) and"
        " (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolcanlogin or rolreplication)",
    )
    problems = [f"{role} has an attribute" for (role,) in found]
    problems += [
        f"{role} owns {what}"
        for role, what in _rows(
            conn,
            "select refobjid::regrole::text, pg_describe_object(classid, objid, objsubid) from pg_shdepend"
            " where refclassid = 'pg_authid'::regclass and deptype = 'o'"
            " and refobjid = any(%(roles)s::text[]::regrole[])"
            " and dbid = (select oid from pg_database where datname = current_database())",
        )
    ]
    members = {("sigmasight_api", "sigmasight_reader"), ("sigmasight_analyst", "sigmasight_reader")}
    problems += [
        f"{member} is a member of {role}"
        for member, role in _rows(
            conn,
            "select m.member::regrole::text, m.roleid::regrole::text from pg_auth_members m"
            " where m.member = any(%(roles)s::text[]::regrole[])",
        )
        if (member, role) not in members
    ]
    return problems


def nothing_by_default(conn: Connection) -> list[str]:
    """What is made later is nobody's by default."""
    found = _rows(conn, "select defaclrole::regrole::text from pg_default_acl")
    return [f"{role} gives rights away by default" for (role,) in found]


CHECKS: tuple[Check, ...] = (
    protected_tables,
    invoker_views,
    definer_functions,
    functions_of_everybody,
    writing_functions,
    claims_are_asked_once,
    policy_columns_are_indexed,
    cascades_are_indexed,
    rights_on_relations,
    rights_on_schemas,
    rights_on_sequences,
    roles_are_weak,
    nothing_by_default,
)
