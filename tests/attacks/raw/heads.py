"""Heads of requests that no client sends: hosts, forwarding headers, request lines."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attacks.raw.case import CANARY, HOST, NORTH, SOUTH, Case, get


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
