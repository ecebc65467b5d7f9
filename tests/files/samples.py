"""Real files made here: a PDF, a Word file, pictures; and what only pretends to be one."""

from __future__ import annotations

import io
import zipfile

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)


def pdf(text: str = "Li Wenbo", *, start: str = "") -> bytes:
    """One page; ``start`` is a script that a reader would run on opening it."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(72, 720, text)
    canvas.showPage()
    canvas.save()
    made = out.getvalue()
    if start:
        made = made.replace(
            b"/Type /Catalog",
            b"/Type /Catalog /OpenAction << /S /JavaScript /JS (" + start.encode() + b") >>",
        )
    return made


def docx(parts: dict[str, bytes | str] | None = None, *, types: str = TYPES) -> bytes:
    """A Word file; ``parts`` are added."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", types)
        package.writestr("word/document.xml", "<w:document/>")
        for name, content in (parts or {}).items():
            package.writestr(name, content)
    return out.getvalue()


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), *, place: bool = False, mode: str = "RGB"
) -> bytes:
    """A picture; with ``place``, taken by a telephone held upright that notes where it was."""
    image = Image.new(mode, size)
    exif = Image.Exif()
    if place:
        exif[0x0112] = 6  # turn it by 90 degrees
        exif[0x010F] = "A telephone in Taiyuan"
        exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    image.save(out, kind, **({"exif": exif} if place else {}))
    return out.getvalue()
