#!/usr/bin/python3
# timeout: 600
"""make lockstep: KVM's single steps of our guests are what QEMU's own CPU makes of
them, a wrong register is found at once, and first registers and loaded bytes are those
of QEMU's loader.
"""

import os
import signal
import subprocess
import sys
import tempfile

import vm
from vm import tap

sys.path.insert(0, os.path.join(tap.TOP, "tools"))
sys.dont_write_bytecode = True
from lockstep import first, trace, undefined, walk     # noqa: E402

HOST = ["hello.bin", "counter.bin", "minimal.bin", "fibonacci.bin",
        "multiplication.bin", "multiplication_short.bin", "matrix.bin",
        "hctest.bin", "hello32.elf", "hello64.elf", "walk64.elf"]
# Name: instructions; ring 3, and paging in 32 bits.
LAB = {"os-1k.bin": 5000, "os-1k.elf": 3000, "pae32.elf": 3000,
       "compute.elf": 1000}
COUNT = 3000


def environment(folder, **more):
    return {**os.environ, "MKVM_TOP": tap.TOP, "MKVM_IMAGES": tap.IMAGES,
            "MKVM_LOCKSTEP": folder, "PYTHONDONTWRITEBYTECODE": "1",
            "MKVM_CONFIG": os.path.join(os.path.dirname(tap.BUILD), ".config"),
            "PYTHONPATH": os.path.join(tap.TOP, "tools"), "COUNT": str(COUNT),
            **{name: str(value) for name, value in more.items()}}


def started(folder, **more):
    return subprocess.Popen(
        ["/usr/bin/python3", "-m", "lockstep"], cwd=tap.TOP, text=True,
        env=environment(folder, **more), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def lockstep(status, **more):
    """What it says on stdout and stderr when it has ended so."""
    with tempfile.TemporaryDirectory(prefix="mkvm-lockstep-") as folder:
        process = started(folder, **more)
        out, err = process.communicate()
    tap.check(process.returncode == status, f"status {process.returncode}, "
              f"want {status}", out, err)
    return out, err


def needs_kvm():
    """RAM is what this machine's kvm-vmm would begin with."""
    vm.built()
    if not os.path.exists("/dev/kvm"):
        raise tap.Skip("this machine has no /dev/kvm")
    if "--trace-insn" not in subprocess.run(
            [vm.KVM_VMM, "--help"], capture_output=True, text=True,
            check=False).stdout:
        raise tap.Skip("kvm-vmm was configured without a trace of instructions")


def agrees(name, count, **more):
    out, err = lockstep(0, IMG=vm.image(name), COUNT=count, **more)
    tap.check(f"{name}: " in out and " instructions, no difference\n" in out,
              out, err)
    tap.check("\r" not in out + err, "progress where nobody looks", err)
    return out


def on_host(name):
    needs_kvm()
    need = {"64.elf": "long64", "32.elf": "prot32"}.get(name[-6:], "real16")
    lacks = vm.lacks("host", need)
    if lacks:
        raise tap.Skip(lacks)
    agrees(name, COUNT, RUN="host")


for guest in HOST:
    tap.add(f"{guest}: KVM and QEMU's CPU agree", on_host, guest)


@tap.case("guests that need the lab agree, ring 3 and paging included; and 1K "
          "OS begins as by QEMU's own Multiboot loader")
def in_lab():
    needs_kvm()
    lacks = vm.lacks("lab", "linux")
    if lacks:
        raise tap.Skip(lacks)
    with tempfile.TemporaryDirectory(prefix="mkvm-lockstep-") as folder:
        script = "".join(
            "echo 0 | "         # 1K OS then ends
            f"{vm.KVM_VMM} --trace-insn={folder}/{name} --trace-count {count} "
            "--timeout 60 --mem 16M "
            f"{'--paging ' if name == 'os-1k.bin' else ''}{vm.image(name)}\n"
            for name, count in LAB.items())
        subprocess.run([vm.LAB_RUN, "--timeout", "200", "--out", folder, "--",
                        "sh", "-c", script],
                       stdin=subprocess.DEVNULL, capture_output=True,
                       check=False)
        said = {name: agrees(name, count, TRACE=os.path.join(folder, name))
                for name, count in LAB.items()}
    for name, count in LAB.items():
        tap.check(f"{name}: {count} instructions" in said[name], said[name])
    text = said["os-1k.elf"]
    tap.check("loader (Multiboot)" in text and "DIFFERS" not in text and
              "bytes of the image are where the file says" in text, text)


@tap.case("a register that is wrong from the first is found, and both states are "
          "shown")
def wrong_register():
    needs_kvm()
    out, _ = lockstep(1, IMG=vm.image("hello.bin"), RUN="host", SET="rbx=0x5")
    tap.check("0 instructions agree; this one does not" in out and
              "* rbx                    0x0                0x0                "
              "0x5\n" in out, out)
    # Where it matters only later: how often a loop is gone round.
    out, _ = lockstep(1, IMG=vm.image("hello.bin"), RUN="host",
                      SET="rflags=0x402")
    tap.check("* rflags" in out, out)


@tap.case("it says what is missing and what cannot be meant")
def refuses():
    needs_kvm()
    image = vm.image("hello.bin")
    for status, text, more in (
            (70, "is not installed; `make deps`", {"MKVM_QEMU": "no-qemu"}),
            (64, "COUNT=none: give a number", {"COUNT": "none"}),
            (64, "SET=rax: give a register", {"SET": "rax"}),
            (70, "no trace of instructions", {"TRACE": image}),
            (70, "No such file", {"TRACE": "/no/such/file"}),
            (64, "no such image", {"IMG": "nothing-like-it"})):
        _, err = lockstep(status, **{"IMG": image, "RUN": "host", **more})
        tap.check(text in err and "Traceback" not in err, text, err)


@tap.case("Ctrl-C ends it, and what it has started")
def interrupted():
    needs_kvm()
    with tempfile.TemporaryDirectory(prefix="mkvm-lockstep-") as folder:
        process = started(folder, IMG=vm.image("fibonacci.bin"), RUN="host",
                          COUNT=200000)
        for line in process.stderr:
            if "COMPARE" in line:
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    tap.check(process.returncode == 130 and err.endswith("interrupted\n"),
              process.returncode, err)


@tap.case("what a protocol fixes differs, what it leaves open may")
def protocols():
    good = dict.fromkeys(first.REGS, 0) | {"rax": 0x2badb002, "cr0": 0x11}
    for name, bits, fixed in (("rax", 1, True), ("rbx", 1, False),
                              ("cr0", 1, True), ("cr0", 16, False),
                              ("rflags", 0x200, True), ("rip", 2, True),
                              ("rflags", 0x44, False)):
        found = list(first.rows("multiboot", good,
                                {**good, name: good[name] ^ bits}))
        tap.check(found == [(name, good[name], good[name] ^ bits, fixed)],
                  name, bits, found)


@tap.case("flags that are left undefined, and what is taken from KVM")
def opcodes():
    for code, is64, flags, name in (
            ("f7e1", False, 0xd4, None), ("66f7f1", False, 0x8d5, None),
            ("4821c8", True, 0x10, None), ("21c8", False, 0x10, None),
            ("d3e0", False, 0x811, None), ("01c8", False, 0, None),
            ("480fafc1", True, 0xd4, None), ("48", False, 0, None),
            ("ec", False, 0, "in"), ("f36c", False, 0, "ins"),
            ("0fa2", False, 0, "cpuid"), ("0f31", False, 0, "rdtsc"),
            ("0f01c1", False, 0, "vmcall"), ("0f01d9", False, 0, "vmmcall"),
            ("0fc7f0", False, 0, "rdrand"), ("0f01f9", True, 0, "rdtscp"),
            ("f4", False, 0, "hlt"), ("0fc70f", False, 0, None), ("", False, 0,
                                                                  None)):
        opcode = undefined.Opcode(bytes.fromhex(code), is64)
        have = undefined.flags(opcode), walk.name_of(opcode)
        tap.check(have == (flags, name), code, have)


@tap.case("a trace that is cut short is read up to there, and garbage is refused")
def short_trace():
    needs_kvm()
    with tempfile.TemporaryDirectory(prefix="mkvm-lockstep-") as folder:
        path = os.path.join(folder, "trace")
        subprocess.run([vm.KVM_VMM, f"--trace-insn={path}",
                        vm.image("hello.bin")], check=True,
                       stdout=subprocess.DEVNULL)
        with open(path, "rb") as file:
            data = file.read()
            file.seek(0)
            whole = [step.regs for step in trace.steps(file)]
        tap.check(len(whole) > 60 and whole[-1] is None, len(whole))
        for length in range(len(data)):
            with open(path, "wb") as file:
                file.write(data[:length])
            with open(path, "rb") as file:
                try:
                    some = [step.regs for step in trace.steps(file)]
                except trace.Failure:
                    continue
            tap.check(some[:-1] == whole[:len(some) - 1], length)


tap.main()
