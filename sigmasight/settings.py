"""Settings from the environment and `.env` in the repository root, typed and checked at start."""

import os
import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sigmasight.errors import UserError
from sigmasight.log import register_secret

ROOT = Path(__file__).resolve().parent.parent

Provider = Literal["polygon", "flat_files", "simulated"]


CommaSeparated = Annotated[tuple[str, ...], NoDecode]
"""Names with commas between them: `a,b`."""


class Settings(BaseSettings):
    """What can be set; `.env.example` documents every name. An empty value counts as unset."""

    model_config = SettingsConfigDict(
        # SIGMASIGHT_ENV_FILE: another file, or empty for none, which is what the tests need
        env_file=os.environ.get("SIGMASIGHT_ENV_FILE", ROOT / ".env"),
        env_ignore_empty=True,
        extra="ignore",
    )

    database_url: str | None = None
    # the same database for the API, as a login that is the role sigmasight_api and nothing else
    api_database_url: str | None = None
    market_data_provider: Provider | None = None
    polygon_api_key: SecretStr | None = None
    polygon_base_url: str = "https://api.polygon.io"
    polygon_requests_per_minute: float = Field(default=5, ge=0, allow_inf_nan=False)
    polygon_max_requests_per_run: int | None = Field(default=None, ge=1)
    polygon_key_in: Literal["header", "query"] = "header"
    flat_files_dir: Path | None = None
    jwt_secret: SecretStr | None = None
    environment: Literal["development", "production"] = "development"
    # whose X-Forwarded-For is believed; nobody's by default
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    # the API: who may call it from a browser, by which names it goes, how often one may ask, who reads /metrics
    cors_origins: CommaSeparated = ()
    allowed_hosts: CommaSeparated = ()
    rate_limit_reads_per_minute: int = Field(default=300, ge=0)
    rate_limit_writes_per_minute: int = Field(default=60, ge=0)
    rate_limit_exports_per_minute: int = Field(default=10, ge=0)
    rate_limit_jobs_per_minute: int = Field(default=600, ge=0)
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    answers_kept_mb: int = Field(default=32, ge=0)
    ready_max_age_sessions: int | None = Field(default=None, ge=0)
    # where events worth an alert are told, and what signs them
    alert_webhook_url: SecretStr | None = None
    alert_webhook_secret: SecretStr | None = Field(default=None, min_length=16)
    risk_free_rate: float = Field(default=0.0, gt=-1, lt=1, allow_inf_nan=False)
    # where the Greeks of options come from
    greeks_source: Literal["mock", "model"] = "mock"
    lookback_days: int = Field(default=730, ge=1)
    # beyond one machine: the cluster, PostgreSQL's JDBC driver, a folder that all workers see, facts as Parquet
    spark_master: str = "local[*]"
    spark_jdbc_jar: Path | None = None
    spark_dir: Path = ROOT / ".sigmasight" / "spark"
    spark_parquet_dir: Path | None = None
    simulated_seed: int = 20240607
    # where the embedded server and the logs live, and other server binaries than the wheel's
    sigmasight_home: Path = ROOT / ".sigmasight"
    sigmasight_pg_bin_dir: Path | None = Field(default_factory=lambda: _path_or_none(os.environ.get("PG_BIN_DIR")))

    @field_validator("database_url", "api_database_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is None:
            return None
        scheme, separator, rest = value.partition("://")
        # SQLAlchemy writes the driver into the scheme; libpq does not know it
        if not separator or scheme.partition("+")[0] not in ("postgres", "postgresql"):
            raise ValueError("write it as postgresql://user:password@host:5432/database")
        return f"postgresql://{rest}"

    @field_validator("polygon_base_url")
    @classmethod
    def _has_scheme(cls, value: str) -> str:
        if not value.startswith(("https://", "http://", "simulated://")):
            raise ValueError("write it with http:// or https:// in front")
        return value.rstrip("/")

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _are_networks(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        except ValueError:
            raise ValueError("write addresses or networks with commas between: 10.0.0.7,172.16.0.0/12") from None

    @field_validator("alert_webhook_url")
    @classmethod
    def _is_webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = urlsplit(value.get_secret_value())
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.password:
            raise ValueError("write it as https://host/path, without a user or a password")
        return value

    @field_validator(
        *("sigmasight_home", "flat_files_dir", "sigmasight_pg_bin_dir"),
        *("spark_jdbc_jar", "spark_dir", "spark_parquet_dir"),
    )
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else Path(os.path.abspath(value.expanduser()))

    @field_validator("cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip().lower() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?", origin):
                raise ValueError(f"'{origin}' is not an origin; write https://host or https://host:port, and never *")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"(\*\.)?[a-z0-9.-]+", host):
                raise ValueError(f"'{host}' is not a host name; write app.example.com, or *.example.com")
        return value

    @model_validator(mode="after")
    def _choose_provider(self) -> Self:
        if self.market_data_provider is None:
            self.market_data_provider = "polygon" if self.polygon_api_key else "simulated"
        elif self.market_data_provider == "polygon" and not self.polygon_api_key:
            raise ValueError("MARKET_DATA_PROVIDER=polygon needs POLYGON_API_KEY")
        elif self.market_data_provider == "flat_files" and self.flat_files_dir is None:
            raise ValueError("MARKET_DATA_PROVIDER=flat_files needs FLAT_FILES_DIR, the folder that holds the files")
        return self

    @model_validator(mode="after")
    def _signs_alerts(self) -> Self:
        if self.alert_webhook_url is not None:
            if self.alert_webhook_secret is None:
                raise ValueError("ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET, which signs what is sent there")
            if self.environment == "production" and not self.alert_webhook_url.get_secret_value().startswith("https:"):
                raise ValueError("ALERT_WEBHOOK_URL must begin with https:// in production")
        return self

    @property
    def provider(self) -> Provider:
        """The provider that is used: as set, else polygon with a key, else simulated."""
        assert self.market_data_provider is not None
        return self.market_data_provider


def load_settings() -> Settings:
    """Read the settings anew. Raises UserError that names every wrong variable, its value and what is expected."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise UserError(_explain(error), exit_code=2) from None
    for secret in (
        *(settings.polygon_api_key, settings.jwt_secret, settings.metrics_token),
        *(settings.alert_webhook_secret, settings.alert_webhook_url),
    ):
        if secret is not None:
            register_secret(secret.get_secret_value())
    return settings


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process. Raises UserError as `load_settings` does."""
    return load_settings()


# what may hold a secret is named without its value
_NOT_SHOWN = frozenset(
    (
        *("DATABASE_URL", "API_DATABASE_URL", "POLYGON_API_KEY", "JWT_SECRET", "METRICS_TOKEN"),
        *("ALERT_WEBHOOK_URL", "ALERT_WEBHOOK_SECRET"),
    )
)


def _path_or_none(value: str | None) -> Path | None:
    return Path(os.path.abspath(Path(value).expanduser())) if value else None


def _explain(error: ValidationError) -> str:
    lines = ["The settings (environment or .env) cannot be used:"]
    for detail in error.errors():
        name = ".".join(str(part) for part in detail["loc"]).upper()
        reason = detail["msg"].removeprefix("Value error, ")
        if not name:
            lines.append(f"  {reason}")
        elif name in _NOT_SHOWN:
            lines.append(f"  {name}: {reason}")
        else:
            lines.append(f"  {name}={detail['input']}: {reason}")
    return "\n".join(lines)
