"""Workbooks for the tests: made by openpyxl, and changed in their XML."""

import io
import re
import zipfile
from collections.abc import Iterable, Mapping

import openpyxl

Rows = Iterable[Iterable[object]]


def workbook(tables: Mapping[str, Rows]) -> bytes:
    """Make a workbook with a worksheet for each table."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def spoiled(book: bytes, member: str, old: str, new: str) -> bytes:
    """Replace a piece of XML in a workbook."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            text = before.read(info).decode()
            if info.filename == member:
                # With lxml, openpyxl writes empty elements in another form than without.
                text, old = (re.sub(r"<(\w+)([^<>]*?)\s*(?:/>|></\1>)", r"<\1\2 />", one) for one in (text, old))
                assert old in text
                text = text.replace(old, new)
            after.writestr(info.filename, text)
    return stream.getvalue()


def parts(book: bytes) -> dict[str, bytes]:
    """Give the parts of a workbook, in their order."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_parts(book: bytes, more: Mapping[str, bytes]) -> bytes:
    """Add parts to a workbook, or replace them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts(book), **more}.items():
            archive.writestr(name, content)
    return stream.getvalue()
