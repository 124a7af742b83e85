"""What a comparison says while it works: lines like make's own, on stderr."""

import sys


def say(label, text):
    print(f"  {label:<7} {text}", file=sys.stderr, flush=True)


def note(text):
    print(f"mini-kvm: {text}", file=sys.stderr, flush=True)
