"""The sentences that the station's page says by itself."""

from __future__ import annotations

from flask_babel import gettext as _


def station_words() -> dict[str, str]:
    """Key → sentence in the reader's language; %(name)s is filled in by static/printing/words.js."""
    return {
        "state.ready": _("Ready"),
        "state.ready.note": _("Badges come out here as soon as somebody is checked in."),
        "state.printing": _("Printing"),
        "state.printing.note": "%(name)s",
        "state.ask": _("Has it come out?"),
        "state.ask.note": _("%(name)s: look at the printer, then say so."),
        "state.again": _("Was it printed already?"),
        "state.again.note": _("%(name)s was here before this page was loaded anew."),
        "state.paused": _("Paused"),
        "state.paused.note": _("Nothing is printed here. Other stations go on."),
        "state.order": _("Out of order"),
        "state.order.printer": _(
            "A badge did not come out. Look for paper, ribbon and cable, print a test page, then go on."
        ),
        "state.order.silent": _(
            "The server does not answer. Look at the network; this page goes on by itself once it is back."
        ),
        "state.order.fonts": _(
            "The server could not make the badge. Ask the organiser; other badges may well be printed."
        ),
        "waiting": _("%(number)s waiting"),
        "none": _("No badge yet."),
        "copy": _("copy %(number)s"),
        "again": _("Print again"),
        "join.refused": _("This code was not accepted."),
        "join.unreachable": _("The server does not answer. Joining needs a network."),
        "revoked": _("This station is no longer joined. Ask the organiser for a code."),
        "trial.failed": _("The test page could not be made. Is the server reachable?"),
        "heard": _("Server last heard %(seconds)s s ago"),
    }
