"""What a file is, by what is in it. Pure functions over bytes; the name is never asked.

``look`` refuses what is not of an allowed kind, what only pretends, and what would hurt whoever opens it. Pictures
come back drawn anew: without places, cameras and comments, upright, and never two things at once.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

from files.errors import (
    ApplePicture,
    BrokenFile,
    EmptyFile,
    FileTooLarge,
    HasMacros,
    HasProgram,
    OldWord,
    TwoInOne,
    UnpacksTooLarge,
    WrongKind,
)
from files.kinds import ALL_KINDS, FileKind

LARGEST = 10_000_000
MOST_PARTS = 2_000
MOST_UNPACKED = 100_000_000
MOST_CONTENT_TYPES = 1_000_000
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 4096
"""Pixels; a larger picture is made smaller, no screen or badge shows more."""

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"
_ZIP_END = b"PK\x05\x06"
_WORD_MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_HEIC = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}


@dataclass(frozen=True)
class Seen:
    """What a file is and the bytes to keep."""

    kind: FileKind
    content: bytes


def look(content: bytes, *, kinds: frozenset[FileKind] = ALL_KINDS, largest: int = LARGEST) -> Seen:
    """Find what ``content`` is. Raises a FileRefused that says what is wrong and what to do."""
    if not content:
        raise EmptyFile
    if len(content) > largest:
        raise FileTooLarge(largest)
    kind = _kind_by_its_beginning(content)
    if kind is None or kind not in kinds:
        if content.startswith(_OLE) and FileKind.DOCX in kinds:
            raise OldWord
        if content[4:8] == b"ftyp" and content[8:12] in _HEIC and FileKind.JPEG in kinds:
            raise ApplePicture
        raise WrongKind(kinds)
    if kind is FileKind.PDF:
        _look_into_pdf(content)
    elif kind is FileKind.DOCX:
        _look_into_docx(content, kinds)
    else:
        content = _drawn_anew(content, kind, largest)
    return Seen(kind, content)


def _kind_by_its_beginning(content: bytes) -> FileKind | None:
    if re.match(rb"%PDF-[12]\.\d", content):
        return FileKind.PDF
    if content.startswith(_ZIP):
        return FileKind.DOCX  # what kind of zip, _look_into_docx says
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return FileKind.JPEG
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return FileKind.WEBP
    return None


def _look_into_pdf(content: bytes) -> None:
    """Header, a root, where the table of contents is, and an end; no zip behind it, nothing that starts by itself."""
    end = content.rfind(b"%%EOF")
    if end < 0 or len(content) - end > 2048 or b"/Root" not in content:
        raise BrokenFile
    starts = re.findall(rb"startxref\s+(\d{1,10})\s", content[max(0, end - 64) : end + 1])
    if not starts or int(starts[-1]) >= len(content):
        raise BrokenFile
    # A zip is read from its end, a PDF from its beginning: one file can be both.
    if _ZIP_END in content[-65_557:]:
        raise TwoInOne
    if re.search(rb"/(JavaScript|Launch)\b", content):
        raise HasProgram


def _look_into_docx(content: bytes, kinds: frozenset[FileKind]) -> None:
    """A zip with [Content_Types].xml and word/document.xml, whole, of bounded size, without macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            names = [part.filename for part in parts]
            if "word/document.xml" not in names or "[Content_Types].xml" not in names:
                raise WrongKind(kinds)
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise UnpacksTooLarge
            if len(set(names)) < len(names) or any(_leads_elsewhere(name) for name in names):
                raise BrokenFile
            if any(part.flag_bits & 0x1 for part in parts):
                raise OldWord  # parts with a password
            if package.comment or min(part.header_offset for part in parts) or content[-22:-18] != _ZIP_END:
                raise TwoInOne
            for part in parts:
                _unpack(package, part)
            if package.getinfo("[Content_Types].xml").file_size > MOST_CONTENT_TYPES:
                raise UnpacksTooLarge
            types = package.read("[Content_Types].xml")
            if b"macroenabled" in types.lower() or any("vbaproject" in name.lower() for name in names):
                raise HasMacros
            if _WORD_MAIN not in types:
                raise WrongKind(kinds)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise BrokenFile from error


def _leads_elsewhere(name: str) -> bool:
    return name.startswith("/") or "\\" in name or "\0" in name or ":" in name or ".." in name.split("/")


def _unpack(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Read one part to its end and throw it away. What lies about its size fails its checksum here."""
    with package.open(part) as stream:
        while stream.read(1 << 20):
            pass


def _drawn_anew(content: bytes, kind: FileKind, largest: int) -> bytes:
    """The picture without anything but its pixels."""
    try:
        with Image.open(io.BytesIO(content), formats=[kind.value.upper()]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise UnpacksTooLarge
            picture.load()
            drawn = ImageOps.exif_transpose(picture)
        drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        return _saved(drawn, kind, largest)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnpacksTooLarge from None
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        OverflowError,
        TypeError,
        IndexError,
        zlib.error,
    ) as error:
        raise BrokenFile from error


def _saved(drawn: Image.Image, kind: FileKind, largest: int) -> bytes:
    if kind is FileKind.JPEG:
        drawn = drawn.convert("RGB") if drawn.mode not in ("RGB", "L") else drawn
    elif drawn.mode not in ("RGB", "RGBA", "L", "LA", "P", "1") or kind is FileKind.WEBP:
        drawn = drawn.convert("RGBA" if "A" in drawn.getbands() or "transparency" in drawn.info else "RGB")
    # A copy of the pixels alone: what the file said beside them would be written again.
    bare = Image.new(drawn.mode, drawn.size)
    if drawn.mode == "P" and (palette := drawn.getpalette()) is not None:
        bare.putpalette(palette)
    bare.paste(drawn)
    if drawn.mode == "P" and isinstance(drawn.info.get("transparency"), int | bytes):
        bare.info["transparency"] = drawn.info["transparency"]
    out = io.BytesIO()
    if kind is FileKind.PNG:
        bare.save(out, "PNG")
    else:
        bare.save(out, "JPEG" if kind is FileKind.JPEG else "WEBP", quality=90)
    if out.tell() > largest:
        raise FileTooLarge(largest)
    return out.getvalue()
