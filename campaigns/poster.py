"""The code on a poster: the public address of a stop, with the place where the poster hangs."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import qrcode
from flask import current_app, url_for
from qrcode.constants import ERROR_CORRECT_M

from campaigns.models import Campaign, Stop

# One module is 16 dots: about 600 dots in all, sharp on A3.
DOTS_PER_MODULE = 16
QUIET_ZONE = 4


def poster_address(stop: Stop, channel: str | None) -> str:
    """The full public address of ``stop``; ``from`` names the poster, the registration form keeps it."""
    return full_address("public.stop", slug=stop.campaign.slug, stop_id=stop.id, **_named(channel))


def campaign_address(campaign: Campaign, channel: str | None) -> str:
    """The full public address of ``campaign``, likewise."""
    return full_address("public.campaign", slug=campaign.slug, **_named(channel))


def full_address(endpoint: str, **values: Any) -> str:
    """A public page's address with the name of the house, as it stands on paper and in what others show of us."""
    return str(current_app.config["SETTINGS"].public_url) + url_for(endpoint, **values)


def _named(channel: str | None) -> dict[str, Any]:
    return {"from": channel} if channel else {}


def poster_code(address: str) -> bytes:
    """``address`` as a QR code, a black and white PNG with its quiet zone (ISO/IEC 18004: four modules)."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=DOTS_PER_MODULE, border=QUIET_ZONE)
    code.add_data(address)
    code.make(fit=True)
    picture = BytesIO()
    code.make_image().save(picture, "PNG")
    return picture.getvalue()
