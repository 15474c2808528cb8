"""Runs in a pod: signs in at a site, uploads a text file, and prints what the site said, as JSON."""

import json
import re
import sys
import time
from html import unescape

import requests

service, host, name = sys.argv[1:]
ADD = "/admin/media/mediafile/add/"
session = requests.Session()
session.headers.update({"Host": host, "Referer": f"http://{host}/"})


def token(path: str) -> str:
    text = session.get(f"http://{service}{path}", timeout=60).text
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    assert found is not None, text[:500]
    return found[1]


form = {"csrfmiddlewaretoken": token("/admin/login/"), "username": "nora", "password": "nora"}
session.post(f"http://{service}/admin/login/", form, allow_redirects=False, timeout=60)
fields = {"csrfmiddlewaretoken": token(ADD)}
began = time.monotonic()
done = session.post(
    f"http://{service}{ADD}", fields, files={"uploads": (name, name.encode() * 100)}, allow_redirects=False, timeout=120
)
seconds = round(time.monotonic() - began, 2)
errors = [unescape(text) for text in re.findall(rf"{re.escape(name)}: [^<]+", done.text)]
listed = session.get(f"http://{service}/admin/media/mediafile/", timeout=120).text
newest = re.search(r"/admin/media/mediafile/\d+/change/", listed)
shown = session.get(f"http://{service}{newest[0]}", timeout=120).text if newest else ""
address = re.search(rf'/media/[^"]*{re.escape(name)}', shown)
print(
    json.dumps(
        {"status": done.status_code, "seconds": seconds, "errors": errors, "address": address[0] if address else ""}
    )
)
