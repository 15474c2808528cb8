"""All requests in bytes, and random changes of them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from tests.attacks.raw.bodies import lengths, pipelines
from tests.attacks.raw.case import NORTH, SOUTH, Case
from tests.attacks.raw.heads import forwarding, hosts, targets


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
    chance = random.Random(seed)
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
