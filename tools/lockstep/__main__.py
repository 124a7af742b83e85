"""make lockstep: a guest under KVM's single steps and in another CPU, QEMU's.

Called by tools/run.mk. From the environment:
  IMG, RUN, ARGS            as for tools/run
  COUNT                     instructions, without it 100000
  SET                       REGISTER=VALUE: the other CPU begins with that, to see
                            what a difference looks like
  TRACE                     a trace of the same image and words that was made
                            before, on another machine perhaps: then KVM does not
                            execute it here
  TIMEOUT                   seconds for KVM's run, without it 60
  MKVM_TOP, MKVM_BUILD, MKVM_IMAGES, MKVM_CONFIG, MKVM_VMM
  MKVM_LOCKSTEP             for its files; without it, lockstep/ in the build
                            directory

Exit status: 0 when no register differed, 1 when one did, 64 for what cannot be
meant, 70 when it could not be done, 130 after Ctrl-C.
"""

import os
import re
import sys

from . import children, first, qemu, record, show, trace, walk
from .errors import Failure, Refusal

COUNT, TIMEOUT = 100000, 60
DIFFERENT, INTERRUPTED = 1, 130


class Request:
    """What was asked for, checked."""

    def __init__(self, env):
        self.top = env["MKVM_TOP"]
        self.vmm = env.get("MKVM_VMM") or os.path.join(env["MKVM_IMAGES"],
                                                       "kvm-vmm")
        self.folder = env.get("MKVM_LOCKSTEP") or \
            os.path.join(env["MKVM_BUILD"], "lockstep")
        self.count = self.number(env, "COUNT", COUNT)
        self.timeout = self.number(env, "TIMEOUT", TIMEOUT)
        self.trace = env.get("TRACE", "").strip()
        self.set = {}
        for word in env.get("SET", "").split():
            name, _, value = word.partition("=")
            if name not in trace.REGS + ["rflags"] or \
                    not re.fullmatch(r"0x[0-9a-fA-F]{1,16}|\d{1,19}", value):
                raise Refusal(f"SET={word}: give a register and a number, such "
                              "as SET=rax=0x10")
            self.set[name] = int(value, 0)

    @staticmethod
    def number(env, name, default):
        text = env.get(name, "").strip() or str(default)
        if not re.fullmatch(r"[1-9]\d{0,8}", text):
            raise Refusal(f"{name}={text}: give a number, 1 or more")
        return int(text)

    def empty_folder(self):
        os.makedirs(self.folder, exist_ok=True)
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))


def compare_first(request, plan, state, ram):
    """Beside QEMU's own loader, where it has one for this kind. Whether what a
    protocol fixes is the same."""
    with open(plan.image, "rb") as file:
        data = file.read()
    kind = first.kind_of(data)
    entry = kind and first.entry(kind, state)
    if not entry:
        return True
    show.doing(f"LOAD    {os.path.basename(plan.image)}, by QEMU's own loader")
    loaded = first.Loaded(request.folder, plan.image,
                          f"{max(os.path.getsize(ram) >> 20, 16)}M")
    try:
        theirs = loaded.run_to(entry)
        rows = list(first.rows(kind, state, theirs))
        with open(ram, "rb") as file:
            wrong = list(loaded.differing(list(first.segments(data)),
                                          file.read()))
    finally:
        loaded.close()
    show.first(kind, rows, wrong, sum(len(part) for _, part in
                                      first.segments(data)))
    return not wrong and not any(fixed for *_, fixed in rows)


def walk_along(request, steps, cpu, name):
    """Whether they never differed."""
    walked = walk.Walk(steps, cpu, show.Progress(request.count))
    try:
        walked.go()
        why = None
    except walk.Difference as difference:
        show.difference(name, difference, request.folder)
        show.summary(walked)
        return False
    except walk.End as end:
        why = str(end)
    finally:
        show.done()
    show.agreed(name, walked, why)
    return True


def run(request):
    lacks = qemu.lacks()
    if lacks:
        raise Failure(lacks)
    record.check(request.vmm)
    plan = record.Plan(request.top)
    name = os.path.basename(plan.image)
    request.empty_folder()
    show.doing(f"RAM     {name}, before its first instruction")
    ram = record.ram(request.vmm, plan, request.folder)
    path = request.trace or step(request, plan, name)
    with open(path, "rb") as file:
        return compare(request, plan, name, ram, trace.steps(file))


def step(request, plan, name):
    place = "in the lab" if plan.place == "lab" else "on this host"
    show.doing(f"STEP    {name}, {place}: {plan.why}")
    return record.trace(request.top, request.vmm, plan, request.folder,
                        request.count, request.timeout)


def compare(request, plan, name, ram, steps):
    start = next(steps)
    if start.regs is None:
        raise Failure(f"{name}: KVM did not execute one instruction")
    good = compare_first(request, plan, start.regs, ram)
    show.doing(f"COMPARE {name}, with {qemu.QEMU}")
    cpu = qemu.Cpu(request.folder, ram)
    try:
        cpu.enter({**start.regs, **request.set})
        good &= walk_along(request, [start, *steps], cpu, name)
    finally:
        cpu.close()
    return 0 if good else DIFFERENT


def main():
    try:
        return run(Request(os.environ))
    except (Refusal, Failure) as err:
        show.done()
        if str(err):
            show.note(str(err))
        return err.status
    except OSError as err:
        show.note(str(err))
        return Failure.status
    except KeyboardInterrupt:
        show.done()
        show.note("interrupted")
        return INTERRUPTED
    finally:
        children.end_all()


sys.exit(main())
