"""Without a strong JWT_SECRET a production server does not start."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.jwt_secret import jwt_secret
from api.main import create_app
from sigmasight.errors import UserError
from tests.support.demo import ROOT, environment
from tests.support.http import SECRET, settings_for

WEAK = {"short": "0123456789abcdef", "of few characters": "abc" * 20, "one character": "x" * 64}


def serve(url: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sigmasight.cli", "serve", "--port", "0"],
        cwd=ROOT,
        env=environment(url, folder, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_real_server_refuses(database_url: str, tmp_path: Path) -> None:
    for secret in ("", WEAK["short"]):
        done = serve(database_url, tmp_path, ENVIRONMENT="production", JWT_SECRET=secret)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "JWT_SECRET" in done.stderr and "Traceback" not in done.stderr
        assert "secrets.token_urlsafe" in done.stderr, "it says how to make one"
        assert not secret or secret not in done.stdout + done.stderr


@pytest.mark.parametrize("where", ["development", "production"])
@pytest.mark.parametrize("secret", WEAK.values(), ids=WEAK.keys())
def test_a_weak_secret_is_refused_everywhere(tmp_path: Path, where: str, secret: str) -> None:
    with pytest.raises(UserError, match="JWT_SECRET is weak") as caught:
        create_app(settings_for("postgresql://", tmp_path, environment=where, jwt_secret=secret), "postgresql://")
    assert secret not in caught.value.message


def test_production_needs_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="JWT_SECRET is not set"):
        create_app(settings_for("postgresql://", tmp_path, environment="production", jwt_secret=None), "postgresql://")
    assert jwt_secret(settings_for("postgresql://", tmp_path, environment="production")) == SECRET
    assert not list(tmp_path.iterdir()), "no secret is made up"


def test_development_keeps_one_of_its_own(tmp_path: Path) -> None:
    settings = settings_for("postgresql://", tmp_path, jwt_secret=None)
    secret = jwt_secret(settings)
    assert len(secret) >= 32 and jwt_secret(settings) == secret
    assert (tmp_path / "jwt_secret").stat().st_mode & 0o077 == 0
    (tmp_path / "jwt_secret").unlink()
    assert jwt_secret(settings) != secret
