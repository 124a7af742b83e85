#!/usr/bin/python3
# timeout: 240
"""What text-mode systems read of a PC's ports: a multiboot kernel of ours prints
it, and QEMU, which has never heard of us, runs the same kernel. Each line must
be QEMU's, but for those below, where the data sheets or the machine differ."""

import functools

import multiboot
import vm
from vm import tap

CPUS = 2
# Name: what we answer, and why not what QEMU does.
OURS = {
    "8259 ELCR": ("00 02", "QEMU's PCI lines are 10 and 11; ours SCI is 9"),
    "PIT read-back at entry": ("34 3e 3e", "no BIOS has used the others"),
    "i8042 status at entry": ("14", "no BIOS has sent a command"),
    "both ports off, command byte": ("75 1c", "SYS is in both registers"),
    "self test": ("55 75 1c", "likewise"),
    "command byte written": ("30 18", "likewise"),
    "output port": ("cf cd cf cd cf", "bit 4 is IRQ1, not what was written"),
    "loop: as if from the keyboard": ("11 5a", "data, not a command, came last"),
    "loop: as if from the mouse": ("31 a5", "likewise"),
    "input port, test inputs": ("a0 00", "QEMU does not know the second"),
    "mouse": ("31 fa", "likewise, and SYS is gone"),
    "CMOS shutdown, floppies, disks, equipment":
        ("00 00 00 00 06", "no floppy drive"),
    "RTC: flags are read once": ("00 00 00", "PF comes without PIE, too"),
    "RTC: periodic flag comes by itself": ("", "likewise"),
}
OUR_PIT = {
    "PIT read-back at entry": ("34 36 36", "as after power-on"),
    "counter 2, mode 1, MSB only": ("e2", "OUT as in the data sheet"),
    "counter 2, modes 4, 5 and 2": ("f8 fa f4", "no count has come yet"),
    "port 61h keeps": ("0f 00", "the checks' enable bits can be read"),
    "CMOS CPUs, century, checksum": ("00 20 20 00 00", "one vCPU"),
    "fw_cfg RAM, CPUs, most CPUs":
        ("00 00 00 08 00 00 00 00 00 01 00 00 01 00 00", "one vCPU"),
}


def kernel():
    return multiboot.assemble("ports")


def lines(text):
    """{name: answers} of what the kernel prints."""
    return {name: answer.strip() for name, _, answer in
            (line.rpartition(":") for line in text.splitlines() if line)}


@functools.lru_cache(None)
def by_qemu():
    if multiboot.qemu_lacks():
        raise tap.Skip(multiboot.qemu_lacks())
    status, out = multiboot.run_qemu("-smp", str(CPUS), "-kernel", kernel())
    tap.equal(status, 0, "QEMU's status")
    return lines(out)


def compare(ours):
    def judge(result):
        result.must(1)
        qemu, found = by_qemu(), lines(result.out.decode())
        tap.equal(list(found), list(qemu), "names")
        tap.none_of(f"{name}: {answer}, not {ours.get(name, [qemu[name]])[0]}"
                    for name, answer in found.items()
                    if answer != ours.get(name, [qemu[name]])[0])
        tap.none_of(f"{name}: as QEMU's, so it is no exception"
                    for name in ours if ours[name][0] == qemu[name])
    return judge


TABLE = vm.Table()
for chip, cpus, differ in (("vmm", 1, {**OURS, **OUR_PIT}),
                           ("split", CPUS, {**OURS, **OUR_PIT}),
                           ("kernel", CPUS, OURS)):
    for name in [] if chip == "vmm" else [n for n in OUR_PIT if "CPUs" in n]:
        differ.pop(name, None)
    TABLE.add(f"--irqchip {chip}: what the ports say is what QEMU's say",
              lambda place, chip=chip, cpus=cpus: vm.Command(
                  vm.KVM_VMM, f"--irqchip={chip}", f"--smp={cpus}",
                  "--mem=128M", "--exit-port=0xf4", "--timeout=60", kernel(),
                  limit=70), compare(differ))


def ends(text, *options, status, err=""):
    def judge(result):
        result.must(status, b"")
        tap.check(err in result.err, f"no {err!r}:", result.err)
    EXITS.add(text, lambda place: vm.Command(
        vm.KVM_VMM, *options, vm.assemble("exit_port")), judge)


EXITS = vm.Table()
ends("--exit-port: twice the value and one", "--exit-port=0xf4", status=35)
ends("the port of a word or of a byte", "--exit-port=0xf4,1", status=35)
ends("the guest before it has none", "--verbose", status=vm.OK,
     err="port 0xf4: write, but no device is there")
ends("where another device is, there is one error", "--exit-port=0x501",
     status=vm.USAGE, err="port 0x501: both hypercall and exit-port claim it")
ends("and where that device is not, there is none", "--exit-port=0x501",
     "--no-hypercall", status=vm.OK)
ends("twice at one port", "--exit-port=0xf4", "--exit-port=0xf4",
     status=vm.USAGE, err="both exit-port and exit-port claim it")
ends("twice elsewhere", "--exit-port=0xf0", "--exit-port=0xf4", status=35)
ends("a word that is no port", "--exit-port=f4", status=vm.USAGE,
     err="give a port such as 0xf4")
for where in vm.places("real16")[:1]:
    EXITS.add_cases(where)
for where in vm.places("prot32")[:1]:
    TABLE.add_cases(where)
tap.main()
