#!/usr/bin/python3
# timeout: 900
"""Linux from the build, to its shell and out again, in the lab and where the
host's own KVM can. Each session does several checks, as a boot takes seconds.
"""

import gzip
import hashlib
import re

import terminal
import vm
from terminal import CTRL_A, CTRL_C
from vm import tap

LIMIT = 60          # seconds for a boot or a command on a busy machine
# The command line of the original Mini-KVM, which knows nothing of panic=.
ORIGINAL = "console=ttyS0 earlycon=uart,io,0x3f8,115200 loglevel=4 nokaslr"
PASTE_LINES = 1600  # of 64 characters: 100 KB and a bit
PASTE_LIMIT = 240   # seconds; in the lab a character takes up to a millisecond
PROMPT = r"[#$] $"


def initramfs():
    return vm.image("initramfs.cpio*")


def gzipped():
    """The initramfs as gzip makes it, beside the test guests."""
    path = vm.assemble("halt") + ".cpio.gz"
    with open(initramfs(), "rb") as plain, gzip.open(path, "wb") as packed:
        packed.write(plain.read())
    return path


def entry(name, data=b"", mode=0o100644, ino=9000):
    """One entry of a cpio archive."""
    numbers = (ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers)
    one = head + name.encode() + b"\0"
    one += bytes(-len(one) % 4) + data
    return one + bytes(-len(one) % 4)


def three_parts():
    """Microcode first, then the initramfs packed, then one file as it is."""
    path = vm.assemble("halt") + ".parts"
    end = entry("TRAILER!!!", mode=0, ino=0)
    early = entry("kernel", mode=0o40755, ino=1) + \
        entry("kernel/microcode", 1000 * b"A", ino=2) + end
    with open(initramfs(), "rb") as plain:
        packed = gzip.compress(plain.read(), mtime=0)
    with open(path, "wb") as file:
        file.write(early + bytes(-len(early) % 512))
        file.write(packed + bytes(-len(packed) % 4))
        file.write(entry("root/added", b"added\n") + end)
    return path


def argv(*options, kernel="vmlinux", limit=LIMIT, initrd=initramfs):
    """A command line; initrd() finds the initramfs, None goes without."""
    command = [vm.KVM_VMM, "--timeout", str(limit), vm.image(kernel)]
    if initrd:
        command += ["--initrd", initrd()]
    return [*command, *options]


class Shell(terminal.Terminal):
    """A Linux guest at its prompt."""

    def __init__(self, place, *options, **choice):
        command = argv(*options, **choice)
        super().__init__(vm.lab_command(command) if place == "lab"
                         else command, choice.get("limit", LIMIT))
        self.expect(PROMPT)

    def run(self, command):
        """Types a command; what it printed, without echo and prompt."""
        mark = f"@{len(self.seen)}"
        self.send(f"{command}; echo {mark[0]}''{mark[1:]} $?\r")
        found = self.expect(rf"\n((?:.*\n)*){mark} (\d+)\r*\n")
        self.expect(PROMPT)
        return found.group(1).replace("\r", "").strip()

    def leave(self, command, status):
        self.send(command + "\r")
        self.ends(status)


def works(place):
    with Shell(place) as linux:
        tap.equal(linux.run("uname -s -m"), "Linux x86_64", "uname")
        tap.equal(linux.run("echo $((6 * 7)) $((1 << 40))"),
                  "42 1099511627776", "arithmetic")
        tap.equal(linux.run("nproc"), "1", "nproc")
        tap.equal(linux.run("echo a b | tr ab xy"), "x y", "a pipe")
        tap.equal(linux.run("stty size"), "24 200", "size of the terminal")
        tap.equal(linux.run("echo ${COLUMNS-none}"), "none", "COLUMNS")
        tap.equal(linux.run("hostname; uname -n"), "mini-kvm\nmini-kvm",
                  "name of the host")
        linux.leave("poweroff", vm.OK)


def interrupts(place):
    with Shell(place) as linux:
        linux.send("sh -c 'echo asl\"\"eep; exec sleep 1000'\r")
        linux.expect("asleep")  # only now there is something to interrupt
        linux.send(CTRL_C)
        linux.expect(PROMPT)
        tap.equal(linux.run("echo $?"), "130", "status of the sleep")
        linux.send("sleep 1000 &\r")    # job control
        linux.expect(PROMPT)
        tap.check("sleep" in linux.run("jobs"), "no job in the background")
        linux.send(CTRL_A + "x")
        linux.ends(vm.OK)


def pastes(place):
    """100 KB typed as fast as the terminal takes them, echo switched off."""
    lines = [f"{n:06d}" + 57 * chr(33 + n % 90) for n in range(PASTE_LINES)]
    text = "\n".join(lines) + "\n"
    want = hashlib.md5(text.encode()).hexdigest()
    with Shell(place, limit=PASTE_LIMIT) as linux:
        linux.run("stty -echo")
        linux.send("cat >/tmp/paste; md5sum /tmp/paste; wc -c /tmp/paste\r")
        for at in range(0, len(text), 1024):
            linux.send(text[at:at + 1024])
        linux.send("\x04")
        have = linux.expect(r"([0-9a-f]{32})  /tmp/paste\s+(\d+) /tmp/paste").groups()
        tap.equal(have, (want, str(len(text))), "md5sum and length")
        linux.expect(PROMPT)
        linux.leave("poweroff", vm.OK)


def counts_cpus(place):
    with Shell(place, "--smp", "4", "--mem", "512M") as linux:
        tap.equal(linux.run("nproc"), "4", "nproc")
        total = int(linux.run("grep MemTotal /proc/meminfo").split()[1])
        tap.check(480 << 10 <= total <= 512 << 10, f"MemTotal is {total} kB")
        linux.leave("reboot", vm.OK)


def splits(place):
    with Shell(place, "--irqchip", "split", "--smp", "2") as linux:
        tap.equal(linux.run("nproc"), "2", "nproc")
        tap.check(re.search(r"4: .*IO-APIC +4-edge +ttyS0",
                            linux.run("grep ttyS0 /proc/interrupts")),
                  "ttyS0 is not at the I/O APIC")
        linux.leave("halt", vm.HALTED)


def halts(place):
    with Shell(place, kernel="bzImage") as linux:
        linux.leave("halt", vm.HALTED)


# Whole boots without a terminal: kernel, options, stdin, status, output.
BATCH = vm.Table()


def boot(text, options, status, pattern="", stdin=b"", alone=False, **choice):
    """One boot; if alone, --smp is more than the guest makes of it."""
    def judge(result):
        result.must(status)
        tap.check(re.search(pattern, result.out.decode("utf-8", "replace")),
                  f"no {pattern!r} in:", result.out[-2000:], result.err)
        tap.equal("has started 1 of its" in result.err, alone,
                  "said that it has one vCPU: " + result.err)

    BATCH.add(text, lambda place: vm.Command(
        *argv(*options, **choice), stdin=stdin, limit=LIMIT + 10), judge)


def words(text):
    return ("--cmdline", "console=ttyS0 quiet " + text)


boot("a command on the kernel command line gives the VM its status",
     words("-- uname -s; exit 42"), 42, "Linux")
boot("so does run=", words('run="exit 7"'), 7)
boot("dashes between quotes are text, and any white space separates",
     words('note="a -- exit 9"\n--\texit 6'), 6)
boot("a command that the shell cannot read has no status of its own",
     words("-- echo 'a"), 63, "init: the shell refuses the command")
boot("piped commands run, and the end of input is none of the VM's",
     (), 0, r"tes 12\d*[\s\S]*ted", stdin=b"echo tes $((3 * 41))\n"
     b"echo ted | tr x y\npoweroff\n")
boot("bzImage boots", words("-- cat /proc/version"), 0, "Linux version",
     kernel="bzImage")
boot("a gzip initramfs boots", words("-- exit 9"), 9, initrd=gzipped)
boot("an initramfs of three parts boots", words("-- cat /root/added; exit 9"),
     9, "added", initrd=three_parts)
boot("the original's command line boots",
     ("--linux", "--cmdline", ORIGINAL + " -- exit 3"), 3)
boot("a panic is a crash", words("rdinit=/bin/sh -- -c true"), vm.CRASHED)
boot("a panic with the original's command line is a crash",
     ("--cmdline", ORIGINAL + " rdinit=/bin/sh -- -c true"), vm.CRASHED,
     "Kernel panic")
boot("so is one for want of an initramfs", words(""), vm.CRASHED,
     initrd=None)
boot("reboot ends the VM well", words("-- reboot -f; sleep 60"), 0)
# Whatever way to reset the guest chooses. "w" is the kind that a panic has
# without more words, "panic_hard" the kind that a reboot has.
PANIC = "rdinit=/bin/sh -- -c true"
for way in ("w", "panic_hard", "t", "b", "e"):
    boot(f"reboot={way}: a reboot ends the VM well",
         words(f"reboot={way} -- reboot -f; sleep 60"), 0)
    boot(f"reboot={way}: a panic is a crash", words(f"reboot={way} {PANIC}"),
         vm.CRASHED, "Kernel panic")
boot("what a panic would print does not make a reboot one",
     words("reboot=w -- echo Kernel panic - not syncing; reboot -f; sleep 60"),
     0, "Kernel panic")
boot("a panic that no console tells of is a crash",
     ("--cmdline", "console=tty0 " + PANIC), vm.CRASHED)
boot("halt has a status of its own", words("-- halt -f; sleep 60"),
     vm.HALTED)
boot("a loop ends at --timeout", words("-- while :; do :; done"), vm.LIMIT,
     limit=6)
boot("--max-exits ends a boot", ("--max-exits", "100"), vm.LIMIT)
for cpus in (1, 2, 4):
    boot(f"nproc with --smp {cpus}", ("--smp", str(cpus), *words("-- nproc")),
         0, rf"(?m)^{cpus}\r?$")
boot("--smp 2 for a kernel that starts one is said",
     ("--smp", "2", *words("nosmp -- nproc")), 0, r"(?m)^1\r?$", alone=True)
boot("Linux takes its interrupts from the 8259s of kvm-vmm",
     ("--irqchip", "vmm", *words("-- grep ttyS0 /proc/interrupts")), 0,
     r"4: +\d+ +XT-PIC +ttyS0")
for chip, options in (("XT-PIC", ()), ("IO-APIC", ("--no-shortcuts",)),
                      ("IO-APIC", ("--irqchip", "split")),
                      ("IO-APIC", ("--smp", "2"))):
    boot(f"ttyS0 is at the {chip} with {' '.join(options) or 'one vCPU'}",
         (*options, *words("-- grep ttyS0 /proc/interrupts")), 0,
         rf"4: [ \d]+ {chip}.* ttyS0")
for cpus in (1, 4):
    boot(f"nproc with --irqchip=split --smp {cpus}",
         ("--irqchip", "split", "--smp", str(cpus), *words("-- nproc")),
         0, rf"(?m)^{cpus}\r?$")
boot("the 8259s of --irqchip=split reach Linux without its APICs",
     ("--irqchip", "split",
      *words("nolapic noapic -- grep ttyS0 /proc/interrupts")), 0,
     r"4: +\d+ +XT-PIC +ttyS0")
boot("--irqchip=split --no-pit boots on the local APIC's timer",
     ("--irqchip", "split", "--no-pit", *words("-- exit 4")), 4)
boot("a panic is a crash with --irqchip=split, too",
     ("--irqchip", "split", *words("rdinit=/bin/sh -- -c true")), vm.CRASHED)
boot("--smp 2 wants other interrupt controllers than those",
     ("--irqchip", "vmm", "--smp", "2"), vm.USAGE)
boot("interrupt controllers that nobody knows are refused",
     ("--irqchip", "nonsense"), vm.USAGE)
# 5 GiB less what the kernel takes, and the last of it can be written to.
boot("--mem 5G: the guest sees it all, around the hole below 4 GiB",
     ("--mem", "5G", *words("-- grep MemTotal /proc/meminfo")), 0,
     r"MemTotal: +(49|50|51)\d{5} kB")

PLACES = vm.places("linux", "vmlinux", "bzImage", "initramfs.cpio*")
for where in PLACES:
    tap.add(f"uname, arithmetic, a pipe, nproc; poweroff ends with 0 "
            f"({where})", works, where)
    tap.add(f"Ctrl-C interrupts a sleep, jobs work, Ctrl-A x quits ({where})",
            interrupts, where)
    tap.add(f"100 KB pasted through the serial line arrive intact ({where})",
            pastes, where)
    tap.add(f"nproc with --smp 4, --mem 512M; reboot ends with 0 ({where})",
            counts_cpus, where)
    tap.add(f"bzImage to the shell; halt ends with 72 ({where})", halts,
            where)
    tap.add(f"--irqchip=split --smp 2: typed input by IRQ4 of the I/O APIC; "
            f"halt ends with 72 ({where})", splits, where)
BATCH.add_cases(*PLACES)

tap.main()
