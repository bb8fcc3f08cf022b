"""Fetch pages of the web without being led into the private network.

Only http and https on ports 80 and 443. A host name is resolved once; if any of its
addresses is not a public one, nothing is fetched; the connection goes to the address
that was checked, with the host name kept for the Host header and for TLS. Every redirect
is checked anew. No proxies of the environment are used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from dragoman.errors import InputError

#: Resolves a host and a port to addresses, as ``socket.getaddrinfo`` does.
Resolver = Callable[[str, int], list[str]]

USER_AGENT = "dragoman/0.1 (+https://pypi.org/project/dragoman/)"
_REDIRECTS = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """``seconds`` for a whole fetch with its redirects, ``bytes`` after decompression."""

    seconds: float = 30.0
    connect_seconds: float = 10.0
    bytes: int = 20_000_000
    redirects: int = 5
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class Response:
    """A fetched page. ``headers`` have lower-case names; 304 has no ``data``."""

    url: str
    status: int
    data: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises ``OSError``."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the public internet.

    Refused are private, loopback, link-local (with the metadata services of clouds),
    shared (CGNAT), multicast, reserved and unspecified ones, and IPv6 forms that carry
    such an IPv4 address (mapped, 6to4, Teredo, NAT64).
    """
    try:
        found = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found.teredo is not None:
            inner = found.teredo[1]
        if inner is None and found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is None and int(found) >> 32 == 0:
            return False  # the old form that carries an IPv4 address
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


class Fetcher:
    """Fetches addresses. ``allow_private`` lets it reach any host and port."""

    def __init__(
        self,
        limits: FetchLimits | None = None,
        *,
        allow_private: bool = False,
        resolver: Resolver = resolve,
    ) -> None:
        self.limits = limits or FetchLimits()
        self._allow = allow_private
        self._resolve = resolver
        self._tls = ssl.create_default_context()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Response:
        """Fetch ``url`` and follow its redirects.

        Raises ``InputError`` with reason ``address`` (no web address), ``port``,
        ``private-address``, ``unreachable``, ``redirects``, ``http-status``,
        ``too-large``, ``bomb``, ``hang`` or ``http-broken``.
        """
        deadline = time.monotonic() + self.limits.seconds
        current = url
        for _ in range(self.limits.redirects + 1):
            parts = self._check(current, url)
            status, found, data = self._once(parts, url, headers or {}, deadline)
            if status in _REDIRECTS and found.get("location"):
                current = urljoin(current, found["location"])
                continue
            if status == 304:
                return Response(current, status, b"", found)
            if status != 200:
                retry = found.get("retry-after", "")
                wait = f"; it asks to wait {retry[:40]}" if retry else ""
                raise InputError(url, "http-status", f"the server answered {status}{wait}")
            return Response(current, status, data, found)
        raise InputError(url, "redirects", f"more than {self.limits.redirects} redirects")

    def _check(self, current: str, url: str) -> SplitResult:
        if any(ord(c) <= 32 or ord(c) == 127 for c in current.strip()) or "\\" in current:
            raise InputError(url, "address", "the address holds spaces or control characters")
        try:
            parts = urlsplit(current.strip())
            port = parts.port
        except ValueError as error:
            raise InputError(url, "address", f"this is no address: {error}") from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(url, "address", "only http and https addresses are fetched")
        if parts.username is not None or parts.password is not None:
            raise InputError(url, "address", "an address with a user name is not fetched")
        if not self._allow and port not in {None, 80, 443}:
            raise InputError(url, "port", "only ports 80 and 443 are fetched")
        return parts

    def _ascii(self, host: str, url: str) -> str:
        """Return the name by which servers and certificates know ``host``."""
        try:
            return host if _is_literal(host) else host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise InputError(url, "unreachable", f"{host} is no host name: {error}") from error

    def _vetted(self, host: str, port: int, url: str) -> str:
        """Return the address to connect to; all of the host's addresses are checked."""
        try:
            addresses = self._resolve(host, port)
        except OSError as error:
            raise InputError(url, "unreachable", f"{host} is not known: {error}") from error
        if not addresses:
            raise InputError(url, "unreachable", f"{host} has no address")
        if not self._allow:
            for address in addresses:
                if not is_public(address):
                    raise InputError(
                        url, "private-address", f"{host} leads to {address}, which is not public"
                    )
        return addresses[0]

    def _once(
        self, parts: SplitResult, url: str, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, dict[str, str], bytes]:
        host = self._ascii(parts.hostname or "", url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        address = self._vetted(host, port, url)
        connection = _Connection(host, port, address, self._tls if secure else None)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        if parts.query:
            path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
        shown = f"[{host}]" if ":" in host else host
        sent = {
            "Host": shown if parts.port is None else f"{shown}:{port}",
            "User-Agent": USER_AGENT,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
            "Accept-Encoding": "gzip",
            "Connection": "close",
            **headers,
        }
        try:
            connection.timeout = min(self.limits.connect_seconds, self._left(deadline, url))
            with _cut_off(connection, self._left(deadline, url)):
                connection.request("GET", path, headers=sent)
                answer = connection.getresponse()
                found = {name.lower(): value for name, value in answer.getheaders()}
                data = b""
                if answer.status == 200:
                    data = self._body(answer, found, url, deadline)
                return answer.status, found, data
        except TimeoutError as error:
            raise InputError(url, "hang", "the server did not answer in time") from error
        except (OSError, ssl.SSLError) as error:
            self._left(deadline, url)
            raise InputError(url, "unreachable", f"{host} cannot be reached: {error}") from error
        except (http.client.HTTPException, ValueError) as error:
            self._left(deadline, url)
            message = f"the server's answer is broken: {error!r}"
            raise InputError(url, "http-broken", message) from error
        finally:
            connection.close()

    def _body(
        self,
        answer: http.client.HTTPResponse,
        headers: Mapping[str, str],
        url: str,
        deadline: float,
    ) -> bytes:
        limit = self.limits.bytes
        packed = headers.get("content-encoding", "").strip().lower()
        if packed not in {"", "identity", "gzip", "x-gzip"}:
            raise InputError(url, "http-broken", f"the server sends {packed[:40]}, not asked for")
        unpack = zlib.decompressobj(31) if "gzip" in packed else None
        body = bytearray()
        taken = 0
        while True:
            self._left(deadline, url)
            chunk = answer.read1(65_536)
            if not chunk:
                break
            taken += len(chunk)
            if unpack is not None:
                try:
                    chunk = unpack.decompress(chunk, limit + 1 - len(body))
                except zlib.error as error:
                    raise InputError(url, "http-broken", f"damaged gzip: {error}") from error
            body += chunk
            if len(body) > limit or (unpack is not None and unpack.unconsumed_tail):
                used = taken - len(unpack.unconsumed_tail) if unpack is not None else taken
                bomb = unpack is not None and len(body) > self.limits.ratio * used
                raise InputError(
                    url, "bomb" if bomb else "too-large", f"larger than {limit:,} bytes"
                )
        self._left(deadline, url)  # the end may be that of our own clock
        length = headers.get("content-length", "")
        short = length.isdigit() and taken < int(length)
        if short or (unpack is not None and not unpack.eof):
            raise InputError(url, "truncated", "the answer ended before its end")
        return bytes(body)

    def _left(self, deadline: float, url: str) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise InputError(url, "hang", f"it took more than {self.limits.seconds:g} s")
        return left


@contextmanager
def _cut_off(connection: _Connection, seconds: float) -> Iterator[None]:
    """Shut ``connection`` after ``seconds``.

    A limit of the socket's own begins anew with every byte, so a server that sends one
    now and then would hold the fetch for hours.
    """

    def shut() -> None:
        if connection.opened is None:
            return  # still connecting, which has a limit that does not begin anew
        with suppress(OSError):
            # The plain socket's way: that of TLS forgets its state under the reader's feet.
            socket.socket.shutdown(connection.opened, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, under the name of its host."""

    def __init__(self, host: str, port: int, address: str, tls: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self._address = address
        self._context = tls
        self.opened: socket.socket | None = None

    def connect(self) -> None:
        """Connect to the checked address; TLS is for the host's name."""
        plain = socket.create_connection((self._address, self.port), self.timeout)
        if self._context is None:
            self.sock = self.opened = plain
            return
        try:
            secure = self._context.wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
        except BaseException:
            plain.close()
            raise
        self.sock = self.opened = secure
        secure.do_handshake()


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return False
    return True
