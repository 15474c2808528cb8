"""Bodies that end, for one reader, where for another one a second request begins."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attacks.raw.case import END, HOST, SMUGGLED, SOUTH, Case, get, post


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
