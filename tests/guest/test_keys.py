#!/usr/bin/python3
"""Who gets what is typed or piped: the kind of guest says, or --keys."""

import os
import tempfile

import badimages
import multiboot
import vm
from vm import tap

WORK = tempfile.TemporaryDirectory(dir=tap.BUILD)
LONG = 8_000    # bytes, each FIFO of 16 by way of the event loop
HELLO = b"typed from the first instant on\n"


def kernel():
    with open(vm.assemble("long_keys"), "rb") as file:
        code = file.read()
    path = os.path.join(WORK.name, "kernel")
    with open(path, "wb") as file:
        file.write(badimages.bzimage(code=code))
    return path


def piped(text, *options, keys, status, out):
    """A row: what such a guest is given, and what it makes of it."""
    TABLE.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, kernel(), stdin=keys(place)),
        lambda result: result.must(status, out(result)))


TABLE = vm.Table()
piped("Linux: nothing of what is piped goes to the keyboard",
      keys=lambda place: HELLO + b"\x04", status=vm.OK, out=lambda _: HELLO)
piped("--keys serial", "--keys", "serial",
      keys=lambda place: HELLO + b"\x04", status=vm.OK, out=lambda _: HELLO)
piped("--keys keyboard", "--keys=keyboard", keys=lambda place: b"ab\n",
      status=3, out=lambda _: b"!!!!")
piped("--keys auto", "--keys=keyboard", "--keys=auto",
      keys=lambda place: b"\x04", status=vm.OK, out=lambda _: b"")
piped("without a serial port the keyboard it is", "--no-serial",
      keys=lambda place: b"ab\n", status=3, out=lambda _: b"")
piped("a word --keys does not know", "--keys=mouse", keys=lambda place: b"",
      status=vm.USAGE, out=lambda _: b"")
piped("a device that is not there", "--keys=keyboard", "--no-i8042",
      keys=lambda place: b"", status=vm.USAGE, out=lambda _: b"")
piped("a console that nothing has plugged in", "--keys=console",
      keys=lambda place: b"", status=vm.USAGE, out=lambda _: b"")
if vm.has_feature("console", "plug"):
    piped("a console that the guest has no use for takes no keys", "--console",
          keys=lambda place: HELLO + b"\x04", status=vm.OK,
          out=lambda _: HELLO)


def arrives(place):
    text = b"".join(b"%06d a line of a long text\n" % n
                    for n in range(LONG // 28))
    command = vm.Command(vm.KVM_VMM, kernel(), stdin=text + b"\x04", limit=120)
    vm.batch(place, [command])[0].must(vm.OK, text)


def ends(text, guest, *options, keys, status, out, limit=60):
    """A real-mode guest, and how it ends when there is no more input."""
    ENDS.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, vm.assemble(guest), stdin=keys, limit=limit),
        lambda result: result.must(status, out))


ENDS = vm.Table()
ends("--eof poweroff ends a guest that waits for input", "carrier",
     "--eof=poweroff", keys=HELLO, status=vm.OK, out=HELLO)
ends("and not one that does not listen", "exits", "--eof=poweroff",
     "--timeout=3", keys=b"", status=vm.LIMIT, out=b"")
ends("nor one that computes with what it has read", "ponder",
     "--eof=poweroff", "--timeout=4", keys=b"k", status=vm.LIMIT, out=b"")
ends("--eof hangup drops the carrier", "carrier", "--eof=hangup", keys=HELLO,
     status=7, out=HELLO)
ends("--eof wait, as by default, waits", "carrier", "--eof=hangup",
     "--eof=wait", "--timeout=3", keys=HELLO, status=vm.LIMIT, out=HELLO)
ends("a word --eof does not know", "carrier", "--eof=now", keys=b"",
     status=vm.USAGE, out=b"")
for where in vm.places("real16")[:1]:
    ENDS.add_cases(where)


def silent(text, *options, status=vm.OK, out=b"\x1e\x9e\x30\xb0"):
    """A multiboot kernel that only takes IRQ1."""
    SILENT.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, multiboot.assemble("irq1"), stdin=b"ab"),
        lambda result: result.must(status, out))


SILENT = vm.Table()
silent("a kernel that only takes IRQ1 is lent its keys")
silent("and by the 8259 of kvm-vmm", "--irqchip=vmm")
silent("--keys keyboard lends them, too", "--keys=keyboard")
silent("--keys serial does not", "--keys=serial", "--timeout=4",
       status=vm.LIMIT, out=b"")
for where in vm.places("prot32")[:1] if vm.has_loader("multiboot1") else ():
    SILENT.add_cases(where)
PLACES = vm.places("long64")
for where in PLACES[:1]:    # one of them, or it takes long
    TABLE.add_cases(where)
    tap.add(f"a long text arrives whole ({where})", arrives, where)

tap.main()
