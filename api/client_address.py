"""From which address a request comes."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
_NOWHERE = IPv4Address(0)


def client_address(connection: HTTPConnection) -> Address:
    """The peer of the socket; behind TRUSTED_PROXIES the right-most address of X-Forwarded-For that is not one of them.

    What stands further left was written by whoever asks, and is not believed. Uvicorn must leave the header alone
    (`proxy_headers=False`).
    """
    trusted: tuple[IPv4Network | IPv6Network, ...] = connection.app.state.settings.trusted_proxies
    found = (_parsed(connection.client.host) if connection.client else None) or _NOWHERE
    hops = [hop for line in connection.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    while hops and any(found in network for network in trusted):
        hop = _parsed(hops.pop())
        if hop is None:
            break
        found = hop
    return found


def _parsed(text: str) -> Address | None:
    """An address, with or without a port: 192.0.2.1, 192.0.2.1:80, 2001:db8::1, [2001:db8::1]:80."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
