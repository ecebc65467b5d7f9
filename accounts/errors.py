"""How signing in says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class WrongPassword(Refusal):
    """Unknown login or wrong password: one sentence for both, so that nobody can list the accounts."""

    status = 422
    code = "wrong_password"
    sentence = _l("This account and password do not belong together. Try again, or ask your administrator.")


class LockedForAWhile(Refusal):
    """Ten wrong passwords: five minutes' wait."""

    status = 429
    code = "locked"
    sentence = _l("Too many wrong passwords. Please wait five minutes and try again.")


class LoginTaken(Refusal):
    """Two members of staff with one login."""

    code = "login_taken"
    field = "login"
    sentence = _l("Somebody has this login already.")


class PasswordTooShort(Refusal):
    """Twelve characters at least."""

    status = 422
    code = "password_too_short"
    field = "password"
    sentence = _l("A password needs at least 12 characters.")


class NoSuchScope(Refusal):
    """A grant names a row that does not exist, two scopes at once, or an employer's contact without employer."""

    status = 422
    code = "no_such_scope"
    sentence = _l(
        "That scope is not possible: it names something that does not exist, more than one thing, "
        "or an employer's contact without an employer."
    )
