#!/usr/bin/python3
# timeout: 900
"""Disks that come and go under a stock Linux, which knows ACPI's way of doing that:
one is added, read, removed and added again. What the guest does with an old question
meanwhile does not concern the disk that it has not seen yet.
"""

import hashlib
import json
import re

import stock
import vm
from vm import tap

LIMIT = 300         # seconds for a boot on a busy machine
SIZE = 1 << 20
DATA = "".join(f"{n}\n" for n in range(1, 300001)).encode()[:SIZE]

# What the guest does; each answer is a line that begins with @.
LIBRARY = stock.LIBRARY + f"""
load {' '.join(stock.os.path.basename(name) for name in
              stock.MODULES + stock.VIRTIO[:1])}
""" + """
comes() { # its name is there a moment before it can be opened
	until b head -c 1 /dev/vda >/dev/null 2>&1; do b usleep 100000; done
}
goes() { while [ -b /dev/vda ]; do b usleep 100000; done; }
late() { # ejects as if asked before the disk was added, of which it is not told yet
	until b grep -q STS $gpe; do b usleep 100000; done
	echo 0 >/sys/bus/pci/slots/1/power
	echo unmask >$gpe
}
disks() {
	echo "@slots $(cd /sys/bus/pci/slots && b echo *)"
	comes
	echo "@first $(b md5sum </dev/vda)"
	goes
	gpe=/sys/firmware/acpi/interrupts/gpe00
	echo mask >$gpe
	echo "@gone"
	late
	comes
	echo "@again $(b md5sum </dev/vda)"
	echo changed | b dd of=/dev/vda conv=fsync 2>/dev/null
	echo "@written"
	goes
	b dmesg -r | b grep -E '^<[0-4]>.*(virtio|vda|pci|PCI|ACPI|acpi)' |
		b sed 's/^/@complains /'
	echo "@end"
	off
}
"""

SCRIPT = f"""
vmm=$1
shift
cd "$(mktemp -d)"
seq 300000 | head -c {SIZE} >disk
ctl() {{
	"$vmm" ctl "$PWD/run.sock" "$@"
}}
end=$(($(date +%s) + {LIMIT} - 20))
until_it() {{ # COMMAND...: says where it stood if that takes too long
	until "$@"; do
		goes=y
		[ "$(date +%s)" -lt $end ] && kill -0 "$run" || goes=
		if [ ! "$goes" ] && ! "$@"; then
			echo "stood at: $*"
			ctl disk
			ctl registers
			cat out
			kill "$run"
			exit 1
		fi
		sleep 0.2
	done
}}
said() {{
	until_it grep -q "^@$1" out
}}
is_gone() {{ # it may take longer on a busy machine than the command waits
	ctl disk remove 1 >&2 ||
		ctl disk | grep -q '"disk": 1, "slot": "00:1c.0", "state": "empty"'
}}
is_over() {{ # and the guest does not wait until somebody has looked
	is_gone || grep -q ^@end out
}}
"$vmm" --control=run.sock --spare-slots 2 --timeout {LIMIT} "$@" </dev/null >out &
run=$!
said slots
ctl disk
ctl disk add disk,ro
ctl disk
said first
until_it is_gone
said gone
ctl disk add disk
said written
until_it is_over
said end
wait "$run"
echo "status $?"
head -c 8 disk
cat out
"""


def judge(result):
    result.must(vm.OK)
    text = result.out.decode("utf-8", "replace").replace("\r", "")
    answers = [json.loads(line) for line in text.splitlines()
               if line.startswith('{"ok')]
    tap.check(all(answer["ok"] for answer in answers), answers)
    empty, first, there, again = answers
    tap.equal([row["state"] for row in empty["disks"]], 2 * ["empty"])
    tap.equal((first["disk"], first["bytes"], first["read_only"]),
              (1, SIZE, True))
    tap.equal([row["state"] for row in there["disks"]], ["there", "empty"])
    tap.equal((again["disk"], again["read_only"]), (1, False))
    said = dict(re.findall(r"(?m)^@(\w+) ?(.*)$", text))
    tap.equal(said["slots"], "1 2", "slots that Linux knows")
    wanted = hashlib.md5(DATA).hexdigest()
    tap.equal(said["first"].split()[0], wanted, "what was read")
    tap.equal(said["again"].split()[0], wanted, "what was read again")
    tap.check("complains" not in said, text[-3000:])
    tap.check("status 0\nchanged\n" in text, "what was written is there")


def command(_place):
    modules = stock.MODULES + stock.VIRTIO[:1]
    return vm.Command(
        "sh", "-c", SCRIPT, "sh", vm.KVM_VMM, stock.kernel("cloud"), "--initrd",
        stock.initramfs("cloud", modules, LIBRARY), "--mem", "256M", "--smp",
        "2", "--cmdline", 'console=ttyS0 quiet run=". /judge/lib; disks"',
        limit=LIMIT + 10)


table = vm.Table()
table.add("Linux: a disk is added, removed and added again", command, judge)
if vm.has_feature("spare-slots", "plug"):
    table.add_cases(*vm.places("linux", "initramfs.cpio*"))
else:
    tap.add("disks that come and go", vm.skip, "not configured")
tap.main()
