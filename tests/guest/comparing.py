"""How the tests call compare/: as `make compare` does, with variants and
reports in a folder of the tests."""

import json
import os
import shutil
import subprocess
import sys

import vm
from vm import tap

sys.dont_write_bytecode = True
sys.path.append(tap.TOP)
from compare import results     # noqa: E402 (the path has to be known first)

COUNTED = ("DBG_STATS", "DBG_STAGES", "DBG_REPORT")
FOLDER = os.path.join(tap.BUILD, "tests", "comparing")
CONFIG = os.path.join(os.path.dirname(tap.BUILD), ".config")
COMMAND = ["/usr/bin/python3", "-m", "compare"]
OURS = ("TOGGLE", "IMG", "RUN", "ARGS", "HOW", "TIMEOUT", "MAKEFLAGS",
        "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "NO_COLOR")


def configured():
    """The .config of the kvm-vmm that is the baseline; "" without one."""
    path = os.environ.get("MKVM_CONFIG", CONFIG)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def lacks(*symbols):
    """Why these cannot be compared, or None: they are not configured."""
    missing = [name for name in symbols
               if f"CONFIG_{name}=y\n" not in configured()]
    return f"kvm-vmm was configured without {', '.join(missing)}" \
        if missing else None


def environment(**words):
    env = {name: value for name, value in os.environ.items()
           if name not in OURS}
    env.update(MKVM_TOP=tap.TOP, MKVM_BUILD=tap.BUILD, MKVM_IMAGES=tap.IMAGES,
               MKVM_CONFIG=os.environ.get("MKVM_CONFIG", CONFIG),
               MKVM_COMPARE=FOLDER, PYTHONPATH=tap.TOP,
               PYTHONDONTWRITEBYTECODE="1")
    env.update(words)
    return env


def run(**words):
    """(status, stdout, stderr) of a comparison with TOGGLE=, IMG=, ..."""
    done = subprocess.run(COMMAND, cwd=tap.TOP, env=environment(**words),
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class Report:
    """A comparison that has to succeed: what it printed, and its JSON."""

    def __init__(self, name, **words):
        folder = os.path.join(FOLDER, name)
        shutil.rmtree(os.path.join(folder, "history"), ignore_errors=True)
        status, self.text, self.err = run(MKVM_COMPARE=folder, **words)
        tap.equal(status, 0, self.err[-2000:] + "exit status")
        self.folder = folder
        with open(os.path.join(folder, "report.json"),
                  encoding="utf-8") as file:
            self.json = json.load(file)
        self.variants = self.json["variants"]

    def variant(self, name):
        return next(v for v in self.variants if v["id"] == name)

    def sentence(self, name):
        return next(s["text"] for s in self.json["sentences"]
                    if s["variant"] == name)

    def row(self, label):
        """The cells of a row of the terminal's table, as words."""
        for line in self.text.splitlines():
            if line.strip().startswith(label + "  "):
                return [word for word in line.strip()[len(label):].split()
                        if word not in "*~" and word[0] not in "+x"
                        and not word.endswith("%")]
        raise tap.Failure(f"no row {label!r} in:\n{self.text}")


def check_table(report):
    """The numbers on the terminal are those of the JSON."""
    def cells(label, key):
        want = [f"{v[key]:,}" for v in report.variants]
        # A change such as -445 stands beside its number.
        have = [word for word in report.row(label) if word[0] != "-"]
        tap.equal(have, want, label)

    cells("in all", "exits")
    cells("bytes moved", "bytes")
    cells("bytes, stripped", "binary_bytes")
    cells("code and constants", "text_bytes")
    cells("lines in them", "lines")
    for variant in report.variants:
        tap.check(report.sentence(variant["id"]).split()[0] in report.text
                  if variant is not report.variants[0] else True,
                  "no sentence for " + variant["id"])


def check_ledger(variant):
    """What a variant has in the report is what its kvm-vmm counted."""
    ledger = variant["ledger"]
    tap.equal(ledger["program"], "kvm-vmm")
    for key in ("exits", "accesses", "bytes", "guest_ns", "answer_ns",
                "wall_ns"):
        tap.equal(variant[key], ledger[key], key)
    guest, = ledger["guests"]
    tap.equal({r["reason"]: r["exits"] for r in variant["reasons"]},
              {r["reason"]: r["exits"] for r in guest["reasons"]}, "reasons")
    tap.equal(sum(r["exits"] for r in variant["reasons"]), variant["exits"],
              "sum of the reasons")
    tap.equal(sum(r["exits"] for r in variant["ports"]),
              sum(r["exits"] for r in guest["rows"] if "direction" in r),
              "sum of the ports")
    tap.equal([s["ns"] for s in variant["stages"]],
              [s["ns"] for s in guest["stages"]], "stages")
    tap.equal(variant["bytes_per_exit"],
              ledger["bytes"] / ledger["exits"], "bytes per exit")
    tap.equal(variant["injected"], guest.get("injected"), "injected")


def check_kept(report):
    """The history has each variant and the second run, counted as here."""
    found = results.read(os.path.join(report.folder, "history"))
    tap.equal((found.damaged, found.other), (0, 0), "lines that are none")
    runs = [*report.variants, *([report.json["again"]]
                                if report.json["again"] else [])]
    tap.equal(sorted((one["outcome"], one["exits"]) for one in found.results),
              sorted((run["outcome"], run["exits"]) for run in runs))
    built = report.variants if report.json["how"] == "build" else \
        report.variants[:1]
    tap.equal(sorted(one["size"] for one in found.results if one["size"]),
              sorted(run["binary_bytes"] for run in built), "sizes")
    tap.equal({one["image"]["name"] for one in found.results},
              {report.json["image"]})


def check_files(report):
    """Files, and what went out and came in, add up."""
    base = {f["path"] for f in report.variants[0]["files"]}
    tap.check("vmm/main.c" in base, sorted(base))
    for variant in report.variants:
        own = {f["path"] for f in variant["files"]}
        tap.equal(sorted(base - own), variant["files_out"], "files out")
        tap.equal(sorted(own - base), variant["files_in"], "files in")
        tap.equal(sum(f["lines"] for f in variant["files"]),
                  variant["lines"], "lines")


def check_sizes(report):
    """Each variant's kvm-vmm has the size that the report says."""
    for variant in report.variants[1:]:
        path = os.path.join(report.folder, variant["id"].replace("=", "-"),
                            "images", "kvm-vmm")
        tap.equal(os.path.getsize(path), variant["binary_bytes"], path)
    tap.equal(os.path.getsize(vm.KVM_VMM),
              report.variants[0]["binary_bytes"], vm.KVM_VMM)


def check(report):
    check_table(report)
    check_files(report)
    for variant in report.variants:
        if variant["ledger"]:
            check_ledger(variant)


def has_symbols():
    """Whether the kernel with symbols is that of the image."""
    from compare import kernel
    return kernel.is_of(os.path.join(tap.IMAGES, "vmlinux"),
                        os.path.join(tap.BUILD, "linux", "vmlinux"))
