#!/usr/bin/python3
# timeout: 300
"""Multiboot programs that nobody here wrote, as Debian packages them: what they
show on the screen. The example of the specification prints all that it is told,
and draws a line by what it is told of the screen."""

import os
import shlex

import multiboot
import stock
import vm
from screens import Session
from vm import tap

EXAMPLE = "/usr/lib/multiboot/examples/kernel"
INVADERS = "/boot/invaders.exec"
MODULE = multiboot.module(0, 16)
TABLE = vm.Table("--share", os.path.dirname(EXAMPLE))


def lacks(path, package):
    return None if os.path.exists(path) else \
        f"{package} is not installed; `make deps` installs it"


def shows(*lines):
    """Rows begin so, but for a cell of the line across the screen."""
    def judge(result):
        result.must(vm.HALTED)
        have = result.out.decode("utf-8", "replace").splitlines()
        for number, want in enumerate(lines):
            row = have[number] if number < len(have) else ""
            want = want[:number] + "\\" + want[number + 1:]
            tap.check(row.startswith(want), f"row {number}: have {row!r}",
                      f"want {want!r}")
        tap.check(all(row[number:number + 1] == "\\"
                      for number, row in enumerate(have[:20])), *have)
    return judge


def plays():
    """The invaders march, and what is typed fires at them."""
    with Session("--display", "text", INVADERS) as term:
        term.until("invaders and a cannon", lambda: any(
            "-*-" in row for row in term.rows()) and "/ \\" in term.row(24))
        term.send(" ")
        term.until("a shot", lambda: any("|" in row for row in term.rows()))


# --- Kernels -----------------------------------------------------------------

XEN = (r"xen-hypervisor-[0-9.]*-amd64", "boot/xen-*-amd64.gz")
MACH = (r"gnumach-image-1\.[0-9]*-486", "boot/gnumach-*-486.gz")
# Mach waits for long before it resets the machine: what it says is enough.
UNTIL = """\
dir=$(mktemp -d)
mkfifo "$dir/out"
%s >"$dir/out" &
grep -a -m 1 "No bootstrap code" "$dir/out"
kill $!
wait
"""


def kernel(name, pattern):
    return stock.one(stock.package(name, "amd64", "./" + pattern), pattern)


def xen(loader, base):
    """All of Xen's start, to where it misses a kernel that was not given: the
    multiboot protocol has served by then."""
    def judge(result):
        result.must(vm.OK)
        tap.none_of(text for text in (
            "Bootloader: Mini-KVM", "Command line: no-real-mode two  words",
            f"Xen image load base address: {base}",
            "dom0 kernel not specified") if text not in result.out.decode())
    KERNELS.add(f"Xen, by {loader}", lambda _: vm.Command(
        vm.KVM_VMM, "--loader", loader, kernel(*XEN), "--cmdline",
        "no-real-mode two  words console=com1 com1=115200,8n1", limit=90),
        judge)


def mach():
    """An ELF file of 64 bits that is entered in 32."""
    def make(_):
        words = [vm.KVM_VMM, "--timeout", "80", kernel(*MACH), "--cmdline",
                 "console=com0"]
        return vm.Command("sh", "-c", UNTIL % shlex.join(words), limit=90)
    KERNELS.add("GNU Mach", make, lambda result: tap.check(
        b"bootstrap_create: No bootstrap code" in result.out, result.out,
        result.err))


KERNELS = vm.Table()


def add_kernels():
    try:
        kernel(*XEN)
        kernel(*MACH)
    except tap.Skip as reason:
        tap.add("Xen and GNU Mach", vm.skip, str(reason))
        return
    xen("multiboot1", "0")
    xen("multiboot2", "0x7a00000")      # as high as it may be
    mach()
    KERNELS.add_cases(*vm.places("paged32"))


# --- Programs ----------------------------------------------------------------

def add_example():
    reason = lacks(EXAMPLE, "multiboot")
    if reason:
        tap.add("the specification's example", vm.skip, reason)
        return
    TABLE.add("the specification's example", lambda _: vm.Command(
        vm.KVM_VMM, "--no-report", "--screen-at-end", "/dev/stdout", "--mem",
        "64M", EXAMPLE, "--module", f"{MODULE} of mine", "--cmdline",
        "two  words"), shows(
            "flags = 0x126d",
            "mem_lower = 639KB, mem_upper = 64512KB",
            f"cmdline = {EXAMPLE} two  words",
            "mods_count = 1, mods_addr = 0x1",
            " mod_start = 0x105000, mod_end = 0x105010, cmdline = "))


places = vm.places("prot32")
if not (vm.has_device("vga") and vm.has_loader("multiboot1")):
    tap.add("multiboot programs", vm.skip,
            "no text screen, or no multiboot loader")
else:
    add_example()
    TABLE.add_cases(*places)
    if vm.has_loader("multiboot2") and vm.has_feature("gzip"):
        add_kernels()
    if "host" in places and not lacks(INVADERS, "grub-invaders"):
        tap.add("grub-invaders: the game runs", plays)
    else:
        tap.add("grub-invaders", vm.skip, lacks(INVADERS, "grub-invaders") or
                "this machine's KVM cannot run it")
tap.main()
