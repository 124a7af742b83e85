"""1K OS for the guest tests: dialogues with it, and the places where it runs.

A dialogue is what is typed, line by line, and what 1K OS must print: a program
echoes a line when it reads it, so the output does not depend on time. It runs
under kvm-vmm, with each kind of interrupt controllers, and in QEMU, which has
never heard of us.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile

import vm
from vm import tap

MENU = """\
  1  table       multiplication table, 2 to 9
  2  counter     counter, 0 to 9
  3  echo        echo, until you quit
  4  fibonacci   the first 15 Fibonacci numbers
  5  primes      primes up to 100
  6  calculator  calculator: + - * /
  7  factorial   factorials, 0! to 12!
  8  gcd         greatest common divisor
  9  about       about this system
  0  exit        switch off
"""
BANNER = "\n1K OS\n" + MENU + "Type a number, or help.\n"
SHELL = "1k> "

IMAGE = os.path.join(tap.IMAGES, "os-1k.bin")
TEST_IMAGE = os.path.join(tap.BUILD, "os-1k", "os-1k-test.bin")
QEMU = "qemu-system-i386"
# The firmware keeps a little of the last megabyte to itself, so that 64 of the
# 68 are left for 4 MiB pages: as many as kvm-vmm gives it.
QEMU_OPTIONS = ["-accel", "tcg", "-m", "68", "-display", "none", "-nic", "none",
                "-no-reboot", "-chardev", "stdio,id=tty,signal=off",
                "-serial", "chardev:tty"]

# What differs from run to run, or from compiler to compiler.
MASKS = [
    (r"(?m)^  (eip|eax|esi) .*", r"  \1 (registers)"),
    (r"up \d+\.\d\d s: \d+ ticks, \d+ of them idle", "up (a while)"),
    (r"(?m)^( +\d+ +\d+  \w+) +\d+  (\w+)$", r"\1 (ticks) \2"),
    (r"0x7fff6[0-9a-f]{3}", "0x7fff6..."),
]
REGISTERS = "".join(f"  {name} (registers)\n" for name in ("eip", "eax", "esi"))


def masked(text):
    for pattern, instead in MASKS:
        text = re.sub(pattern, instead, text)
    return text


class Dialogue:
    """What is typed, and what is printed meanwhile."""

    def __init__(self):
        self.typed = ""
        self.printed = BANNER
        self.status = 0     # of kvm-vmm; QEMU has no place for it

    def say(self, line, answer="", prompt=SHELL):
        """A line at a prompt, and all that is printed before the next."""
        self.typed += line + "\n"
        self.printed += prompt + line + "\n" + answer
        return self

    def chat(self, line, greeting, prompt, lines, leave):
        """A program that asks: its greeting, lines with answers, the end."""
        self.say(line, greeting)
        for asked, answer in lines:
            self.say(asked, answer, prompt)
        return self.say(leave, "", prompt)

    def leave(self):
        return self.say("0", "Goodbye.\n")

    def judge(self, status, out, err=""):
        have = masked(out.decode("utf-8", "replace")).splitlines()
        want = self.printed.splitlines()
        for number, (a, b) in enumerate(zip(have, want), 1):
            tap.check(a == b, f"line {number}: have {a!r}",
                      f"line {number}: want {b!r}", *have[:number][-5:])
        tap.check(len(have) == len(want), f"have {len(have)} lines,",
                  f"want {len(want)}, the last one {want[-1]!r}; it ends:",
                  *have[-5:], f"status {status}, stderr {err[-500:]!r}")
        tap.equal(status, self.status, err + "exit status")


def qemu_lacks(image):
    if not shutil.which(QEMU):
        return f"{QEMU} is not installed; `make deps` installs it"
    if not os.path.exists(image):
        return f"{image} is not built; `make` builds it"
    return None


def qemu_command(image, *options):
    return [QEMU, *QEMU_OPTIONS, *options, "-kernel",
            image.replace(".bin", ".elf")]


def run_qemu(image, typed, *options, limit=60):
    """(status, output). Waits for the prompt before it types.

    Before that the serial port belongs to the firmware, and what comes in is
    lost as on any PC.
    """
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(qemu_command(image, *options),
                                 stdin=subprocess.PIPE, stderr=errors,
                                 stdout=subprocess.PIPE)
        try:
            out = b""
            while not out.endswith(SHELL.encode()):
                byte = child.stdout.read(1)
                tap.check(byte, f"{QEMU} ended after {out[-500:]!r}")
                out += byte
            rest, _ = child.communicate(typed.encode(), timeout=limit)
        except subprocess.TimeoutExpired:
            raise tap.Failure(f"{QEMU} is still running") from None
        finally:
            child.kill()
            child.wait()
    return child.returncode, out + rest


@functools.lru_cache(None)
def kinds():
    """The interrupt controllers that this kvm-vmm was built with."""
    listed = subprocess.run([vm.KVM_VMM, "--list"], text=True,
                            capture_output=True, check=False).stdout
    return re.findall(r"^irqchip (\w+)", listed, re.M)


def add_dialogue(text, make, image=TEST_IMAGE, options=(), qemu_options=(),
                 multiboot=False):
    """Adds make(), a Dialogue, as cases at every place that there is, and with
    the ELF file as a multiboot kernel."""
    reason = qemu_lacks(image)
    if reason:
        tap.add(f"{text} (qemu)", vm.skip, reason)
    else:
        def in_qemu():
            dialogue = make()
            dialogue.status = 0
            dialogue.judge(*run_qemu(image, dialogue.typed, *qemu_options))
        tap.add(f"{text} (qemu)", in_qemu)
    for kind in kinds():
        ROWS.append((f"{text}, irqchip {kind}",
                     ["--irqchip", kind, *options, image], make))
        if multiboot:
            for keys in ("serial", "keyboard"):
                ROWS.append((f"{text}, multiboot, by the {keys}, irqchip {kind}",
                             ["--loader", "multiboot1", "--irqchip", kind,
                              "--keys", keys, *options,
                              image.replace(".bin", ".elf")], make))


ROWS = []


def add_vmm_cases():
    """Makes what add_dialogue() collected cases under kvm-vmm."""
    table = vm.Table()
    for text, arguments, make in ROWS:
        def command(_, arguments=arguments, make=make):
            return vm.Command(vm.KVM_VMM, *arguments, limit=60,
                              stdin=make().typed.encode())

        def judge(result, make=make):
            make().judge(result.status, result.out, result.err)
        table.add(text, command, judge)
    table.add_cases(*vm.places("paged32", "os-1k.bin"))
