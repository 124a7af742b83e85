"""What is kept in the history of a comparison, and of the benchmarks: those call

    python3 -m compare.kept NAME=VALUE...

with image, exits, instructions and size, as far as they were counted; until, to
where; args, words for kvm-vmm; from, "tree" or the image's file; how, the command.
The rest of a result is found out here.
"""

import os
import shlex
import sys

from . import origin, results
from .command import command
from .progress import note

GOOD = ("shell", "done", "halted")
PER_INSTRUCTION = 2     # ns of the lab's clock
MISSING = "missing"     # a job of its has failed
GREETING, PROMPT, END = "/init greets", "the prompt", "the end"


def folder(env):
    """Where the history is; what tests compare, is in a folder of theirs."""
    if env.get("MKVM_COMPARE"):
        return os.path.join(env["MKVM_COMPARE"], "history")
    return env.get("MKVM_HISTORY") or \
        os.path.join(env["MKVM_TOP"], "compare", "history")


def keep(where, make):
    """Appends what `make` returns; the file, or None after a note: a result
    without a place in the history is one all the same."""
    try:
        results.append(where, make())
    except OSError as error:
        name = error.filename or where
        note(f"not kept in the history: {name}: {error.strerror or error}")
        return None
    return os.path.join(where, results.FILE)


def common(top, build, config, place, begun=None):
    """The members that all results of a run share. begun: of what commit the tree
    was when that began; if it was not the same to the end, nobody knows what was
    measured, and that counts as changed."""
    sha, dirty = now = origin.commit(top)
    if begun not in (None, now):
        sha, dirty = begun[0], True
    return {"time": results.now(), "commit": sha, "dirty": dirty,
            "config": origin.Presets(top).of(config),
            "host": origin.host(place, build), "cc": origin.compiler(build)}


# --- A comparison -------------------------------------------------------------

def comparison(request, plan, report):
    """Keeps each variant, and the baseline's second run; as keep()."""
    return keep(folder(os.environ),
                lambda: of_comparison(request, plan, report))


def of_comparison(request, plan, report):
    shared = common(request.top, request.build, request.config, plan.place,
                    request.begun)
    shared.update(image=image_of(plan, request.images),
                  args=words_of(plan, request.images), how=command(report))
    base, *others = report["variants"]
    found = [{**shared, **counted(base, plan.place), "toggle": "",
              "size": base["binary_bytes"] or None}]
    others = [one for one in others if one["outcome"] != MISSING]
    if report["again"] and report["again"]["outcome"] != MISSING:
        found.append({**shared, **counted(report["again"], plan.place),
                      "toggle": "", "size": None})
    for variant in others:
        own = report["how"] == "build"
        found.append({**shared, **counted(variant, plan.place),
                      "toggle": variant["id"] + ("" if own else " at run time"),
                      "size": variant["binary_bytes"] or None if own else None})
    return found


def image_of(plan, images):
    """The image, with its initial ramdisk: from the tree, or another's file."""
    own = os.path.dirname(os.path.abspath(plan.image)) == \
        os.path.abspath(images)
    return {"name": os.path.basename(plan.image),
            "digest": origin.digest(plan.files()),
            "from": "tree" if own else plan.image}


def words_of(plan, images):
    """The words for kvm-vmm behind the image, as short as they can be: another
    checkout shall have the same, and its own initial ramdisk goes without."""
    words = plan.words[1:] if plan.words[:1] == [plan.image] else plan.words
    own = images + os.sep
    if plan.initrd.startswith(own) and words[-2:] == ["--initrd", plan.initrd]:
        words = words[:-2]
    return shlex.join(word.replace(own, "") for word in words)


def counted(variant, place):
    """Exits and, in the lab, instructions of a variant as in report.json: up to
    the prompt or, of a guest that has none, to its end."""
    stages = {row["stage"]: row for row in variant["stages"]}
    found = {"outcome": variant["outcome"].replace(MISSING, ""), "exits": None, "exits_until": "",
             "instructions": None, "instructions_until": ""}
    if variant["outcome"] not in GOOD or not variant["ledger"]:
        return found
    if variant["outcome"] == "shell" and "prompt" in stages:
        found.update(exits=stages["prompt"]["exits"], exits_until=PROMPT)
    elif variant["outcome"] != "shell":
        found.update(exits=variant["exits"], exits_until=END)
    for stage, until in ("init", GREETING), ("prompt", PROMPT):
        if place == "lab" and stage in stages:
            found.update(
                instructions=stages[stage]["ns"] // PER_INSTRUCTION,
                instructions_until=until)
            break
    return found


# --- A benchmark --------------------------------------------------------------

def benchmark(env, words):
    """Keeps what NAME=VALUE words say; as keep()."""
    return keep(folder(env), lambda: [of_benchmark(env, words)])


def of_benchmark(env, words):
    said = dict(word.split("=", 1) for word in words)
    build = env["MKVM_BUILD"]
    config = env.get("MKVM_CONFIG") or \
        os.path.join(os.path.dirname(build), ".config")
    numbers = {name: int(said[name]) if name in said else None
               for name in results.NUMBERS}
    one = common(env["MKVM_TOP"], build, config, "lab")
    one.update(numbers, toggle="", outcome="", how=said.get("how", ""),
               args=said.get("args", ""), exits_until=said.get("until", ""),
               instructions_until=said.get("until", ""),
               image={"name": said.get("image", ""), "digest": "",
                      "from": said.get("from", "tree")})
    return one


if __name__ == "__main__":
    sys.exit(0 if benchmark(os.environ, sys.argv[1:]) else 70)
