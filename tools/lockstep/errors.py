"""How it ends early: one message, and an exit status."""


class Refusal(Exception):
    """What was asked for cannot be meant; the text says why. Status 64."""

    status = 64


class Failure(Exception):
    """What was asked for could not be done; the text says why. Status 70."""

    status = 70
