"""docs/frontend.md: every line of shell in it is run, in order, against the API over the demo accounts."""

import os
import re
import subprocess
from pathlib import Path

from tests.support.http import Api

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "frontend.md"


def test_the_guide_works(own_api: Api, tmp_path: Path) -> None:
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    script = ["set -euo pipefail"]
    for kind, block in blocks:
        if kind == "sh":
            script.append(block)
        else:
            script.append(f"echo '== the guide shows: {block.strip()}'")
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env={**os.environ, "BASE": own_api.base_url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    shown = re.search(r"(\S+)\n== the guide shows: (.*)\n", done.stdout)
    assert shown is not None and shown[1].endswith(shown[2])
    # the one request that is wrong on purpose comes last
    assert '"status":422' in done.stdout.splitlines()[-1].replace(" ", "")
    assert sum(kind == "sh" for kind, _ in blocks) >= 7


def test_every_route_that_it_names_is_there(api: Api) -> None:
    documented = api.get("/openapi.json", None).json()["paths"]
    patterns = [re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", path) + "$") for path in documented]
    named = set(re.findall(r"/api/v1[\w/$-]*", GUIDE.read_text(encoding="utf-8")))
    assert len(named) >= 9
    assert not [path for path in named if not any(pattern.match(path.rstrip("/")) for pattern in patterns)]
