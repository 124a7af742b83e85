#!/usr/bin/python3
"""The command line: what kvm-vmm says about itself, without any guest."""

import re
import subprocess

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


tap.main()
