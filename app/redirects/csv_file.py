"""Redirects as a CSV file: `old,new,permanent`, one a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from app.redirects import addresses, targets
from app.redirects.chains import Lookup, addresses_of, final_target
from app.redirects.models import Redirect
from app.redirects.served import served_among
from app.tenancy.isolation.content_version import lock_site

COLUMNS = ["old", "new", "permanent"]
#: Written beside them, and ignored when a file is read.
MORE_COLUMNS = ["automatic", "hits", "last_hit"]
MOST_BYTES = 5 * 2**20
MOST_LINES = 20_000
MOST_ERRORS = 50
PERMANENT = {"": True, "yes": True, "true": True, "1": True, "301": True}
TEMPORARY = {"no": False, "false": False, "0": False, "302": False}
ROWS_PER_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """How many redirects of a file were new, differed from those of the site, or were the same."""

    added: int
    changed: int
    unchanged: int


@dataclass(slots=True)
class Line:
    number: int
    old: str
    new: str
    is_permanent: bool


def export(redirects: Iterable[Redirect]) -> Iterator[str]:
    """The lines of a file, with the names of the columns first."""
    yield _line([*COLUMNS, *MORE_COLUMNS])
    for row in redirects:
        last_hit = row.last_hit_at.isoformat(timespec="seconds") if row.last_hit_at else ""
        marks = ["yes" if value else "no" for value in (row.is_permanent, row.created_automatically)]
        yield _line([row.old_path, row.new, *marks, str(row.hits), last_hit])


@transaction.atomic
def load(content: bytes) -> Imported:
    """Adds the redirects of a file to the current site, and changes those that it has from the same addresses.

    Raises `ValidationError` with a message for each faulty line; then nothing is written.
    """
    lock_site()
    errors: list[str] = []
    lines = {line.old: line for line in _read(_text(content), errors)}
    known: dict[str, Redirect] = {row.old_path: row for row in Redirect.objects.all()}
    found = {old: row.new for old, row in known.items()} | {old: line.new for old, line in lines.items()}
    ends = _served_of(found)
    for line in lines.values():
        with _noting(errors, line.number):
            line.new = final_target(line.old, line.new, _lookup(found, line.old), ends.__contains__)
    if errors:
        hidden = len(errors) - MOST_ERRORS
        raise ValidationError([*errors[:MOST_ERRORS], *([_("%d more lines are not valid.") % hidden] * (hidden > 0))])
    leading = [row for row in known.values() if _leads_to(row, lines) and row.old_path not in lines]
    for row in leading:
        row.new = final_target(row.old_path, row.new, _lookup(found, row.old_path), ends.__contains__)
    return _write(lines.values(), known, leading)


def _write(lines: Iterable[Line], known: Mapping[str, Redirect], leading: list[Redirect]) -> Imported:
    added: list[Redirect] = []
    changed: list[Redirect] = []
    unchanged = 0
    for line in lines:
        row = known.get(line.old)
        if row is None:
            added.append(Redirect(old_path=line.old, new=line.new, is_permanent=line.is_permanent))
        elif (row.new, row.is_permanent) == (line.new, line.is_permanent):
            unchanged += 1
        else:
            row.new, row.is_permanent, row.created_automatically = line.new, line.is_permanent, False
            changed.append(row)
    Redirect.objects.bulk_create(added, ROWS_PER_STATEMENT)
    written = ["new", "is_permanent", "created_automatically"]
    Redirect.objects.bulk_update([*changed, *leading], written, ROWS_PER_STATEMENT)
    return Imported(len(added), len(changed), unchanged)


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The file is larger than %d MB.") % (MOST_BYTES // 2**20))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError(_("The file is not in UTF-8. Save it as “CSV UTF-8”.")) from None


def _read(text: str, errors: list[str]) -> Iterator[Line]:
    """The lines that are valid by themselves."""
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ",")
    columns, seen, count = COLUMNS, dict[str, int](), 0
    try:
        for values in rows:
            cells = [value.strip() for value in values]
            if not any(cells):
                continue
            count += 1
            if count == 1 and {"old", "new"} <= {cell.lower() for cell in cells}:
                columns = [cell.lower() for cell in cells]
                continue
            if count > MOST_LINES:
                raise ValidationError(_("The file has more than %d lines.") % MOST_LINES)
            with _noting(errors, rows.line_num):
                line = _parsed(rows.line_num, columns, cells)
                earlier = seen.setdefault(line.old, line.number)
                if earlier != line.number:
                    raise ValidationError(_("duplicate of line %(line)d"), params={"line": earlier})
                yield line
    except csv.Error as error:
        raise ValidationError(_("Line %(line)d: %(error)s") % {"line": rows.line_num, "error": error}) from None


def _parsed(number: int, columns: list[str], cells: list[str]) -> Line:
    if len(cells) < 2:
        raise ValidationError(_("two values are needed: the old address, and where it leads (empty: gone)"))
    if len(cells) > len(columns):
        raise ValidationError(_("there are more values than columns"))
    values = dict(zip(columns, cells, strict=False))
    if not values["old"]:
        raise ValidationError(_("the old address is missing"))
    permanent = values.get("permanent", "").lower()
    choices = PERMANENT | TEMPORARY
    if permanent not in choices:
        raise ValidationError(_("“permanent” must be one of yes, no"))
    return Line(number, addresses.normalised(values["old"]), targets.normalised(values["new"]), choices[permanent])


def _served_of(found: Mapping[str, str]) -> set[str]:
    """The addresses inside chains at which visitors find something. All at once: a chain may have 20,000 links."""
    targets = [addresses_of(new) for new in found.values() if new.startswith("/")]
    return served_among({addresses.path_of(exact) for exact, stem in targets if exact in found or stem in found})


def _lookup(found: Mapping[str, str], apart_from: str) -> Lookup:
    def redirect_at(exact: str, stem: str) -> tuple[str, str] | None:
        return next(((key, found[key]) for key in (exact, stem) if key in found and key != apart_from), None)

    return redirect_at


def _leads_to(row: Redirect, lines: Mapping[str, Line]) -> bool:
    return row.new.startswith("/") and any(address in lines for address in addresses_of(row.new))


@contextmanager
def _noting(errors: list[str], number: int) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        errors.append(_("Line %(line)d: %(error)s") % {"line": number, "error": " ".join(error.messages)})


def _line(values: list[str]) -> str:
    # No cell is a formula to a spreadsheet: addresses begin with a slash or with http.
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue()
