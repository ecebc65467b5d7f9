"""How changing a form says no."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from privacy.purposes import Purpose
from shared.errors import Refusal


class SaysFirst(Refusal):
    """The change touches answers already given: it says what it does and waits for a yes."""

    code = "says_first"

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = list(sentences)
        super().__init__("\n".join(sentences))


class FormChangedMeanwhile(Refusal):
    """Somebody else changed the same question since the page was opened."""

    code = "form_changed_meanwhile"

    def __init__(self, who: str) -> None:
        super().__init__(
            _(
                "%(name)s has changed this question in the meantime. Nothing of yours was saved over it.",
                name=who,
            )
            if who
            else _("This question was changed in the meantime. Nothing of yours was saved over it.")
        )


class NotYourPart(Refusal):
    """A city adds questions to its own stop; the campaign's are the campaign's."""

    status = 403
    code = "not_your_part"
    sentence = _l("This belongs to the whole campaign. You may add questions to your own stop.")


class NeverLeftOut(Refusal):
    """Name, mobile, e-mail and consent."""

    code = "never_left_out"
    sentence = _l("Nobody can register without this. It is always asked, of everybody, and must be answered.")


class ConditionBroken(Refusal):
    """A question depends on another that would be gone or stand later."""

    code = "condition_broken"
    field = "condition"

    def __init__(self, question: str, named: str) -> None:
        super().__init__(
            _(
                "“%(question)s” is asked depending on “%(named)s”, which must stand before it and offer that choice. Change that condition first.",
                question=question,
                named=named,
            )
            if named
            else _("The condition of “%(question)s” is not complete.", question=question)
        )


class KindHoldsNoAnswers(Refusal):
    """Answers of the old kind make no sense in the new one."""

    code = "kind_holds_no_answers"
    field = "kind"
    sentence = _l(
        "People have answered this question, and their answers would not fit the new kind. Archive it and add another one."
    )


class SealedOrNot(Refusal):
    """Answers lie sealed or open; they do not move."""

    code = "sealed_or_not"
    field = "restricted"
    sentence = _l(
        "People have answered this question: whether it is sealed stays as it is. Archive it and add another one."
    )


class PurposeWasSaid(Refusal):
    """Answers were given for a purpose whose days the notice printed; they are not kept longer afterwards."""

    code = "purpose_was_said"
    field = "purpose"

    def __init__(self, purpose: Purpose | None, days: int) -> None:
        super().__init__(
            _(
                "People have answered this for “%(purpose)s”, to be kept for %(days)s days: it cannot be kept longer. Archive it and add another one.",
                purpose=purpose.label if purpose is not None else "",
                days=days,
            )
        )


class FewerThanTaken(Refusal):
    """A choice has been taken more often."""

    code = "fewer_than_taken"
    field = "choices"

    def __init__(self, choice: str, taken: int) -> None:
        super().__init__(
            _(
                "%(taken)s people have taken “%(choice)s” already; it cannot have fewer places.",
                taken=taken,
                choice=choice,
            )
        )


class NeedsReason(Refusal):
    """Ethnicity, political status: asked only for a stated reason."""

    status = 422
    code = "needs_reason"
    field = "reason"
    sentence = _l(
        "Say what this is asked for; applicants read it beneath the question. Without a reason it may not be asked."
    )


class LastPage(Refusal):
    """A form has a page."""

    code = "last_page"
    sentence = _l("A form has at least one page.")


class NothingToTakeBack(Refusal):
    """No change of one's own, or somebody went on from it."""

    code = "nothing_to_take_back"
    sentence = _l("There is nothing to take back, or somebody has gone on from it.")


class TooManyQuestions(Refusal):
    """Nobody fills in such a form."""

    code = "too_many_questions"
    sentence = _l("A form has up to 120 questions. Archive some first.")
