#!/usr/bin/python3
# timeout: 200
"""All CPUs by INIT and SIPI, as a guest does it that was told of no table: each
by its id, all but itself, page 0, with local APICs that nobody has turned on."""

import atexit
import os
import shutil
import subprocess
import tempfile

import kernels
import vm
from vm import tap

FOLDER = os.path.join(tap.BUILD, "tests", "guest")
os.makedirs(FOLDER, exist_ok=True)
WORK = tempfile.mkdtemp(dir=FOLDER)
atexit.register(shutil.rmtree, WORK)
KERNEL = kernels.link("sipi", WORK)
TABLE = vm.Table()

LISTED = subprocess.run([vm.KVM_VMM, "--list"], capture_output=True, text=True,
                        check=False).stdout if os.path.exists(vm.KVM_VMM) \
    else ""
CHIPS = [chip for chip in ("kernel", "split")
         if f"\nirqchip {chip} " in "\n" + LISTED]

for chip in CHIPS:
    for cpus in (2, 3, 8) if chip == "kernel" else (1, 2, 4):
        TABLE.add(f"--irqchip {chip}, {cpus} CPUs",
                  lambda place, chip=chip, cpus=cpus: vm.Command(
                      vm.KVM_VMM, "--timeout", 60, "--irqchip", chip, "--smp",
                      cpus, "--cmdline", f"cpus={cpus}", KERNEL, limit=90),
                  lambda result: result.must(vm.OK, b""))
if "\nloader  pvh " in LISTED and "vcpus   1 " not in LISTED and CHIPS:
    TABLE.add_cases(*vm.places("prot32"))
else:
    tap.add("INIT and SIPI", vm.skip,
            "kvm-vmm was configured without BOOT_PVH, SMP or local APICs")


@tap.case("QEMU starts them by the same steps")
def qemu():
    if not shutil.which("qemu-system-x86_64"):
        raise tap.Skip("QEMU is not installed; `make deps` installs it")
    done = subprocess.run(
        ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=single",
         "-smp", "4", "-m", "32", "-display", "none", "-nodefaults",
         "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
         "-kernel", KERNEL, "-append", "cpus=4"], capture_output=True,
        timeout=150, check=False)
    tap.equal(done.returncode, 1, "exit status, 2 x step + 1")


tap.main()
