"""How a comparison or a trend ends: one message, if any, and an exit status.

Without a text the message has been printed already.
"""

import os
import signal
import sys

from .progress import note


class Refusal(Exception):
    """What was asked for cannot be meant; the text says why. Status 64."""

    status = 64


class Failure(Exception):
    """What was asked for could not be done; the text says why. Status 70."""

    status = 70


def status_of(work, interrupted):
    """Does `work`, and says why it ended early; the exit status. `interrupted` is what
    Ctrl-C, SIGTERM and SIGHUP leave. What is printed may be a stranger's: a character
    that the locale has not is shown as its number."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    sys.stdout.reconfigure(errors="backslashreplace")
    try:
        work()
        sys.stdout.flush()
    except (Refusal, Failure) as error:
        if str(error):
            note(str(error))
        return error.status
    except KeyboardInterrupt:
        note(f"interrupted; {interrupted}")
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return 0
