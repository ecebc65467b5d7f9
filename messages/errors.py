"""How the message log says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class NothingToSendAgain(Refusal):
    """Only a message that failed, or was kept for want of a mail server, may be sent again."""

    code = "nothing_to_send_again"
    sentence = _l("This message has been sent or is on its way already.")


class NoMailServer(Refusal):
    """SMTP_URL is not set: sending again would only keep it again."""

    code = "no_mail_server"
    sentence = _l("No mail server is set up (SMTP_URL), so the message stays here.")
