"""What a file is, by its content: whatever it is called and however it is built."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from flask import Flask
from PIL import Image

from files.errors import (
    ApplePicture,
    BrokenFile,
    EmptyFile,
    FileRefused,
    FileTooLarge,
    HasMacros,
    HasProgram,
    OldWord,
    TwoInOne,
    UnpacksTooLarge,
    WrongKind,
)
from files.kinds import PICTURES, FileKind
from files.look import look
from files.names import MOST_BYTES, as_label
from tests.files.samples import TYPES, docx, pdf, picture


def a_zip(**parts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def lying_png(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of width × height."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack("!I", len(content)) + name + content + struct.pack("!I", zlib.crc32(name + content))
        )

    head = struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def with_a_lie_about_its_size() -> bytes:
    """A Word file whose part unpacks to 50 MB and says it has a hundred bytes."""
    made = bytearray(docx({"word/big.xml": b"\0" * 50_000_000}))
    at = made.rfind(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", 100)
    return bytes(made)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf(), FileKind.PDF),
        (pdf() + b"\n\n\0\0", FileKind.PDF),
        (docx(), FileKind.DOCX),
        (picture("PNG"), FileKind.PNG),
        (picture("PNG", mode="P"), FileKind.PNG),
        (picture("PNG", mode="RGBA"), FileKind.PNG),
        (picture("PNG", mode="I;16"), FileKind.PNG),
        (picture("JPEG", mode="CMYK"), FileKind.JPEG),
        (picture("WEBP", mode="RGBA"), FileKind.WEBP),
    ],
)
def test_what_it_is_is_found_in_it(app: Flask, content: bytes, kind: FileKind) -> None:
    assert look(content).kind is kind


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", EmptyFile),
        (b"MZ\x90\0" + b"\0" * 200, WrongKind),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", WrongKind),
        (b"<html><script>alert(1)</script>", WrongKind),
        (b"GIF89a" + b"\0" * 60, WrongKind),
        (a_zip(**{"evil.exe": "MZ"}), WrongKind),
        (a_zip(**{"[Content_Types].xml": TYPES, "xl/workbook.xml": ""}), WrongKind),
        (docx(types=TYPES.replace("document.main", "template.main")), WrongKind),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, OldWord),
        (b"\0\0\0\x18ftypheic\0\0\0\0", ApplePicture),
        (docx({"word/vbaProject.bin": b"\0"}), HasMacros),
        (docx(types=TYPES.replace("officedocument.", "officedocument.").replace(
            "</Types>", '<Default Extension="x" ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>')), HasMacros),
        (docx({"../../../etc/cron.d/x": "boom"}), BrokenFile),
        (docx({"word\\..\\x.xml": "boom"}), BrokenFile),
        (docx({f"word/{n}.xml": "" for n in range(2_001)}), UnpacksTooLarge),
        (docx({"word/big.xml": b"\0" * 101_000_000}), UnpacksTooLarge),
        (with_a_lie_about_its_size(), BrokenFile),
        (docx()[:-40], BrokenFile),
        (docx() + b"%PDF-1.7 %%EOF", TwoInOne),
        (b"PK\x03\x04" + b"\0" * 500 + docx(), TwoInOne),
        (pdf()[:400], BrokenFile),
        (b"%PDF-1.7\n" + b"words " * 99, BrokenFile),
        (pdf() + docx(), TwoInOne),
        (pdf() + docx() + pdf()[-60:], TwoInOne),
        (pdf(start="app.alert(1)"), HasProgram),
        (picture("JPEG", (400, 400))[:-300], BrokenFile),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 90, BrokenFile),
        (lying_png(60_000, 60_000), UnpacksTooLarge),
        (lying_png(8_000, 8_000), UnpacksTooLarge),
        (lying_png(100, 100), BrokenFile),
        (pdf() + b"\0" * 10_000_000, FileTooLarge),
    ],
)  # fmt: skip
def test_what_is_none_or_would_hurt_is_refused_in_words(
    app: Flask, content: bytes, refusal: type[FileRefused]
) -> None:
    with app.test_request_context(), pytest.raises(refusal) as said:
        look(content)
    assert said.value.status in (413, 415)
    assert len(said.value.message) > 8
    assert not said.value.message.isascii(), "the reader's language is Chinese"


def test_a_kind_that_is_not_asked_for_is_refused_by_the_names_of_those_that_are(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(WrongKind) as said:
        look(pdf(), kinds=PICTURES)
    assert "PNG、JPEG、WebP" in said.value.message
    assert "Word" not in said.value.message


def test_a_picture_keeps_its_pixels_and_nothing_else(app: Flask) -> None:
    taken = picture("JPEG", (60, 40), place=True)
    assert b"Taiyuan" in taken
    kept = look(taken + b"<script>and more behind it</script>").content
    assert b"Taiyuan" not in kept
    assert b"script" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.size == (40, 60), "upright"
        assert not image.getexif()
    with Image.open(io.BytesIO(look(picture("PNG", (6_000, 30))).content)) as image:
        assert image.size == (4_096, 20)


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("李文博-简历.pdf", "李文博-简历.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\li\\简历.pdf", "简历.pdf"),
        ("简历\u202efdp.exe", "简历fdp.exe"),
        ("a\0b\r\nSet-Cookie: x=1.pdf", "abSet-Cookie_ x=1.pdf"),
        ("  .. ", ""),
        (None, ""),
        ('a"b;c.pdf', "a_b;c.pdf"),
        ("㐀𠮷.pdf", "㐀𠮷.pdf"),
    ],
)
def test_a_name_is_a_label_and_never_a_path(typed: str | None, label: str) -> None:
    assert as_label(typed) == label


def test_a_long_name_is_cut_between_characters_and_keeps_its_ending() -> None:
    label = as_label("山" * 300 + ".docx")
    assert len(label.encode()) <= MOST_BYTES
    assert label.endswith("山.docx")
    assert len(as_label("x" * 300).encode()) == MOST_BYTES
