"""How a delegation says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class DelegationUnknown(Refusal):
    """A link that we have not given."""

    status = 404
    code = "delegation_unknown"
    sentence = _l("This link is not one of ours. Please open it from the mail once more.")


class DelegationFull(Refusal):
    """As many are named as were announced."""

    code = "delegation_full"
    sentence = _l("As many people are named as the delegation may have. Remove somebody first.")


class NamedAlready(Refusal):
    """The same name and address stands in the delegation."""

    code = "named_already"
    sentence = _l("This person is named in the delegation already.")
    field = "full_name"


class MemberHasConfirmed(Refusal):
    """Whoever has registered withdraws himself."""

    code = "member_has_confirmed"
    sentence = _l(
        "This person has registered already and can withdraw only himself, by the link in his mail."
    )


class LinkIsUsed(Refusal):
    """A member's link lets one person in."""

    code = "link_is_used"
    sentence = _l(
        "Somebody has registered by this link already. If it was not you, please ask your delegation's contact."
    )


class DelegationIsDeclined(Refusal):
    """The office has said no to all of it."""

    code = "delegation_is_declined"
    sentence = _l("This delegation has been declined.")


class NobodyNamed(Refusal):
    """There is nobody to keep seats for."""

    code = "nobody_named"
    sentence = _l("Nobody is named yet.")
