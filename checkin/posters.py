"""Posters that guests scan to check in: put up, changed, taken down; and the code that changes every minute."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.record import record
from campaigns.models import Stop
from checkin.devices import joins_until
from checkin.errors import CheckpointEnded, PosterHangs, PosterIsDown, StopIsOver
from checkin.models import (
    CheckIn,
    Checkpoint,
    CheckpointPoster,
    Device,
    DeviceCheckpoint,
    DeviceRole,
    Scan,
)
from shared.clock import now
from shared.codes import ALPHABET, LENGTH, as_typed, new_code
from shared.db import db, hold, violated
from shared.errors import NotFound
from shared.reseal import sealed_column
from shared.sealing import seal, unseal

SECONDS = 60
STILL_GOOD = 2
"""Minutes after its own that a screen's code is taken: time to raise the phone and wait for a slow network."""

sealed_column("checkpoint_posters", "sealed_secret", use="checkpoint_posters.sealed_secret")


@dataclass(frozen=True, kw_only=True)
class PosterPlan:
    """What an organiser says of a poster. Times in UTC; ``place_word`` empty: none is asked."""

    opens_at: datetime
    closes_at: datetime
    is_screen: bool
    place_word: str


@dataclass(frozen=True, slots=True)
class CameBy:
    """How many entries that stand were made by a checkpoint's posters, and how many scans they refused."""

    let_in: int
    refused: int


def put_up_poster(checkpoint_id: int, plan: PosterPlan, *, by: Staff) -> CheckpointPoster:
    """Let guests check in by themselves at a checkpoint. Raises NotFound, CheckpointEnded, StopIsOver or PosterHangs.

    The caller holds the transaction.
    """
    checkpoint = hold(Checkpoint, checkpoint_id)
    if checkpoint is None:
        raise NotFound
    if checkpoint.ended_at is not None:
        raise CheckpointEnded
    moment = now()
    if checkpoint.stop.cancelled_at is not None or joins_until(checkpoint.stop) <= moment:
        raise StopIsOver
    device = Device(
        stop_id=checkpoint.stop_id,
        name=_("Poster: %(name)s", name=checkpoint.name),
        role=DeviceRole.POSTER,
        token_hash=secrets.token_bytes(32),  # of no token: nobody speaks for it
        vouched_by_id=by.id,
        joined_at=moment,
        expires_at=joins_until(checkpoint.stop),
        places=[DeviceCheckpoint(checkpoint_id=checkpoint.id)],
    )
    poster = CheckpointPoster(checkpoint=checkpoint, device=device, code=new_code())
    _take_over(poster, plan)
    try:
        with db.session.begin_nested():
            db.session.add_all([device, poster])
    except IntegrityError as error:
        if violated(error) == "uq_checkpoint_posters_hanging":
            raise PosterHangs from None
        raise
    poster.sealed_secret = seal(secrets.token_bytes(32), context=_context(poster))
    record("put_up_poster", poster, by=by, stop_id=checkpoint.stop_id, is_screen=plan.is_screen)
    return poster


def change_poster(poster_id: int, plan: PosterPlan, *, by: Staff) -> CheckpointPoster:
    """Another window, another word; what is printed stays good. Raises NotFound or PosterIsDown.

    The caller holds the transaction.
    """
    poster = _held(poster_id)
    _take_over(poster, plan)
    record("change_poster", poster, by=by, is_screen=plan.is_screen)
    return poster


def take_down_poster(poster_id: int, *, by: Staff) -> CheckpointPoster:
    """Nobody checks in by it any more, at once; who came by it has come. Raises NotFound or PosterIsDown.

    The caller holds the transaction.
    """
    poster = _held(poster_id)
    poster.taken_down_at = now()
    if poster.device.revoked_at is None:
        poster.device.revoked_at = poster.taken_down_at
    record("take_down_poster", poster, by=by)
    return poster


def poster_at(checkpoint: Checkpoint) -> CheckpointPoster | None:
    """The poster that hangs at a checkpoint, or None."""
    return db.session.scalar(
        select(CheckpointPoster).where(
            CheckpointPoster.checkpoint_id == checkpoint.id, CheckpointPoster.taken_down_at.is_(None)
        )
    )


def posters_at(stop: Stop) -> set[int]:
    """The checkpoints of ``stop`` at which a poster hangs, in one query."""
    return set(
        db.session.scalars(
            select(CheckpointPoster.checkpoint_id)
            .join(Checkpoint, Checkpoint.id == CheckpointPoster.checkpoint_id)
            .where(Checkpoint.stop_id == stop.id, CheckpointPoster.taken_down_at.is_(None))
        )
    )


def hanging_poster(code: str) -> CheckpointPoster:
    """The poster whose address ends in ``code``, if it still hangs. Raises PosterIsDown."""
    typed = as_typed(code)
    if len(typed) != LENGTH:
        raise PosterIsDown
    poster = db.session.scalar(select(CheckpointPoster).where(CheckpointPoster.code == typed))
    if poster is None or poster.taken_down_at is not None or not poster.device.is_good_at(now()):
        raise PosterIsDown
    return poster


def came_by_poster(checkpoint: Checkpoint) -> CameBy:
    """How many came by the posters of a checkpoint, also those that were taken down."""
    posters = select(CheckpointPoster.device_id).where(CheckpointPoster.checkpoint_id == checkpoint.id)
    let_in = (
        select(func.count())
        .select_from(CheckIn)
        .join(Scan, Scan.id == CheckIn.scan_id)
        .where(
            CheckIn.checkpoint_id == checkpoint.id,
            CheckIn.voided_at.is_(None),
            Scan.device_id.in_(posters),
        )
    )
    refused = select(func.count()).where(
        Scan.checkpoint_id == checkpoint.id, Scan.device_id.in_(posters), ~Scan.let_in
    )
    return CameBy(*db.session.execute(select(let_in.scalar_subquery(), refused.scalar_subquery())).one())


def address_of(poster: CheckpointPoster, *, at: datetime | None = None) -> str:
    """The address that a poster's QR code holds; of a screen the one of the minute ``at``."""
    address = f"{current_app.config['SETTINGS'].public_url.rstrip('/')}/here/{poster.code}"
    return f"{address}?m={minute_code(poster, at or now())}" if poster.is_screen else address


def minute_code(poster: CheckpointPoster, at: datetime) -> str:
    """Eight characters that stand on a screen during the minute of ``at``. Nothing is stored of them."""
    return _code_of(poster, int(at.timestamp()) // SECONDS)


def screen_address(poster: CheckpointPoster) -> str:
    """The address of the page for the hall's screen. Whoever has it can show it, signed in or not: a computer in a hall
    holds no organiser's session. It ends with the poster.
    """
    public_url = current_app.config["SETTINGS"].public_url.rstrip("/")
    return f"{public_url}/here/{poster.code}/screen/{_screen_key(poster)}"


def is_screen_key(poster: CheckpointPoster, key: str) -> bool:
    """Whether ``key`` is the one of the screen's address."""
    return hmac.compare_digest(key.encode(), _screen_key(poster).encode())


def is_of_now(poster: CheckpointPoster, typed: str, at: datetime) -> bool:
    """Whether a screen's code is that of this minute or of the last two."""
    minute = int(at.timestamp()) // SECONDS
    code = as_typed(typed)
    good = [
        hmac.compare_digest(code.encode(), _code_of(poster, minute - ago).encode())
        for ago in range(STILL_GOOD + 1)
    ]
    return any(good)


def is_the_word(poster: CheckpointPoster, typed: str) -> bool:
    """Whether the place's word was typed, in whatever width, case and spacing; any, where none is asked."""
    return not poster.place_word or hmac.compare_digest(
        as_typed(typed).encode(), as_typed(poster.place_word).encode()
    )


def _code_of(poster: CheckpointPoster, minute: int) -> str:
    number = int.from_bytes(_digest(poster, minute.to_bytes(8, "big"))[:8], "big")
    letters = []
    for _place in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _screen_key(poster: CheckpointPoster) -> str:
    return _digest(poster, b"screen")[:16].hex()


def _digest(poster: CheckpointPoster, message: bytes) -> bytes:
    if poster.sealed_secret is None:
        raise PosterIsDown
    return hmac.digest(unseal(poster.sealed_secret, context=_context(poster)), message, sha256)


def _held(poster_id: int) -> CheckpointPoster:
    poster = hold(CheckpointPoster, poster_id)
    if poster is None:
        raise NotFound
    if poster.taken_down_at is not None:
        raise PosterIsDown
    return poster


def _take_over(poster: CheckpointPoster, plan: PosterPlan) -> None:
    poster.opens_at, poster.closes_at = plan.opens_at, plan.closes_at
    poster.is_screen, poster.place_word = plan.is_screen, plan.place_word


def _context(poster: CheckpointPoster) -> str:
    return f"checkpoint_posters.sealed_secret:{poster.id}"
