"""What attackers write into the headers of a request, as a WSGI server passes it on: text in Latin-1."""

from __future__ import annotations

from hypothesis import strategies as st

#: Which site a host belongs to; the site of a listed host is the fallback, north.
OWNERS = {
    "north.test": "north",
    "www.north.test": "north",
    "plain.north.test": "north",
    "xn--bcher-kva.test": "north",
    "south.test": "south",
    "a.wild.test": "south",
    "a.b.wild.test": "south",
    "a.deep.wild.test": "north",
    "closed.test": "closed",
    "admin.test": "listed",
}
UNKNOWN = (
    "evil.example",
    "wild.test",
    "xwild.test",
    "north.test.evil.example",
    "xnorth.test",
    "northXtest",
    "127.0.0.1",
    "[::1]",
    "north",
)
NAMES = (*OWNERS, *UNKNOWN)
TRUSTED, UNTRUSTED = ("127.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.1"), ("203.0.113.9", "2001:db8::1", "", "junk")
PORTS = ("", ":80", ":443", ":8000", ":1", ":65535")
BAD_PORTS = (":", ":0", ":65536", ":99999999", ":x", ":-1", ":80:80", ":8\t0", ":\u0661")


def as_received(text: str) -> str:
    """A text in UTF-8, as WSGI has the bytes of a header."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


@st.composite
def spellings(draw: st.DrawFn, name: str) -> str:
    """A name as others may write it; all of these are the same host."""
    name = name.replace("xn--bcher-kva", draw(st.sampled_from(("xn--bcher-kva", "bücher"))))
    written = "".join(draw(st.sampled_from((letter, letter.upper()))) for letter in name)
    if not name.startswith("["):
        written = written.replace(".", draw(st.sampled_from((".", "\uff0e", "\u3002"))), 1)
        written += draw(st.sampled_from(("", ".")))
    return as_received(written + draw(st.sampled_from(PORTS)))


@st.composite
def broken(draw: st.DrawFn, name: str) -> str:
    """What is not a host, though it contains one."""
    return as_received(
        draw(
            st.sampled_from(
                (
                    *(name + port for port in BAD_PORTS),
                    *(
                        f"{name}{end}"
                        for end in ("..", "/", "/x", "?x", "#x", "@evil.example", ";x", "\x00", "_", "%2e")
                    ),
                    *(f"{start}{name}" for start in (".", "-", "user@", "http://", "//", "_", "\x7f", "\\")),
                    *(f"{name}{between}south.test" for between in (",", ", ", " ", ";", "\t", "\n", "\r\n", "|")),
                    "[::1%eth0]",
                    "[fe80::1%25en0]",
                    f"[{name}]",
                    "[::1",
                    "::1",
                    f"{'a' * 64}.{name}",
                    f"{'a.' * 130}{name}",
                    f"\u202e{name}",
                )
            )
        )
    )


known = st.sampled_from(tuple(OWNERS)).flatmap(spellings)
names = st.sampled_from(NAMES).flatmap(spellings)
junk = st.text(st.characters(max_codepoint=255), max_size=40)
hosts = st.one_of(names, names, st.sampled_from(NAMES).flatmap(broken), junk)
lists = st.lists(hosts, min_size=1, max_size=4).map(", ".join)
protocols = st.sampled_from(
    ("http", "https", "HTTPS", "wss", "ws", "http, https", "https,http", "gopher", "", "https;q")
)
addresses = st.sampled_from(("203.0.113.7", "9.9.9.9, 203.0.113.7", "x", "", "[2001:db8::7]:1", "a\x1b[31m, b\nc"))
paths = st.sampled_from(
    ("/", "/about/", "/about", "/nothing/", "//evil.example/", "/livez", "/tls/ask", "/a\x00b", "about/", "/\xff")
)
queries = st.sampled_from(("", "a=1", "next=//evil.example", "domain=north.test", "%ff=%00", "q=%C3%BC"))


forwarding: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_X_FORWARDED_HOST": st.one_of(hosts, lists),
        "HTTP_X_FORWARDED_PROTO": protocols,
        "HTTP_X_FORWARDED_FOR": addresses,
        "HTTP_X_FORWARDED_PORT": st.sampled_from(("1", "443", "x")),
        "HTTP_X_FORWARDED_SERVER": hosts,
        "HTTP_X_FORWARDED_PREFIX": paths,
        "HTTP_FORWARDED": st.sampled_from(("host=south.test;proto=https;for=9.9.9.9", "x")),
    },
)
others: st.SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_X_REAL_IP": addresses,
        "HTTP_X_ORIGINAL_URL": paths,
        "HTTP_X_REWRITE_URL": paths,
        "HTTP_X_HOST": hosts,
        "HTTP_VIA": hosts,
        "HTTP_COOKIE": st.sampled_from(("sessionid=x", "a=b", "csrftoken=\xff", "sessionid=\xc2\xa0; =;;")),
        "HTTP_AUTHORIZATION": st.just("Basic eDp4"),
        "HTTP_RANGE": st.just("bytes=0-1"),
        "HTTP_X_HTTP_METHOD_OVERRIDE": st.just("DELETE"),
        "CONTENT_TYPE": st.sampled_from(("text/plain; charset=rot13", "x; charset=utf-16", "a; charset=utf-8", "\xff")),
        "SERVER_PORT": st.sampled_from(("80", "443", "8000")),
    },
)


def some(strategy: st.SearchStrategy[dict[str, str]]) -> st.SearchStrategy[dict[str, str]]:
    """Nothing more often than something: with an attack in every header most requests would only be refused."""
    return st.one_of(st.just({}), st.just({}), strategy)


@st.composite
def environs(draw: st.DrawFn) -> dict[str, str]:
    """Everything at a time. `HTTP_HOST` may be missing."""
    host = draw(st.one_of(known, known, known, hosts, st.none()))
    path = draw(st.one_of(st.sampled_from(("/", "/about/")), paths))
    absolute = st.sampled_from((f"http://{host}{path}", f"http://evil.example{path}", f"https://south.test{path}"))
    found = {
        "REMOTE_ADDR": draw(st.sampled_from((*TRUSTED, *UNTRUSTED))),
        "REQUEST_METHOD": draw(st.sampled_from(("GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "POST"))),
        "PATH_INFO": path,
        "QUERY_STRING": draw(st.one_of(st.just(""), queries)),
        "RAW_URI": draw(st.one_of(st.just(path), st.just(path), absolute)),
        **draw(some(forwarding)),
        **draw(some(others)),
    }
    return found if host is None else {**found, "HTTP_HOST": host}
