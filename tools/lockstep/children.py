"""The programs that were started: none is left when this one ends."""

import signal
import subprocess

_all = []


def start(words, **more):
    """Starts one. Ctrl-C does not come in between."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        _all.append(subprocess.Popen(words, **more, preexec_fn=lambda:
                                     signal.pthread_sigmask(
                                         signal.SIG_SETMASK, before)))
        return _all[-1]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(process):
    process.kill()
    process.wait()
    if process.stderr:
        process.stderr.close()
    _all.remove(process)


def end_all():
    for process in list(_all):
        end(process)
