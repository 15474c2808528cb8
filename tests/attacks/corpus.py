"""Requests in bytes that no client sends. Each says of which sites a page may come back: of no other one, ever."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

NORTH, SOUTH = b"north.localhost", b"south.localhost"
HOST = b"Host: " + NORTH
CANARY = b"<i>canary"
SMUGGLED = b"GET /about/ HTTP/1.1\r\nHost: " + SOUTH + b"\r\nX: "
END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Case:
    """`sites` are the keys of the sites of which there may be a page, in the order of the responses or fewer.

    `most` is how many responses there may be, `from_proxy` the sites if a trusted proxy sent the bytes itself.
    """

    name: str
    data: bytes
    sites: tuple[str, ...] = ()
    most: int = 1
    from_proxy: tuple[str, ...] | None = None


def get(*lines: bytes, target: bytes = b"/about/", version: bytes = b"HTTP/1.1", method: bytes = b"GET") -> bytes:
    return b"\r\n".join([method + b" " + target + b" " + version, *lines, b"", b""])


def post(*lines: bytes, body: bytes) -> bytes:
    return get(HOST, *lines, method=b"POST") + body


def hosts() -> Iterator[Case]:
    refused = {
        "two hosts": [HOST, b"Host: " + SOUTH],
        "two hosts the other way": [b"Host: " + SOUTH, HOST],
        "a list": [HOST + b", " + SOUTH],
        "a list without a space": [b"Host: " + SOUTH + b"," + NORTH],
        "folded": [HOST + b"\r\n " + SOUTH],
        "a space before the colon": [b"Host : " + SOUTH],
        "a tab before the colon": [b"Host\t: " + SOUTH],
        "a line that begins with a space": [b" Host: " + SOUTH, HOST],
        "no host": [],
        "an empty host": [b"Host:"],
        "only a port": [b"Host: :80"],
        "userinfo": [b"Host: " + NORTH + b"@" + SOUTH],
        "userinfo with a port": [b"Host: " + NORTH + b":80@" + SOUTH],
        "a path": [b"Host: " + SOUTH + b"/" + NORTH],
        "a fragment": [b"Host: " + SOUTH + b"#" + NORTH],
        "a query": [b"Host: " + SOUTH + b"?" + NORTH],
        "a backslash": [b"Host: " + SOUTH + b"\\" + NORTH],
        "a scheme": [b"Host: http://" + SOUTH],
        "a null": [HOST + b"\x00" + SOUTH],
        "a control character": [HOST + b"\x01"],
        "a bare carriage return": [HOST + b"\r" + SOUTH],
        "a bare line feed": [HOST + b"\nHost: " + SOUTH],
        "a vertical tab": [b"Host: \x0b" + SOUTH],
        "a space inside": [HOST + b" " + SOUTH],
        "a semicolon": [HOST + b";" + SOUTH],
        "two dots": [b"Host: " + SOUTH + b".."],
        "an encoded dot": [b"Host: south%2elocalhost"],
        "port 0": [HOST + b":0"],
        "port 65536": [HOST + b":65536"],
        "an empty port": [HOST + b":"],
        "a word as the port": [HOST + b":http"],
        "two ports": [HOST + b":80:80"],
        "a zone": [b"Host: [fe80::1%25eth0]"],
        "half an address": [b"Host: [::1"],
        "markup": [b"Host: " + CANARY],
        "an unknown host": [b"Host: evil.example"],
        "a look-alike": [b"Host: " + NORTH + b".evil.example"],
        "300 letters": [b"Host: " + b"a" * 300],
        "60,000 letters": [b"Host: " + b"a" * 60_000],
    }
    for name, lines in refused.items():
        yield Case(name, get(*lines, b"Connection: close"))
    spellings = [NORTH.upper(), NORTH + b".", NORTH + b":80", NORTH.title() + b".:80", NORTH + b" \t"]
    for spelling in spellings:
        yield Case(f"spelled {spelling!r}", get(b"Host: " + spelling, b"Connection: close"), ("north",))
    # A proxy may join the lines (RFC 9112); then this is one host.
    yield Case("folded before the host", get(b"Host:\r\n " + SOUTH, b"Connection: close"), ("south",))
    # Apache sends its own address then, which the demo's first site has.
    yield Case("HTTP/1.0 without a host", get(version=b"HTTP/1.0"), ("north",))
    yield Case("HTTP/1.0 with two", get(HOST, b"Host: " + SOUTH, version=b"HTTP/1.0"))
    yield Case("HTTP/1.0 with a host", get(HOST, version=b"HTTP/1.0"), ("north",))


def forwarding() -> Iterator[Case]:
    forged = (
        b"X-Forwarded-Host: " + SOUTH,
        b"X-Forwarded-Host: " + NORTH + b", " + SOUTH,
        b"X-Forwarded-Host: " + SOUTH + b"\r\nX-Forwarded-Host: " + SOUTH,
        b"X_Forwarded_Host: " + SOUTH,
        b"X-Forwarded_Host: " + SOUTH,
        b"X-Forwarded-Host : " + SOUTH,
        b"X-Forwarded-Host:\r\n " + SOUTH,
        b"x-forwarded-host:" + SOUTH,
        b"Forwarded: host=" + SOUTH,
        b"X-Original-Host: " + SOUTH,
        b"X-Host: " + SOUTH,
        b"X-Forwarded-Server: " + SOUTH,
        b"X-HTTP-Host-Override: " + SOUTH,
        b"HTTP_HOST: " + SOUTH,
        b"HTTP-HOST: " + SOUTH,
        b"SERVER_NAME: " + SOUTH,
        b"X-Original-URL: http://" + SOUTH + b"/",
        b"X-Rewrite-URL: /admin/login/",
        b"SCRIPT_NAME: /about",
        b"Script-Name: /about",
        b"PATH_INFO: /",
        b"REMOTE_ADDR: 127.0.0.1",
        b"X-Forwarded-Prefix: //evil.example",
        b"X-Forwarded-Proto: https, gopher",
        b"Connection: close, Host, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host",
        b"Content-Type: text/plain; charset=rot13",
        b"Cookie: sessionid=\x80\xff; __Host-sessionid=" + CANARY,
        b"Accept: " + b"*/*;q=" * 500,
        b"Range: bytes=0-0,1-1,-1",
        b"If-None-Match: " + b'"x",' * 1000,
        b"X-Request-Id: " + CANARY + b"12345678",
        b"User-Agent: " + CANARY + b"\x80\xff",
        b"Referer: http://evil.example/" + CANARY,
        b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings",
        b"Expect: 100-continue",
        b"TE: trailers\r\nTrailer: Host",
    )
    for line in (b"X-Forwarded-Host: " + SOUTH, b"X-Forwarded-Host: x\r\nX-Forwarded-Host: " + SOUTH):
        name = f"an internal host with {line!r}"
        yield Case(name, get(b"Host: internal", line, b"Connection: close"), (), from_proxy=("south",))
    for line in forged:
        yield Case(f"with {line[:60]!r}", get(HOST, line, b"Connection: close", target=b"/about/?q=%41"), ("north",))


def targets() -> Iterator[Case]:
    named = {
        b"http://" + SOUTH + b"/about/": ("south",),
        b"https://" + SOUTH + b"/about/": ("south",),
        b"http://" + SOUTH: ("south",),
        b"http://" + NORTH + b"@" + SOUTH + b"/": ("south",),
        b"HTTP://" + SOUTH.upper() + b":80/about/": ("south",),
        b"http://evil.example/about/": (),
        b"http://" + NORTH + b"/about/": ("north",),
        b"http://:80/about/": ("north",),
        b"gopher://" + SOUTH + b"/about/": ("south",),
    }
    for target, sites in named.items():
        yield Case(f"a host in {target!r}", get(HOST, b"Connection: close", target=target), sites)
    same_site = (
        b"//" + SOUTH + b"/about/",
        b"/\\" + SOUTH,
        b"about/",
        b"*",
        b"?a",
        b"@" + SOUTH,
        SOUTH + b":80",
        b"/about/?x=http://" + SOUTH,
        b"/about/#http://" + SOUTH,
        b"/about/%00",
        b"/%ff%fe/",
        b"/about/%0d%0aLocation:%20//evil.example",
        b"/..;/admin/",
        b"/about/../admin/",
        b"/" + b"a" * 9000,
        b"/about/\x00",
        b"/about/\xff",
        b"/" + CANARY,
        b"/livez\t",
    )
    for target in same_site:
        yield Case(f"the target {target[:40]!r}", get(HOST, b"Connection: close", target=target), ("north",))
    for method in (
        b"get",
        b"Get",
        b"GE\x00T",
        b"G@T",
        CANARY,
        b"A" * 100,
        b"CONNECT",
        b"TRACE",
        b"OPTIONS",
        b"PRI",
        b"PURGE",
    ):
        yield Case(f"the method {method[:20]!r}", get(HOST, b"Connection: close", method=method), ("north",))
    for version in (
        b"HTTP/0.9",
        b"HTTP/1.2",
        b"HTTP/2.0",
        b"HTTP/3",
        b"http/1.1",
        b"HTTP/1.1 ",
        b"HTTP/1.10",
        b"HTTP/11",
        b"",
    ):
        yield Case(f"the version {version!r}", get(HOST, b"Connection: close", version=version), ("north",))
    yield Case("HTTP/0.9", b"GET /about/\r\n")
    yield Case("an HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
    yield Case("a TLS client", bytes.fromhex("16030100c8010000c40303") + bytes(200))
    yield Case("a PROXY line", b"PROXY TCP4 9.9.9.9 9.9.9.9 1 2\r\n" + get(HOST, b"Connection: close"))
    yield Case("empty lines before", b"\r\n\r\n\r\n" + get(HOST, b"Connection: close"), ("north",), most=2)
    yield Case("line feeds only", get(HOST, b"Connection: close").replace(b"\r\n", b"\n"), ("north",))
    yield Case("a header without a colon", get(HOST, b"Authorization " + CANARY), ("north",))
    yield Case("a header without a name", get(HOST, b": x"), ("north",))
    yield Case("500 headers", get(HOST, *(b"X-%d: x" % number for number in range(500))), ("north",))
    yield Case("a header of 5 MB", get(HOST, b"X: " + b"a" * 5 * 2**20), ("north",))
    yield Case("5 MB without an end", b"GET /about/ HTTP/1.1\r\nX: " + b"a" * 5 * 2**20)


def lengths() -> Iterator[Case]:
    """A body that ends, for one reader, where for another one a second request begins."""
    framings = [
        (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
        (b"Content-Length: 3", b"Transfer-Encoding: chunked"),
        (b"Content-Length: 5", b"Content-Length: 200"),
        (b"Content-Length: 200", b"Content-Length: 5"),
        (b"Content-Length: 5, 200",),
        (b"Content-Length: +5",),
        (b"Content-Length: -5",),
        (b"Content-Length: 0x5",),
        (b"Content-Length: 5\x0b",),
        (b"Content-Length: 5 5",),
        (b"Content-Length: \xb2",),
        (b"Content-Length:",),
        (b"Content-Length : 5",),
        (b"Content-Length: 5\x00",),
        (b"Content_Length: 5",),
        (b"Content-Length: 99999999999999999999",),
        (b"Transfer-Encoding: chunked, identity",),
        (b"Transfer-Encoding: identity",),
        (b"Transfer-Encoding: xchunked",),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",),
        (b"Transfer-Encoding: chunked, chunked",),
        (b"Transfer-Encoding : chunked",),
        (b"Transfer-Encoding:\r\n chunked",),
        (b"Transfer-Encoding: \x0bchunked",),
        (b"Transfer-Encoding: \x00chunked",),
        (b"Transfer-Encoding: chunked\x00",),
        (b"Transfer-Encoding: 'chunked'",),
        (b'Transfer-Encoding: "chunked"',),
        (b"Transfer-Encoding; chunked",),
        (b"Transfer_Encoding: chunked",),
        (b"Transfer-Encoding: gzip, chunked, x",),
        (b"X: y\nTransfer-Encoding: chunked",),
        (b"X: y\rTransfer-Encoding: chunked",),
        (b"\x00Transfer-Encoding: chunked",),
        (b" Transfer-Encoding: chunked",),
        (b"Connection: Content-Length", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    ]
    for lines in framings:
        for version in (b"HTTP/1.1", b"HTTP/1.0"):
            head = get(HOST, *lines, method=b"POST", version=version)
            yield Case(f"{lines!r} in {version!r}", head + END + SMUGGLED, ("north",), most=2)
    chunked = (
        b"5;x=\r\n" + END,
        b"5 ;\nx\r\nhello\r\n" + END,
        b"5\nhello\r\n" + END,
        b"5\r\nhello" + END,
        b"5\r\nhelloXX" + END,
        b"+5\r\nhello\r\n" + END,
        b"0x5\r\nhello\r\n" + END,
        b"-1\r\n" + END,
        b" 5\r\nhello\r\n" + END,
        b"5_\r\nhello\r\n" + END,
        b"ffffffffffffffff1\r\nhello\r\n" + END,
        b"ZZ\r\n" + END,
        b"\r\n" + END,
        b"0\r\nHost: " + SOUTH + b"\r\n\r\n",
        b"0\r\nX: a\nb\r\n\r\n",
        b"0\nX: a\r\n\r\n",
        b"0\r\n\n",
        b'5;x="a\r\n"\r\nhello\r\n' + END,
        b"5;" + b"x" * 20_000 + b"\r\nhello\r\n" + END,
    )
    for body in chunked:
        # What is after a body that no rule allows belongs to nobody; after one that a rule allows it is a request.
        for path in (b"/about/", b"/admin/login/"):
            kind = b"Content-Type: application/x-www-form-urlencoded"
            head = get(HOST, b"Transfer-Encoding: chunked", kind, method=b"POST", target=path)
            yield Case(f"the chunks {body[:30]!r} to {path!r}", head + body, ("north",))
    yield Case("half a body", post(b"Content-Length: 10000", body=b"a=b"), ("north",))
    yield Case("half a chunk", post(b"Transfer-Encoding: chunked", body=b"10\r\nabc"), ("north",))


def pipelines() -> Iterator[Case]:
    north, south, last = get(HOST), get(b"Host: " + SOUTH), get(HOST, b"Connection: close")
    yield Case("three sites in a row", north + south + last, ("north", "south", "north"), most=3)
    yield Case("a body between", post(b"Content-Length: 5", body=b"a=b&c") + south, ("north", "south"), most=2)
    yield Case(
        "chunks between",
        post(b"Transfer-Encoding: chunked", body=b"3;x=y\r\na=b\r\n" + END) + south,
        ("north", "south"),
        most=2,
    )
    yield Case("after what is refused", get(HOST, b"Host: " + SOUTH) + south, ())
    yield Case("after an unknown host", get(b"Host: evil.example") + south, ("none", "south"), most=2)


def everything() -> list[Case]:
    return [*hosts(), *forwarding(), *targets(), *lengths(), *pipelines()]


PIECES = (
    *(
        SOUTH,
        NORTH,
        b"Host: ",
        b"Host:",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b"\x00",
        b":",
        b",",
        b";",
        b"\x0b",
        b"\xff",
    ),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: ",
        b"Content-Length: 0\r\n",
        b"Content-Length: ",
        b"0",
        b"5",
    ),
    *(b"X-Forwarded-Host: " + SOUTH + b"\r\n", b"X_Forwarded_Host: " + SOUTH + b"\r\n", b"Connection: close\r\n"),
    *(
        b"http://",
        b"/",
        b"//",
        b"?",
        b"#",
        b"@",
        b"%00",
        b"%0d%0a",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"\xe2\x80\xae",
        b"_",
        b"-",
    ),
)


NAMES_SOUTH = re.compile(rb"(?:^|[\r\n])host\s*:\s*south|://(?:[^/]*@)?south", re.IGNORECASE)


def mutated(seed: int, count: int) -> Iterator[Case]:
    """Requests for north with a few pieces put in, taken out or repeated; the same ones for the same seed.

    Where a piece names south as the host, there may be a page of either.
    """
    chance = random.Random(seed)  # noqa: S311  # repeatable, not secret
    bases = [case for case in everything() if case.sites == ("north",) and len(case.data) < 2000]
    for number in range(count):
        data = chance.choice(bases).data
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data) + 1)
            match chance.randrange(3):
                case 0:
                    data = data[:place] + chance.choice(PIECES) + data[place:]
                case 1:
                    data = data[:place] + data[place + chance.randint(1, 6) :]
                case _:
                    data = data[:place] + data[max(0, place - chance.randint(1, 40)) :]
        yield Case(
            f"mutation {number} of seed {seed}", data, ("south",) if NAMES_SOUTH.search(data) else ("north",), most=9
        )
