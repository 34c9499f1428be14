"""Schemathesis against a running API: every operation, all checks, all phases, two users and nobody.

`python -m tests.security.fuzz [EXAMPLES]` does it in full, on a server of its own, with another seed each time.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from db.connection import connect
from db.migrate import migrate
from tests.support import demo
from tests.support.http import Api, serving, settings_for
from tests.support.postgres import throw_away_server

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
# who must not see each other's things
PEERS = ("demo_user_1", "demo_user_2")


def fuzz(api: Api, folder: Path, *options: str, users: tuple[str, ...] = PEERS) -> int:
    """Run `schemathesis run` with `options` to its end, its report on the standard output; its exit code, 0 or not.

    `folder` gets files; `users`: the demo users as which requests are sent; several must not see each other's things.
    """
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG.read_text())
    headers: list[str] = []
    if len(users) > 1:
        credentials = folder / "auth.json"
        entries = [{"name": user, "fixedHeaders": [_header(api, user)]} for user in users]
        credentials.write_text(json.dumps({"auth": entries}))
        with config.open("a") as file:
            file.write(f"\n[auth.wfc]\npath = {json.dumps(str(credentials))}\npeers = {json.dumps(users)}\n")
    else:
        headers = ["-H", "{name}: {value}".format(**_header(api, users[0]))]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"]
    command += [f"{api.base_url}/openapi.json", "--checks", "all", "--suppress-health-check", "all"]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.security.schemathesis_hooks",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
    }
    return subprocess.run([*command, *headers, *options], cwd=folder, env=environment, check=False).returncode


def _header(api: Api, user: str) -> dict[str, str]:
    return {"name": "Authorization", "value": f"Bearer {api.token(user)}"}


def main(examples: int) -> int:
    """The full run; its exit code."""
    seed = random.randrange(2**32)
    print(f"seed {seed}, {examples} examples an operation", flush=True)
    with throw_away_server() as server, tempfile.TemporaryDirectory(prefix="sigmasight-fuzz-") as name:
        folder = Path(name)
        url = server.create("fuzz")
        with connect(url) as conn:
            migrate(conn)
        demo.daily(url, folder)
        with serving(settings_for(url, folder)) as api:
            options = ("--seed", str(seed), "--max-examples", str(examples), "--continue-on-failure")
            failed = fuzz(api, folder, *options)
            return failed or fuzz(api, folder, *options, "--include-path-regex", "/admin/", users=("demo_admin",))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
