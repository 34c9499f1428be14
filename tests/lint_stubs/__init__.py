"""What dbt offers to templates beyond sqlfluff's own builtins, as far as linting needs it."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from jinja2 import pass_context
from jinja2.runtime import Context

_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project.yml"


def env_var(name: str, default: str = "") -> str:
    """The default: a linter's result must not depend on the environment."""
    return default


def var(name: str, default: Any = None) -> Any:
    """The project's variable, as dbt reads it."""
    return yaml.safe_load(_PROJECT.read_text(encoding="utf-8"))["vars"].get(name, default)


class _Adapter:
    """Stands for dbt's adapter: the linter reads what PostgreSQL gets."""

    @staticmethod
    @pass_context
    def dispatch(context: Context, name: str, macro_namespace: str | None = None) -> Any:
        """The macro that PostgreSQL uses of those that are called `name`."""
        return context.resolve(f"postgres__{name}" if f"postgres__{name}" in context else f"default__{name}")


adapter = _Adapter()


class _Target:
    """Stands for dbt's target."""

    type = "postgres"


target = _Target()
