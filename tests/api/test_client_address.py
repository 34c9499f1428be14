"""From which address a request comes: nobody chooses their own."""

from ipaddress import ip_address
from types import SimpleNamespace

import pytest
from starlette.requests import HTTPConnection

from api.client_address import client_address
from sigmasight.errors import UserError
from sigmasight.settings import load_settings

PROXIES = "10.0.0.7, 172.16.0.0/12,2001:db8:ffff::/48"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.1"], "192.0.2.1"),
        ("10.0.0.7", [], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.7", ["203.0.113.9, 198.51.100.1, 172.31.255.255"], "198.51.100.1"),
        ("10.0.0.7", ["172.16.0.1, 172.16.0.2"], "172.16.0.1"),
        ("10.0.0.7", ["198.51.100.1, not an address"], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1, "], "10.0.0.7"),
        ("10.0.0.7", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.7", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("10.0.0.7", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.7", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.7", ["198.51.100.1"], "198.51.100.1"),
        ("2001:db8:ffff::1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.8", ["198.51.100.1"], "10.0.0.8"),
        ("/run/socket", [], "0.0.0.0"),
        ("", ["198.51.100.1"], "0.0.0.0"),
    ],
)
def test_client_address(peer: str, forwarded: list[str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", PROXIES)
    scope = {
        "type": "http",
        "client": (peer, 1) if peer else None,
        "headers": [(b"x-forwarded-for", line.encode()) for line in forwarded],
        "app": SimpleNamespace(state=SimpleNamespace(settings=load_settings())),
    }
    assert client_address(HTTPConnection(scope)) == ip_address(expected)


@pytest.mark.parametrize("value", ["10.0.0", "*", "10.0.0.0/33", "proxy.example.com", "10.0.0.1;10.0.0.2"])
def test_wrong_proxies_are_explained(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", value)
    with pytest.raises(UserError, match=r"TRUSTED_PROXIES=.*write addresses or networks"):
        load_settings()


def test_by_default_nobody_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "")
    assert load_settings().trusted_proxies == ()
