"""python3 -m compare.job FILE: does one job of a comparison, as jobs.py describes
it, and prints its result. Exit status: 0, or 70 when it cannot be done."""

import json
import signal
import sys

from . import build, measures
from .errors import Failure
from .progress import note

KINDS = {"build": build.made, "measure": measures.measured}
INTERRUPTED = 130


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    try:
        result = KINDS[job["spec"]["kind"]](job["spec"], job["labels"])
    except Failure as failure:
        note(str(failure))
        return failure.status
    except KeyboardInterrupt:
        return INTERRUPTED
    json.dump(result, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
