"""A PDF whose pages leave as soon as they are finished, so that memory does not grow with their content.

reportlab keeps every page until the end and then writes the whole file in one piece. Here a page is written
when it is closed; what pages share (fonts, backgrounds) is written at the end, as is the table of where
everything stands. What stays in memory for each page is two entries of that table.
"""

from typing import Any, BinaryIO

from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas


class PagedCanvas(Canvas):
    """A reportlab canvas on ``out``. The same calls give the same bytes: it holds no time and no chance."""

    _code: list[str]

    def __init__(self, out: BinaryIO, *, size: tuple[float, float], first_font: str, title: str) -> None:
        super().__init__(
            out,
            pagesize=size,
            pageCompression=1,
            invariant=1,
            initialFontName=first_font,  # type: ignore[arg-type]  # the stubs say float
            lang="zh-CN",
        )
        self._doc: Any = _PagedDocument(out)
        self.setTitle(title)
        self.setCreator("Good Scenery")
        self.setAuthor("Good Scenery")

    def operators(self, text: str) -> None:
        """Add operators of PDF's own language, in ASCII, to the page or form being drawn."""
        self._code.append(text)


class _PagedDocument(pdfdoc.PDFDocument):
    Catalog: Any
    Pages: Any
    _pdfVersion: tuple[int, int]  # noqa: N815

    def __init__(self, out: BinaryIO) -> None:
        # 1.5 knows ActualText.
        super().__init__(compression=1, invariant=1, pdfVersion=(1, 5), lang="zh-CN")
        self._file = _File(out, self._pdfVersion)
        self._refer_to: Any = self.Reference
        self._objects: dict[str, Any] = self.idToObject

    def addPage(self, page: Any) -> None:  # noqa: N802
        name = self.thisPageName()
        self._refer_to(page, name)
        self.Pages.addPage(pdfdoc.PDFObjectReference(name))
        # reportlab would write the compressed page as text, a quarter longer and slow to make.
        page.Contents = pdfdoc.PDFStream(content=page.stream, filters=[pdfdoc.PDFZCompress])
        self.pageCounter += 1
        self.inObject = None
        self._write(name)
        self._write(page.Contents.__InternalName__)

    def format(self) -> bytes:
        """Write what is left. reportlab writes the answer to the same file, hence it is empty."""
        catalog, info = self._refer_to(self.Catalog), self._refer_to(self.info)
        # Writing an object may announce further ones.
        number = 0
        while (number := number + 1) in self.numberToId:
            if (name := self.numberToId[number]) not in self.idToOffset:
                self._write(name)
        table = pdfdoc.PDFCrossReferenceTable()
        table.addsection(0, [self.numberToId[number] for number in range(1, len(self.numberToId) + 1)])
        trailer = pdfdoc.PDFTrailer(
            startxref=self._file.add(table.format(self)),
            Size=len(self.numberToId) + 1,
            Root=catalog,
            Info=info,
            ID=self.ID(),
        )
        self._file.add(trailer.format(self))
        return b""

    def _write(self, name: str) -> None:
        written = pdfdoc.PDFIndirectObject(name, self._objects[name]).format(self)
        self.idToOffset[name] = self._file.add(written)
        self._objects[name] = None


class _File(pdfdoc.PDFFile):
    """Counts what it passes on to ``out``."""

    def __init__(self, out: BinaryIO, version: tuple[int, int]) -> None:
        super().__init__(version)
        self.write: Any = out.write
        for opening in self.strings:
            out.write(opening)
        self.strings = []
