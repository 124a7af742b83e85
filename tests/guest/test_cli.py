#!/usr/bin/python3
"""The command line: what kvm-vmm says about itself, and which files it will not
write, without any guest."""

import os
import re
import shutil
import subprocess
import tempfile

import vm
from vm import tap


def say(*options):
    vm.built()
    done = subprocess.run([vm.KVM_VMM, *options], capture_output=True,
                          stdin=subprocess.DEVNULL, check=False)
    result = vm.Result(done.returncode, done.stdout, done.stderr)
    result.must(vm.OK)
    tap.equal(result.err, "", "stderr")
    return result.out.decode()


@tap.case("--help names every option that the issue and SPEC name")
def shows_help():
    text = say("--help")
    tap.none_of(option for option in
                ("--initrd", "--cmdline", "--mem", "--smp", "--timeout",
                 "--max-exits", "--verbose", "--list", "--version", "--help",
                 "--linux", "--paging", "--doctor")
                if not re.search(option + r"\b", text))
    tap.none_of(line for line in text.splitlines() if len(line) > 80)


@tap.case("--version is one line with a number")
def shows_version():
    text = say("--version")
    tap.check(re.fullmatch(r"kvm-vmm \d+\.\d+\S*\n", text), text)


@tap.case("--list has the devices, the loaders, and where they are")
def shows_list():
    text = say("--list")
    for pattern in (r"(?m)^device +serial\b.*0x3f8.*IRQ4",
                    r"(?m)^device +hypercall\b.*0x500",
                    r"(?m)^loader +flat\b", r"(?m)^loader +bzimage\b",
                    r"(?m)^loader +vmlinux\b"):
        tap.check(re.search(pattern, text), f"no {pattern!r} in:", text)


@tap.case("what it says of itself and cannot write is a failure")
def full_disk():
    vm.built()
    for option in ("--help", "--version", "--list"):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([vm.KVM_VMM, option], stdout=full,
                                  stdin=subprocess.DEVNULL, check=False)
        tap.equal(done.returncode, vm.FAILED, f"{option}: exit status")


def needs(*probes):
    text = say("--list")
    for probe in probes:
        if not re.search(rf"(?m)^probe +{probe}\b", text):
            raise tap.Skip(f"kvm-vmm was configured without {probe}")


OURS = (("--trace", "[\n"), ("--trace", "[\n\n]\n"),
        ("--trace", '[\n{"ph":"M","pid":1}\n]\n'), ("--trace", ""),
        ("--stats=json", '{\n  "program": "kvm-vmm",\n'),
        ("--stats=json", "\n13 VM exits in 7.9 ms"), ("--stats=table", ""))
OTHERS = (("--trace", "\xf4"), ("--trace", "[1]\n"), ("--trace", "[\n{}"),
          ("--trace", '{\n  "program": "kvm-vmm",\n'),
          ("--stats=table", "\nVM exits in"), ("--stats=json", "{}\n"),
          ("--stats=json", "[\n"))


@tap.case("a file that exists and is none of ours is refused and left alone")
def spared():
    needs("trace-file", "stats")
    vm.on_host()    # first comes what the machine lacks
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.bin")
        for option, text in (*OURS, *OTHERS):
            with open(path, "w", encoding="latin-1") as file:
                file.write(text)
            word = option + (":" if "=" in option else "=") + path
            done = subprocess.run([vm.KVM_VMM, word, "none.bin"],
                                  capture_output=True, text=True,
                                  check=False)
            tap.equal(done.returncode, vm.USAGE, word)  # there is no image
            tap.equal(f"kvm-vmm: {option[:7]}: {path}: " in done.stderr,
                      (option, text) in OTHERS, f"{text!r}: {done.stderr}")
            with open(path, encoding="latin-1") as file:
                tap.check((option, text) in OURS or file.read() == text,
                          f"{word}: {text!r} is lost")


@tap.case("the image in place of --trace's file is spared, and said so")
def image_spared():
    needs("trace-file", "stats")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a.bin")
        shutil.copy(vm.assemble("halt"), path)
        done = subprocess.run([vm.KVM_VMM, "--trace", path, path],
                              capture_output=True, text=True, check=False)
        tap.equal(done.returncode, vm.USAGE, done.stderr)
        tap.check(os.path.getsize(path) == 1 and "--trace" in done.stderr,
                  done.stderr)


tap.main()
