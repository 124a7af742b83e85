#!/usr/bin/python3
# timeout: 400
"""What a run is like that goes without a part: --no-NAME, --irqchip=none."""

import re
import subprocess

import vm
from vm import tap

LIMIT = 60      # seconds for a boot on a busy machine

LINUX = vm.Table()
REAL = vm.Table()


def features():
    """The names that --help lists after --no-NAME."""
    text = subprocess.run([vm.KVM_VMM, "--help"], capture_output=True,
                          text=True, check=False).stdout
    found = re.search(r"--no-NAME((?: +[a-z0-9-]+|\n {20,}[a-z0-9-]+)+)\n",
                      text)
    tap.check(found, "no list behind --no-NAME:", text)
    return found.group(1).split()


@tap.case("every name behind --no-NAME is taken, once or twice, and no other")
def names():
    vm.built()
    have = features()
    tap.check("serial" in have and "report" in have, have)
    tap.equal(len(have), len(set(have)), "names, and different names")
    tap.check("pic" not in have, "the interrupt controllers can be left out")
    for name in have:
        done = subprocess.run([vm.KVM_VMM, f"--no-{name}", f"--no-{name}",
                               "--version"], capture_output=True, check=False)
        tap.equal(done.returncode, vm.OK, f"--no-{name}")
    done = subprocess.run([vm.KVM_VMM, "--no-such", "x"], capture_output=True,
                          text=True, check=False)
    tap.equal(done.returncode, vm.USAGE, "--no-such")
    tap.check("--no-such: no such option" in done.stderr, done.stderr)


@tap.case("interrupt controllers that nobody knows are refused, used or not")
def bogus():
    vm.built()
    image = vm.image("hello.bin")
    done = subprocess.run([vm.KVM_VMM, "--irqchip=bogus", image, image],
                          capture_output=True, text=True, check=False)
    tap.equal((done.returncode, done.stdout), (vm.USAGE, ""), "status, stdout")
    tap.check("`bogus`" in done.stderr, done.stderr)


def real(text, name, options, status, out, err=""):
    def judge(result):
        result.must(status, out)
        tap.check(re.search(err, result.err), result.err)

    REAL.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, vm.image(name + ".bin")), judge)


real("a UART that is not there prints nothing", "hello", ["--no-serial"], 0,
     b"")
real("registers that are asked for are the same", "hctest",
     ["--no-sync-regs"], 0, None)
real("nobody answers a hypercall, and the guest asks until the limit",
     "hctest", ["--no-hypercall", "--max-exits", "1000"], vm.LIMIT, b"")
real("a limit without a report is one line", "hctest",
     ["--no-hypercall", "--no-report", "--max-exits", "10"], vm.LIMIT, b"",
     r"\A[^\n]*--max-exits 10 used up[^\n]*\n\Z")


def boot(text, options, status, pattern, err="", cmdline="quiet"):
    def judge(result):
        result.must(status)
        have = result.out.decode("utf-8", "replace")
        tap.check(re.search(pattern, have), f"no {pattern!r} in:",
                  have[-2000:], result.err)
        tap.check(re.search(err, result.err), result.err)

    LINUX.add(text, lambda place: vm.Command(
        vm.KVM_VMM, "--timeout", str(LIMIT), *options, vm.image("vmlinux"),
        "--initrd", vm.image("initramfs.cpio*"), "--cmdline",
        f"console=ttyS0 {cmdline}", limit=LIMIT + 10), judge)


boot("without kvm-clock Linux measures its clock against the PIT, and still "
     "sees that it is a guest",
     ["--no-kvmclock"], 0, r"Hypervisor detected: KVM(.|\n)*tsc: .*calibrat",
     cmdline="loglevel=7 -- exit 0")
boot("with kvm-clock it does not", [], 0, r"kvm-clock: Using msrs",
     cmdline="loglevel=7 -- exit 0")
boot("without the PIT Linux boots, by the local APIC's timer", ["--no-pit"], 9,
     "", cmdline="quiet -- sleep 1; exit 9")
boot("without PIT and kvm-clock Linux waits for a tick that never comes",
     ["--no-pit", "--no-kvmclock", "--timeout", "8"], vm.LIMIT, "",
     r"RIP|rip")
boot("without interrupt controllers Linux has no console, and /init says so",
     ["--irqchip", "none"], 5, "init: the console refuses")
boot("without interrupt controllers or kvm-clock it stops before that",
     ["--irqchip", "none", "--no-kvmclock", "--timeout", "8"], vm.LIMIT, "",
     r"RIP|rip")
boot("without the UART it boots, and nobody hears it", ["--no-serial"], 7,
     r"\A\Z", cmdline="quiet -- exit 7")
# It asks the missing controller some 650,000 times first.
boot("without the keyboard controller a reboot takes many more VM exits",
     ["--no-i8042", "--max-exits", "50000"], vm.LIMIT, "", r"--max-exits 50000 used up",
     cmdline="quiet -- reboot -f; sleep 60")

REAL.add_cases(*vm.places("real16", "hello.bin", "hctest.bin"))
LINUX.add_cases(*vm.places("linux", "vmlinux", "initramfs.cpio*"))
tap.main()
