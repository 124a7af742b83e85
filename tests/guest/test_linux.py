#!/usr/bin/python3
# timeout: 600
"""Linux from the build, to its shell and out again, in the lab and where the
host's own KVM can. Each session does several checks, as a boot takes seconds.
"""

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
PROMPT = r"[#$] $"
PLACES = ("host", "lab")


def argv(place, kernel, *options):
    vm.require(place, "linux")
    command = [vm.KVM_VMM, "--timeout", str(LIMIT), vm.image(kernel),
               "--initrd", vm.image("initramfs.cpio*"), *options]
    return vm.lab_command(command, "--mem", "1G") if place == "lab" \
        else command


class Shell(terminal.Terminal):
    """A Linux guest at its prompt."""

    def __init__(self, place, kernel="vmlinux", *options, mem="1G"):
        command = argv(place, kernel, *options)
        if place == "lab":
            command[command.index("1G")] = mem
        super().__init__(command, LIMIT)
        self.expect(PROMPT)

    def run(self, command):
        """Types a command; what it printed, without echo and prompt."""
        mark = f"@{len(self.seen)}"
        self.send(f"{command}; echo {mark[0]}''{mark[1:]} $?\r")
        found = self.expect(rf"\n((?:.*\n)*){mark} (\d+)\r?\n")
        self.expect(PROMPT)
        return found.group(1).replace("\r", "").strip()

    def leave(self, command, status):
        self.send(command + "\r")
        self.ends(status)


def shell_works(place):
    with Shell(place) as linux:
        tap.equal(linux.run("uname -s -m"), "Linux x86_64", "uname")
        tap.equal(linux.run("echo $((6 * 7)) $((2 ** 40))"),
                  "42 1099511627776", "arithmetic")
        tap.equal(linux.run("nproc"), "1", "nproc")
        tap.equal(linux.run("echo a b | tr ab xy"), "x y", "a pipe")
        tap.equal(linux.run("ls -ld /proc/self /sys/class /dev/null | wc -l"),
                  "3", "mounts")
        linux.leave("poweroff", vm.OK)


def interrupts(place):
    with Shell(place) as linux:
        linux.send("sleep 1000\r")
        linux.expect(r"sleep 1000\r?\n")
        linux.send(CTRL_C)
        linux.expect(PROMPT)
        tap.equal(linux.run("echo $?"), "130", "status of the sleep")
        linux.send("sleep 1000 &\r")    # job control
        linux.expect(PROMPT)
        tap.check("sleep" in linux.run("jobs"), "no job in the background")
        linux.run("kill %1")
        linux.send(CTRL_A + "x")
        linux.ends(vm.OK)


def pastes(place):
    """100 KB typed as fast as the terminal takes them, echo switched off."""
    lines = [f"{n:06d}" + 57 * chr(33 + n % 90) for n in range(PASTE_LINES)]
    text = "\n".join(lines) + "\n"
    want = hashlib.md5(text.encode()).hexdigest()
    with Shell(place) as linux:
        linux.run("stty -echo")
        linux.send("cat >/tmp/paste; md5sum /tmp/paste; wc -c /tmp/paste\r")
        for at in range(0, len(text), 1024):
            linux.send(text[at:at + 1024])
        linux.send("\x04")
        have = linux.expect(r"([0-9a-f]{32})  /tmp/paste\s+(\d+)").groups()
        tap.equal(have, (want, str(len(text))), "md5sum and length")
        linux.expect(PROMPT)
        linux.leave("poweroff", vm.OK)


def counts_cpus(place, count):
    with Shell(place, "vmlinux", "--smp", str(count)) as linux:
        tap.equal(linux.run("nproc"), str(count), "nproc")
        for cpu in range(count):
            tap.check(f"processor\t: {cpu}" in linux.run(
                "grep ^processor /proc/cpuinfo"), f"no processor {cpu}")
        linux.leave("poweroff", vm.OK)


def memory(place, mem, least, most, lab_mem):
    """--mem is what the guest has, in MiB, less the kernel itself."""
    with Shell(place, "vmlinux", "--mem", mem, mem=lab_mem) as linux:
        total = int(linux.run("grep MemTotal /proc/meminfo").split()[1])
        tap.check(least <= total / 1024 <= most,
                  f"MemTotal is {total / 1024:.0f} MiB")
        if total > 4 << 20:     # and all of it is really there
            linux.run("dd if=/dev/zero of=/tmp/big bs=1M count=64")
        linux.leave("poweroff", vm.OK)


def ends(place, command, status):
    with Shell(place) as linux:
        linux.leave(command, status)


# Whole boots without a terminal: kernel, options, stdin, status, output.
BATCH = vm.Table("linux")


def boot(text, options, status, pattern="", stdin=b"", kernel="vmlinux",
         limit=LIMIT):
    def judge(result):
        result.must(status)
        tap.check(re.search(pattern, result.out.decode("utf-8", "replace")),
                  f"no {pattern!r} in:", result.out[-2000:], result.err)

    def make(_):
        return vm.Command(vm.KVM_VMM, "--timeout", str(limit),
                          vm.image(kernel), "--initrd",
                          vm.image("initramfs.cpio*"), *options,
                          stdin=stdin, limit=limit + 10)
    BATCH.add(text, make, judge)


def words(text):
    return ("--cmdline", "console=ttyS0 quiet " + text)


boot("a command on the kernel command line gives the VM its status",
     words("-- uname -s; exit 42"), 42, "Linux")
boot("so does run=", words('run="exit 7"'), 7)
boot("piped commands run, and the end of input is none of the VM's",
     (), 0, r"tes 12\d*[\s\S]*ted", stdin=b"echo tes $((3 * 41))\n"
     b"echo ted | tr x y\npoweroff\n")
boot("bzImage boots", words("-- cat /proc/version"), 0, "Linux version",
     kernel="bzImage")
boot("the original's command line boots",
     ("--linux", "--cmdline", ORIGINAL + " -- exit 3"), 3)
boot("a panic is a crash", words("rdinit=/bin/sh -- -c true"), vm.CRASHED)
boot("a panic with the original's command line is a crash",
     ("--cmdline", ORIGINAL + " rdinit=/bin/sh -- -c true"), vm.CRASHED,
     "Kernel panic")
boot("so is one without a root", words("rdinit=/nothing root=/dev/none "
                                       "noinitrd"), vm.CRASHED)
boot("reboot ends the VM well", words("-- reboot -f; sleep 60"), 0)
boot("halt has a status of its own", words("-- halt -f; sleep 60"),
     vm.HALTED)
boot("a loop ends at --timeout", words("-- 'while :; do :; done'"), vm.LIMIT,
     limit=6)
boot("--max-exits ends a boot", ("--max-exits", "100"), vm.LIMIT)
boot("--smp 4 with a command", ("--smp", "4", *words("-- nproc")), 0,
     r"\b4\b")

for where in PLACES:
    tap.add(f"uname, arithmetic, pipes, mounts; poweroff is 0 ({where})",
            shell_works, where)
    tap.add(f"Ctrl-C interrupts a sleep, jobs work, Ctrl-A x ({where})",
            interrupts, where)
    tap.add(f"100 KB pasted through the serial line arrive intact ({where})",
            pastes, where)
    for cpus in (2, 4):
        tap.add(f"nproc with --smp {cpus} ({where})", counts_cpus, where,
                cpus)
    tap.add(f"--mem 512M ({where})", memory, where, "512M", 480, 512, "1G")
    tap.add(f"--mem 5G, the hole below 4 GiB ({where})", memory, where, "5G",
            4900, 5120, "1G")
    for goodbye, code in (("reboot", vm.OK), ("halt", vm.HALTED),
                          ("exit", vm.OK)):
        tap.add(f"{goodbye} at the shell ends with {code} ({where})", ends,
                where, goodbye, code)
BATCH.add_cases(*PLACES)

tap.main()
