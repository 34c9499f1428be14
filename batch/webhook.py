"""One signed POST to an address on the public internet, and what is known of it afterwards.

The name is looked up once and the connection goes to the very address that was checked, so a name that answers
differently the second time leads nowhere. Redirects are not followed, proxies not used, and time is bounded as a whole.
"""

import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

Outcome = Literal["taken", "refused", "unknown"]
"""taken: answered 2xx; refused: surely not taken, so it may be sent again; unknown: sent, and nobody knows."""

_CONNECT_SECONDS = 5.0
_SECONDS = 15.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def signature(secret: str, body: bytes, at: int) -> str:
    """The header X-SigmaSight-Signature: HMAC-SHA256 of `<unix time>.<body>`; an old one is a replay."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def post(
    url: str,
    secret: str,
    body: bytes,
    event_id: str,
    *,
    is_allowed: Callable[[Address], bool] = is_public,
    now: Callable[[], float] = time.time,
    seconds: float = _SECONDS,
) -> tuple[Outcome, str]:
    """Send `body`; what became of it, and why. Raises nothing.

    `event_id` is the header X-SigmaSight-Event: the same for the same events.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return "refused", f"the name of the webhook's host cannot be looked up: {error}"
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if not addresses or not all(is_allowed(ipaddress.ip_address(address)) for address in addresses):
        return "refused", "the webhook's host has an address that is not public"
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "sigmasight-alerts",
        "X-SigmaSight-Event": event_id,
        "X-SigmaSight-Signature": signature(secret, body, int(now())),
        "Connection": "close",
    }
    try:
        raw = socket.create_connection((addresses[0], port), timeout=min(_CONNECT_SECONDS, seconds))
    except OSError as error:
        return "refused", f"the webhook cannot be reached: {error}"
    # whoever sends a byte now and then is cut off, too
    watchdog = threading.Timer(seconds, _cut, [raw])
    watchdog.daemon = True
    watchdog.start()
    try:
        with raw:
            return _send(raw, parts.scheme == "https", host, port, _target(url), body, headers, seconds)
    finally:
        watchdog.cancel()


def _send(
    raw: socket.socket,
    is_secure: bool,
    host: str,
    port: int,
    target: str,
    body: bytes,
    headers: dict[str, str],
    seconds: float,
) -> tuple[Outcome, str]:
    raw.settimeout(seconds)
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if is_secure else raw
    except OSError as error:
        return "refused", f"there is no secure connection to the webhook: {error}"
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return "unknown", f"the webhook gave no answer: {error or type(error).__name__}"
    finally:
        with contextlib.suppress(OSError):
            connection.close()
    if 200 <= status < 300:
        return "taken", f"answered {status}"
    return "refused", f"the webhook answered {status}" + (
        ", and is not followed elsewhere" if status // 100 == 3 else ""
    )


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _cut(raw: socket.socket) -> None:
    with contextlib.suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)
