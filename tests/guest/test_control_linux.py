#!/usr/bin/python3
# timeout: 300
"""--control: Linux on two vCPUs, asked and ended from outside."""

import json

import vm
from vm import tap

SCRIPT = """
vmm=$1
shift
mkfifo /tmp/keys
sleep 300 >/tmp/keys &
sleeper=$!
"$vmm" --control=/tmp/one.sock --stats --stages --smp 2 --timeout 200 "$@" \\
	</tmp/keys >/tmp/out 2>/tmp/err &
run=$!
ctl() {
	"$vmm" ctl /tmp/one.sock "$@"
}
until ctl stages | grep -q '"prompt"'; do
	sleep 0.2
done
ctl info
ctl pause
ctl registers 1
ctl resume
ctl irq
ctl stats
ctl keys 'echo typed\\n'
until grep -q '^typed' /tmp/out; do
	sleep 0.2
done
ctl stop 1
wait "$run"
echo "status $?"
kill $sleeper
cat /tmp/err >&2
"""


def judge(result):
    result.must(vm.OK)
    *lines, last = result.out.decode().splitlines()
    answers = [json.loads(line) for line in lines]
    tap.equal(len(answers), 8, "answers")
    tap.check(all(answer["ok"] for answer in answers), answers)
    info, paused, registers, _, irq, stats, keys, stop = answers
    guest, = info["guests"]
    tap.equal((guest["vcpus"], guest["loader"]), (2, "vmlinux"))
    tap.equal(paused["guests"][0]["state"], "paused")
    tap.check(registers["mode"].startswith("64-bit mode, paging on"),
              registers["mode"])
    tap.equal([lapic["cpu"] for lapic in irq["lapics"]], [0, 1])
    tap.check(irq["ioapic_pins"], "no pin of the I/O APIC is in use")
    tap.equal([cpu["cpu"] for cpu in stats["guests"][0]["cpus"]], [0, 1])
    tap.check(all(cpu["exits"] for cpu in stats["guests"][0]["cpus"]), stats)
    tap.equal(keys["taken"], len("echo typed\n"))
    # Our small kernel has no ACPI, and so no button.
    tap.equal(stop["guests"][0]["listens"], False, "who listens")
    tap.equal(last, "status 0")
    tap.check("vmlinux: ended by `stop`" in result.err, result.err)


table = vm.Table()
table.add("Linux is asked, typed at and stopped",
          lambda place: vm.Command(
              "sh", "-c", SCRIPT, "sh", vm.KVM_VMM, vm.image("vmlinux"),
              "--initrd", vm.image("initramfs.cpio*"), limit=240), judge)
if vm.has_feature("control", "service"):
    table.add_cases(*vm.places("linux", "vmlinux", "initramfs.cpio*"))
tap.main()
