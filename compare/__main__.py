"""make compare: the same image under variants of kvm-vmm, side by side.

Called by tools/run.mk. From the environment:
  TOGGLE                    what differs; without it, what can
  IMG, RUN, ARGS            as for tools/run
  HOW, TIMEOUT              build or run; seconds
  SPREAD                    where the jobs run, as for tools/spread
  MKVM_TOP, MKVM_BUILD, MKVM_IMAGES, MKVM_CONFIG, MAKE
  MKVM_COMPARE              for variants, reports and history; without it,
                            compare/ in the build directory, and
  MKVM_HISTORY              for the history

Exit status: 0 when there is a report, whatever is in it; 64 for what cannot be
meant, 70 when it could not be done, 130 after Ctrl-C.
"""

import contextlib
import fcntl
import json
import os
import re
import shlex
import subprocess
import sys

from . import comparison, forms, jobs, kept, listing, origin, place, sentences, \
    text, toggles
from .errors import Refusal, status_of
from .progress import note, say

TIMEOUT = "20"         # as in command.py


class Request:
    """What was asked for, checked."""

    def __init__(self, env):
        self.top = env["MKVM_TOP"]
        self.build = env["MKVM_BUILD"]
        self.images = env["MKVM_IMAGES"]
        self.config = env["MKVM_CONFIG"]
        self.folder = env.get("MKVM_COMPARE") or \
            os.path.join(self.build, "compare")
        self.toggle = env.get("TOGGLE", "").strip()
        self.how = env.get("HOW") or "build"
        self.toggles = []
        self.begun = origin.commit(self.top)
        if self.how not in ("build", "run"):
            raise Refusal(f"HOW={self.how}: is neither build nor run")
        limit = env.get("TIMEOUT") or TIMEOUT
        if not re.fullmatch(r"\d{1,5}(\.\d+)?", limit) or float(limit) < 1:
            raise Refusal(f"TIMEOUT={limit}: give seconds, 1 or more")
        self.timeout = float(limit)
        self.img, self.run, self.args = (env.get(name, "").strip() for name in
                                         ("IMG", "RUN", "ARGS"))

    def at(self, name):
        return os.path.join(self.folder, name)


def catalogue_of(request):
    with open(request.config, encoding="utf-8") as file:
        return toggles.Catalogue(request.top, file.read())


def plan_of(request, variants):
    """(plan, notes). Who toggles something of virtio's queues has a disk, if there is
    one, and no device that would have queues."""
    plan = place.plan(request.top)
    disk = os.path.join(request.images, "root.img")
    if plan.need != "linux" or comparison.has_queues(plan.words) or \
            not os.path.exists(disk) or \
            not any(comparison.is_of_queues(one.name) for one in variants):
        return plan, []
    words = f"--disk {shlex.quote(shown(disk))},ro"
    request.args = os.environ["ARGS"] = f"{request.args} {words}".strip()
    return place.plan(request.top), [
        f"for its queues the guest had {words}; ARGS= gives it something else"]


def variants_of(request, catalogue):
    """(variants, notes), the baseline first; all that can be refused, is."""
    request.toggles, variants, notes = toggles.parse(catalogue, request.toggle)
    plan, more = plan_of(request, variants)
    notes += more
    toggles.refuse_decided(variants, plan.words)
    baseline = toggles.Variant()
    baseline.config = catalogue.text
    if request.how == "build":
        catalogue.configure_all(variants)
    else:
        for variant in variants:
            variant.config = catalogue.text
        done = subprocess.run([os.path.join(request.images, "kvm-vmm"),
                               "--help"], capture_output=True, text=True,
                              check=False)
        toggles.give_options(variants, forms.known(done.stdout))
    return plan, [baseline, *variants], notes


def write_json(report, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
        file.write("\n")


def write_html(report, path):
    try:
        from . import html
    except ImportError as error:
        note(f"no HTML report: {error}; run: make deps")
        return False
    html.write(report, path)
    return True


def shown(path):
    """A path as short as it can be from here."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def compare(request, catalogue):
    plan, variants, notes = variants_of(request, catalogue)
    where = "on this host" if plan.place == "host" else "in the lab"
    note(f"{os.path.basename(plan.image)}: {where}: {plan.why}")
    work = comparison.Comparison(request, plan, variants)
    work.notes += notes
    with locked(request.at("lock")):
        finish(request, work)


@contextlib.contextmanager
def locked(path):
    """Two comparisons in one output tree would build into each other."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("another make compare is at work in this output tree; "
                 "waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def finish(request, work):
    """Builds, boots, reports."""
    jobs.forget_old(request.at(comparison.MEASURED))
    work.build()
    work.run()
    report = work.report()
    report["sentences"] = sentences.all_of(report)
    write_json(report, request.at("report.json"))
    paths = [request.at("report.json")]
    if write_html(report, request.at("report.html")):
        paths.insert(0, request.at("report.html"))
    work.forget()
    say("DONE", " ".join(map(shown, paths)))
    for line in text.lines(report, text.is_colourful(sys.stdout)):
        print(line)
    print("\n" + "\n".join(f"Report: {shown(path)}" for path in paths))
    if work.missing():
        note("not measured, see the notes: " + ", ".join(work.missing()))
    history = kept.comparison(request, work.plan, report)
    if history:
        print(f"History: {shown(history)}; make trend draws it")


def main():
    request = Request(os.environ)
    catalogue = catalogue_of(request)
    if not request.toggle:
        print("\n".join(listing.lines(catalogue)))
    else:
        compare(request, catalogue)


if __name__ == "__main__":
    sys.exit(status_of(main, "what was built and measured stays, and the same "
                             "command goes on"))
