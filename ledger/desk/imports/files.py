"""What was given as one import: a file, or a zip of the several files of an export, unpacked within bounds."""

import struct
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO

from ledger.desk.imports.problems import ImportProblem, ImportRefused
from ledger.desk.imports.shape import File

MAX_FILES = 10
MAX_BYTES = 200_000_000
"""Of all files together, unpacked."""
MAX_RATIO = 200
"""Unpacked to packed, beyond the first million bytes: text stays well below, zip bombs reach 1,000."""

_WORKBOOK = ("[Content_Types].xml", "mimetype")
"""What a zip holds that is a workbook itself: XLSX, ODS."""
_SAME_DAY = (2000, 1, 1, 0, 0, 0)


def packed(files: Sequence[File]) -> bytes:
    """Several files as one zip: the same bytes for the same files, in whatever order and whenever they are given."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for file in sorted(files, key=lambda each: each.name):
            info = zipfile.ZipInfo(file.name, _SAME_DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.content)
    return out.getvalue()


def unpacked(name: str, content: bytes) -> Sequence[File]:
    """The files in it: itself, unless it is a zip that is no workbook. Raises ImportRefused."""
    if not content.startswith(b"PK\x03\x04"):
        return [File(name, content)]
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            if any(info.filename in _WORKBOOK for info in infos):
                return [File(name, content)]
            if not 0 < len(infos) <= MAX_FILES:
                raise ImportProblem("zip_files", name)
            files: list[File] = []
            left = MAX_BYTES
            for info in infos:
                files.append(_file(archive, info, left, name))
                left -= len(files[-1].content)
            return files
    except ImportProblem as problem:
        raise ImportRefused([problem]) from None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, OverflowError, struct.error) as error:
        raise ImportRefused([ImportProblem("not_a_zip", name)]) from error


def _file(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, name: str) -> File:
    shown = "".join(each if each.isprintable() else "?" for each in info.filename)[:100]
    if info.is_dir() or "/" in info.filename or "\\" in info.filename:
        raise ImportProblem("zip_files", shown or name)
    if info.flag_bits & 1:
        raise ImportProblem("zip_encrypted", shown)
    content = bytearray()
    limit = min(limit, max(1_000_000, info.compress_size * MAX_RATIO))
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(1 << 20):
                content += chunk
                if len(content) > limit:
                    raise ImportProblem("zip_too_large", shown)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise ImportProblem("zip_damaged", shown) from error
    return File(shown, bytes(content))
