"""What dbt offers to templates beyond sqlfluff's own builtins, as far as linting needs it."""

import re
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project.yml"


def env_var(name: str, default: str = "") -> str:
    """The default: a linter's result must not depend on the environment."""
    return default


def var(name: str, default: Any = None) -> Any:
    """The project's variable; numbers as numbers."""
    found = re.search(rf"^  {name}: (\S+)", _PROJECT.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        return default
    return float(found[1]) if "." in found[1] else int(found[1])
