"""An address as a QR symbol on a page."""

from __future__ import annotations

from flask_babel import gettext as _
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode


def symbol_of(address: str) -> Markup:
    """The address as a QR symbol: an SVG drawn by us, black on white with its quiet zone."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    side = len(rows)
    return Markup(  # noqa: S704 - numbers, and a sentence of ours that is escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {side} {side}" '
        'shape-rendering="crispEdges"><title>{}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{path}"/></svg>'
    ).format(_("QR code to check in by"))
