#!/usr/bin/python3
# timeout: 600
"""virtio-console and the balloon under Linux, in one session of the lab: a shell on
hvc0 over each transport with somebody at its keyboard, and free memory that the
host has back.
"""

import hashlib
import os

import terminal
import vm
from terminal import CTRL_C
from vm import tap

LIMIT = 120
PROMPT = "# $"
TEXT = "".join(f"{n:06d}{57 * chr(33 + n % 90)}\n" for n in range(1600))
STD = os.path.join(tap.BUILD, "std")
LINUX = (os.path.join(STD, "vmlinux"), "--initrd",
         os.path.join(STD, "initramfs.cpio"))
BUSES = [bus for bus in ("mmio", "pci") if vm.has_feature(bus, "virtio")]

# The guest fills 64 MiB and frees them again when it is told to; the host looks
# until most of them are back. What ends it otherwise is the limit of the test.
FREES = ("mkdir /t; mount -t tmpfs t /t; dd if=/dev/zero of=/t/f bs=1M count=64; "
         "echo @full; read line; rm /t/f; read line; echo @over")
SCRIPT = r"""
for bus in %(buses)s; do
	%(vmm)s --virtio $bus --console --rng %(linux)s
	echo "@ended $bus $?"
done
rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$pid/status; }
cd /tmp
mkfifo in out
%(vmm)s --mem 256M --balloon=32M --verbose %(linux)s \
	--cmdline "console=ttyS0 quiet run=\"$frees\"" <in >out 2>err &
pid=$!
exec 3>in 4<out
while read -r line <&4 && [ "${line#@full}" = "$line" ]; do echo "$line"; done
full=$(rss)
echo go >&3
while have=$(rss) && [ $((full - have)) -lt 49152 ]; do sleep 0.2; done
echo "@back $full KiB before, $have KiB now"
echo go >&3
cat <&4
wait $pid
echo "@balloon $?"
grep "KiB given" err
"""


class Session:
    """What is done at the keyboard, one after the other."""

    def __init__(self):
        script = SCRIPT % {"buses": " ".join(BUSES), "vmm": vm.KVM_VMM,
                           "linux": " ".join(LINUX)}
        self.term = terminal.Terminal(
            vm.lab_command(["sh", "-c", f"frees={FREES!r}\n{script}"],
                           "--timeout", "500"), limit=LIMIT)

    def run(self, line, pattern):
        """A command has printed that; then there is a prompt again."""
        self.term.send(line + "\r")
        self.term.expect(pattern)
        self.term.expect(PROMPT)

    def begins(self, _bus):
        """Its terminal is that one, and the kernel's log is on the other."""
        self.term.expect(PROMPT)
        self.run("cat /proc/consoles", r"\nhvc0 .*\r\nttyS0")
        self.run("echo hvc''0 >/dev/hvc0", "hvc0")

    def size(self, _bus):
        self.run("stty size", r"\n24 200\r")
        self.term.send("(trap 'stty size' WINCH; echo trap''ped; "
                       "while :; do sleep 1; done)\r")
        self.term.expect("\ntrapped")
        for lines, columns in (51, 150), (24, 200):
            self.term.child.setwinsize(lines, columns)
            self.term.expect(rf"\n{lines} {columns}\r")

    def interrupts(self, _bus):
        """What runs there since the last step."""
        self.term.send(CTRL_C)
        self.term.expect(PROMPT)
        self.run("echo status $?", "status 130")

    def pastes(self, _bus):
        """A terminal takes lines, however fast they come."""
        self.term.send(f"stty -echo; echo rea''dy; head -c {len(TEXT)} | "
                       "md5sum; stty echo\r")
        self.term.expect("ready")
        self.term.send(TEXT.replace("\n", "\r"))
        found = self.term.expect(r"([0-9a-f]{32})  -").group(1)
        tap.equal(found, hashlib.md5(TEXT.encode()).hexdigest(), "sum")
        self.term.expect(PROMPT)

    def ends(self, bus):
        self.term.send("poweroff -f\r")
        self.term.expect(rf"@ended {bus} 0\r")

    def frees(self, _bus):
        """32 MiB were asked for, and 64 MiB were free again."""
        self.term.expect("@back")
        found = self.term.expect(r"@balloon 0\r\n.*: (\d+) KiB given, (\d+) KiB")
        given, reported = map(int, found.groups())
        tap.equal(given, 32 << 10, "KiB given")
        tap.check(reported >= 48 << 10, f"{reported} KiB reported free")


STEPS = [(f"{bus}: {text}", step, bus) for bus in BUSES for text, step in (
    ("the session is on hvc0", Session.begins),
    ("the terminal's size, and another one", Session.size),
    ("Ctrl-C", Session.interrupts),
    ("100 KB that are pasted arrive whole", Session.pastes),
    ("it ends", Session.ends))]
STEPS.append(("free memory goes back to the host", Session.frees, None))
RESULTS = {}    # by text: None, or why not


def run_all():
    """Up to the first that fails."""
    session = Session()
    with session.term:
        for text, step, bus in STEPS:
            try:
                step(session, bus)
            except tap.Failure as failure:
                RESULTS[text] = failure
                return
            RESULTS[text] = None


def judge(text):
    if not RESULTS:
        run_all()
    failure = RESULTS.get(text, tap.Failure("one before it failed"))
    if failure:
        raise failure


if not (vm.has_feature("console", "plug") and vm.has_feature("balloon", "plug")):
    tap.add("console and balloon", vm.skip, "not configured")
elif not os.path.exists(LINUX[0]):
    tap.add("console and balloon", vm.skip, "not built; run `make std`")
elif "lab" in vm.places("linux"):
    for step_text, _, _ in STEPS:
        tap.add(step_text, judge, step_text)
tap.main()
