"""Attacks on the host of a request, and on what proxies and caches make of it. One file per kind:

test_spellings.py            one host in many spellings; names that are no hosts; look-alikes
test_wildcards.py            label boundaries, the most specific name
test_two_doors.py            the WSGI layer and Django decide alike, whatever is sent
test_forwarding_headers.py   X-Forwarded-*, Forwarded, hops and lists, from trusted and untrusted peers
test_request_targets.py      a host in the request line, a charset that changes the meaning of a query
test_stored_pages.py         page-cache keys, and responses of which headers are kept
test_redirects.py            `next`, aliases, http and https: no other host, no loop
test_floods.py               thousands of unknown hosts
raw/                         bytes that no client sends, to gunicorn alone and behind nginx, HAProxy and Caddy
"""
