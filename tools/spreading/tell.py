"""What is told on stdout, by programs whose work goes on when nobody listens."""

import os
import sys


def tell(text, end="\n"):
    """Prints at once; into a pipe or a terminal that is gone, nothing any more."""
    try:
        print(text, end=end, flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())   # with what is left in the buffer
        os.close(nowhere)
