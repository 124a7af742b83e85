#!/usr/bin/python3
# timeout: 1100
"""Networks of Linux guests, in one session of the lab: two on a hub, one of ours and
one of QEMU's on a socket whose other end lied and went before, and one on a TAP
interface in a name space of its own. Both ends make sums of what they pass.
"""

import re
import shutil

import netguest
import vm
from vm import tap

QEMU = shutil.which("qemu-system-x86_64")

# Waits for a line of a file, and goes on; what hangs ends by the row's limit.
BEGIN = r"""
set -u
dir=$(mktemp -d)
cd "$dir" || exit
await() { until grep -q "$1" "$2"; do sleep 0.1; done; }
# A socket has its place a moment before it listens, which a flag says.
listens() { await " 00010000 .* $1\$" /proc/net/unix; }
# ours NAME OPTIONS WORDS
ours() {
	name=$1 words=$3
	%(vmm)s $2 %(kernel)s --initrd %(initrd)s --mem 128M \
		--cmdline "console=ttyS0 quiet $words" >$name.out 2>$name.err
	echo "$name: $?" >>statuses
}
finish() {
	wait
	cat statuses
	for file in *.out *.err; do sed "s/^/$file: /" $file | tr -d '\r'; done
	rm -r "$dir"
}
"""

HUB = r"""
ours hub "--net hub %(kernel)s" "do=trip:100,put:%(large)d,get:%(large)d,end"
finish
"""

# A frame, and a length that no frame has; then the same by one that just goes, when
# the guest has seen that somebody is there.
LIAR = r"""
import socket, sys, time
def seen():
    with open("here.out", "rb") as file:
        return b"carrier 1" in file.read()
for last in (b"\x7f\xff\xff\xff", b""):
    s = socket.socket(socket.AF_UNIX)
    s.connect("cable")
    s.sendall((60).to_bytes(4, "big") + 60 * b"\xff" + last)
    if last:
        while s.recv(65536):
            pass
    while not last and not seen():
        time.sleep(0.1)
    s.close()
"""

SOCKET = r"""
ours here "--net socket=cable,listen" "ip=10.9.0.1 wait=carrier" &
listens cable
python3 -c '%(liar)s'
await "carrier 0" here.out
timeout 300 %(qemu)s -M microvm,acpi=off -accel kvm -cpu host -m 128M -nodefaults \
	-no-user-config -display none -serial stdio -no-reboot -device isa-debug-exit \
	-kernel %(kernel)s -initrd %(initrd)s -append "console=ttyS0 quiet panic=-1 \
	reboot=t ip=10.9.0.2 peer=10.9.0.1 do=trip:20,put:%(small)d,get:%(small)d,end" \
	-netdev stream,id=n,server=off,addr.type=unix,addr.path=cable \
	-device virtio-net-device,netdev=n >qemu.out 2>qemu.err </dev/null
echo "qemu: $?" >>statuses
finish
"""

TAP = r"""
ours tap "--net tap=t0,mac=52:54:00:12:34:56" "ip=10.9.0.1" &
until ip link show t0 >/dev/null 2>&1; do sleep 0.1; done
ip addr add 10.9.0.2/24 dev t0
ip link set t0 up
host=1 peer=10.9.0.1 do=trip:20,put:%(small)d,get:%(small)d,end %(program)s \
	>host.out 2>host.err
echo "host: $?" >>statuses
finish
"""

# Whoever is at the other end waits in the socket until this one can be reached.
PAIR = r"""
ours first "--net socket=cable,listen" "ip=10.9.0.1" &
listens cable
ours second "--net socket=cable" \
	"ip=10.9.0.2 peer=10.9.0.1 do=put:%(small)d,get:%(small)d,end"
finish
"""


def command(script, limit, *argv):
    words = {"vmm": vm.KVM_VMM, "kernel": netguest.KERNEL,
             "initrd": netguest.INITRD, "program": netguest.PROGRAM,
             "qemu": QEMU, "liar": LIAR,
             "large": 100 << 20, "small": 5 << 20}
    return lambda _place: vm.Command(
        *argv, "sh", "-c", (BEGIN + script) % words, limit=limit)


def judge(names, *lines):
    """All ended with 0, and these lines (patterns) are there, once each."""
    def look(result):
        text = result.out.decode("utf-8", "replace")
        for name in names:
            tap.check(f"{name}: 0\n" in text, f"{name} did not end well", text)
        for line in lines:
            found = re.findall(line, text, re.M)
            tap.check(len(found) == 1, f"{len(found)} times: {line}", text)
    return look


DONE = (r"net_init: put:\d+ done$", r"net_init: get:\d+ done$")

table = vm.Table("--mem", "2G", "--timeout", "1000")
table.add("two guests on a hub pass 100 MiB both ways",
          command(HUB, 200), judge(["hub"], *DONE))
table.add("a socket: a peer lies, one goes, then one is a guest of QEMU's",
          command(SOCKET, 340),
          judge(["here", "qemu"], *DONE, r"^here.out: net_init: carrier 0$",
                r"^here.err: .*a frame is longer than any: the link is down$",
                r"^here.err: .*the peer has gone: the link is down$"))
table.add("a socket between two kvm-vmm",
          command(PAIR, 100), judge(["first", "second"], *DONE))
table.add("a TAP interface in a network of its own",
          command(TAP, 100, "unshare", "-n"),
          judge(["tap", "host"], *DONE))

if netguest.lacks():
    tap.add("Linux guests with a network", vm.skip, netguest.lacks())
else:
    netguest.make()
    table.add_cases("lab")
tap.main()
