"""Settings are typed, checked, and explained to people."""

from pathlib import Path

import pytest

from sigmasight.errors import UserError
from sigmasight.log import redact
from sigmasight.settings import Settings, load_settings


def test_defaults() -> None:
    settings = Settings()
    assert settings.database_url is None
    assert settings.provider == "simulated"
    assert settings.polygon_requests_per_minute == 5
    assert settings.risk_free_rate == 0
    assert settings.lookback_days == 730
    assert settings.environment == "development"


def test_a_key_makes_polygon_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "k-123456")
    settings = load_settings()
    assert settings.provider == "polygon"
    assert "k-123456" not in repr(settings)
    assert redact("GET /x?apiKey=k-123456") == "GET /x?apiKey=***"


def test_an_empty_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "POLYGON_API_KEY", "MARKET_DATA_PROVIDER", "FLAT_FILES_DIR", "RISK_FREE_RATE"):
        monkeypatch.setenv(name, "")
    assert load_settings().provider == "simulated"


def test_the_file_is_read_and_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("RISK_FREE_RATE=0.05\nLOOKBACK_DAYS=100\nSOMETHING_ELSE=1\n")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    monkeypatch.setenv("LOOKBACK_DAYS", "200")
    settings = load_settings()
    assert (settings.risk_free_rate, settings.lookback_days) == (0.05, 200)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgres://u:p@h:5/d", "postgresql://u:p@h:5/d"),
        ("postgresql+psycopg2://u@h/d", "postgresql://u@h/d"),
        ("postgresql:///d?host=/run/x", "postgresql:///d?host=/run/x"),
    ],
)
def test_database_url_forms(given: str, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    assert load_settings().database_url == kept


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DATABASE_URL", "mysql://u:hidden@h/d", "DATABASE_URL: write it as postgresql://"),
        ("MARKET_DATA_PROVIDER", "yahoo", "MARKET_DATA_PROVIDER=yahoo: Input should be 'polygon'"),
        ("MARKET_DATA_PROVIDER", "polygon", "MARKET_DATA_PROVIDER=polygon needs POLYGON_API_KEY"),
        ("MARKET_DATA_PROVIDER", "flat_files", "MARKET_DATA_PROVIDER=flat_files needs FLAT_FILES_DIR"),
        ("POLYGON_REQUESTS_PER_MINUTE", "-1", "POLYGON_REQUESTS_PER_MINUTE=-1: "),
        ("POLYGON_BASE_URL", "api.example.com", "POLYGON_BASE_URL=api.example.com: write it with http"),
        ("RISK_FREE_RATE", "5%", "RISK_FREE_RATE=5%: "),
        ("RISK_FREE_RATE", "nan", "RISK_FREE_RATE=nan: "),
        ("LOOKBACK_DAYS", "0", "LOOKBACK_DAYS=0: "),
        ("ENVIRONMENT", "prod", "ENVIRONMENT=prod: "),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserError) as caught:
        load_settings()
    assert message in caught.value.message
    assert "hidden" not in caught.value.message
    assert caught.value.exit_code == 2


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "prod")
    monkeypatch.setenv("LOOKBACK_DAYS", "many")
    with pytest.raises(UserError) as caught:
        load_settings()
    assert "ENVIRONMENT=prod" in caught.value.message
    assert "LOOKBACK_DAYS=many" in caught.value.message
