"""The one way a start fails on purpose."""


class CannotStart(Exception):
    """The product or one of its servers cannot start; the message is one sentence for a person."""

    def __init__(self, english: str, chinese: str = "") -> None:
        self.english = english
        self.chinese = chinese
        super().__init__(f"{english} / {chinese}" if chinese else english)
