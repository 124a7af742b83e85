#!/usr/bin/python3
# timeout: 1800
"""Stock kernels: Debian's, unmodified, with our initramfs, to their last word.

What is judged is what such a kernel makes of the machine: all its CPUs, its
interrupts, its power-off, what it complains of. Each boot does several checks.
"""

import base64
import hashlib
import re

import idefiles
import pngfile
import stock
import vm
from vm import tap

LIMIT = 400         # seconds for a boot on a busy machine
TEXT = "".join(f"{n:06d}{57 * chr(33 + n % 90)}\n"
               for n in range(1600)).encode()     # 100 KiB, 64 a line
POWER_KEY = "01 00 74 00 01 00 00 00"   # EV_KEY, KEY_POWER, pressed
# What is so: there is no PCI, nor what a processor says of its own speed.
HARMLESS = "PCI: Fatal: No config|System does not support PCI|amd_pstate"

ACPI = vm.has_feature("acpi")
BATCH = vm.Table()


def answers(result):
    """What the guest told: a word or a block of lines by name."""
    text = result.out.decode("utf-8", "replace").replace("\r", "")
    found = dict(re.findall(r"(?m)^@(\w+) (.*)$", text))
    for name, block in re.findall(r"(?ms)^@(\w+)\n(.*?)(?=^@)", text):
        found[name] = block
    return found


def command(name, options, run, stdin=b""):
    modules = stock.MODULES + (stock.DRM if "pixels" in run else ())
    return vm.Command(
        vm.KVM_VMM, "--timeout", LIMIT, stock.kernel(name, modules), "--initrd",
        stock.initramfs(name, modules), *options, "--cmdline",
        f'console=ttyS0 quiet run=". /judge/lib; {run}"', stdin=stdin,
        limit=LIMIT + 10)


# Presses the power button of what it runs as soon as that says it listens.
PRESS = """\
mkfifo /tmp/said
exec 3<&0
"$@" <&3 >/tmp/said &
pid=$!
while read -r line; do
	echo "$line"
	case $line in @listening*) kill -PWR "$pid" ;; esac
done </tmp/said
wait "$pid"
"""


# Tells what its screen shows in the end.
LOOK = """\
"$@" --screenshot /tmp/picture.png
status=$?
echo @picture
base64 /tmp/picture.png
echo @
exit $status
"""


def boot(text, name, options, run, status, *judges):
    """A row: a kernel, kvm-vmm's words, what runs in it, and what must be true
    of what it answers. `input N` in what runs gives it N bytes from the start."""
    pasted = TEXT[:int((re.findall(r"input (\d+)", run) or "0")[0])]

    def all_of_it(result):
        result.must(status)
        found = answers(result)
        if pasted:
            tap.equal(found.get("input", "").split()[:1],
                      [hashlib.md5(pasted).hexdigest()], "sum of the input")
        for judge in judges:
            judge(found)

    def make(_place):
        made = command(name, options, run, pasted)
        if "button" in run:
            made.argv = ["sh", "-c", PRESS, "sh", *made.argv]
        if "pixels" in run:
            made.argv = ["sh", "-c", LOOK, "sh", *made.argv]
        return made

    BATCH.add(text, make, all_of_it)


def told(cpus, memory, chip):
    """A judge: so many CPUs, about so much memory in MiB, ttyS0 there."""
    def judge(found):
        tap.equal(found.get("cpus"), str(cpus), "nproc")
        kib = int(found["memory"].split()[0])
        tap.check(memory[0] << 10 <= kib <= memory[1] << 10,
                  f"MemTotal is {kib} KiB, not {memory} MiB")
        tap.check(re.search(rf"(?m)^ *4: .*{chip}.*ttyS0",
                            found["interrupts"]),
                  f"ttyS0 is not at the {chip}:", found["interrupts"])
        if ACPI:
            complaints = [line for line in found["complaints"].splitlines()
                          if not re.search(HARMLESS, line)]
            tap.equal(complaints, [], "what the kernel complains of")
    return judge


def finds_pixels(found):
    """A judge: DRM drives the screen, knows the display, and shows what is drawn."""
    if not PIXELS:
        return
    tap.equal(found.get("fb"), "bochs-drmdrmfb 1024,768 32 ", "the framebuffer")
    tap.equal(found.get("modes", "").split()[0], "1024x768", "the best mode")
    picture = pngfile.Picture(base64.b64decode(found["picture"]))
    tap.equal((picture.width, picture.height), (1024, 768), "size")
    bar = [row[:80] for row in picture.rows[688:704]]
    tap.check(all(row == 64 * [(170, 170, 170)] + 16 * [(0, 0, 0)]
                  for row in bar), "no bar:", bar[0])
    tap.check(not any(map(any, picture.rows[687] + picture.rows[704])),
              "something is beside it")


def finds_rng(found):
    """A judge: PCI has the bridge and the device, which works by MSI-X."""
    if not RNG:
        return
    tap.equal(found.get("random"), "64", "bytes of /dev/hwrng")
    tap.equal(sorted(found["pci"].split()),
              sorted(["0x0008", "0x1044", "0x1af4", "0x1b36"] + (
                  ["0x1111", "0x1234"] if "fb" in found else [])), "ids on PCI")
    tap.check(re.search(r"(?m)^.* [1-9]\d* .*PCI-MSI.*virtio0-input",
                        found["interrupts"]),
              "no interrupt by MSI:", found["interrupts"])
    tap.check("PCI" not in found["complaints"], found["complaints"])


def finds_old(found):
    """A judge: the mouse has a wheel, the clock's alarm came, by their lines."""
    if not OLD:
        return
    tap.equal(found.get("mouse"), "ImPS/2 Generic Wheel Mouse", "the mouse")
    tap.equal(found.get("alarm"), "gone", "the alarm's time")
    for line, name in (8, "rtc0"), (12, "i8042"):
        tap.check(re.search(rf"(?m)^ *{line}:.* [1-9]\d* .*{name}",
                            found["interrupts"]),
                  f"no interrupt of {name}:", found["interrupts"])


def finds_floppy(found):
    """A judge: what is on the floppy, before and after."""
    if FLOPPY:
        with open(idefiles.floppy(), "rb") as file:
            want = hashlib.md5(file.read()).hexdigest()
        tap.equal(found.get("fd0"), want + "  -", "all of the floppy")
        tap.equal(found.get("back"), "written", "the sector")


def shows(found):
    """A judge: what was written to /dev/tty0 is on the screen at the end."""
    if SCREEN:
        tap.equal(found.get("screen"), "yes", "what is on the screen")


PLACES = vm.places("linux", "initramfs.cpio*")
CHIP = "IO-APIC" if ACPI else "XT-PIC"
END = vm.OK if ACPI else vm.HALTED
RNG, MSI = (("--rng",), "random; ") if vm.has_feature("rng", "plug") else ((), "")
FLOPPY, READ = (("--floppy", idefiles.floppy()), "floppy; ") \
    if vm.has_feature("floppy", "plug") else ((), "")
VGA, PIXELS = (("--vga", "pci"), "pixels; ") \
    if vm.has_feature("vga-vbe") and vm.has_feature("screenshot", "probe") and \
    vm.is_configured("PCI") else ((), "")
BUTTON = "button; " if ACPI else ""
OLD = "old; " if ACPI and vm.has_feature("mouse") and \
    vm.has_device("cmos") else ""


def pressed(found):
    """A judge: the power button arrives."""
    if BUTTON:
        tap.equal(found.get("pressed", "").strip(), POWER_KEY,
                  "what the button's device reports")


boot("cloud kernel, one CPU: 100 KB of input, the power button, poweroff",
     "cloud", ("--mem", "384M"), f"input 102400; tell; {BUTTON}off", END,
     told(1, (330, 384), CHIP), pressed)
SCREEN, WRITE = (("--screen-at-end", "/dev/stdout"),
                 "echo @screen yes >/dev/tty0; ") \
    if vm.has_device("vga") else ((), "")
boot("cloud kernel, two CPUs: 100 KB of input, the screen, reboot", "cloud",
     ("--smp", "2", *SCREEN), WRITE + "input 102400; tell; again", vm.OK,
     told(2, (80, 128), CHIP), shows)
boot("cloud kernel, four CPUs, 6 GiB: 100 KB of input; a panic is a crash",
     "cloud", ("--smp", "4", "--mem", "6G"), "input 102400; tell; crash",
     vm.CRASHED, told(4, (5700, 6144), CHIP))
boot("amd64 kernel, four CPUs, PCI, mouse and alarm, a floppy, DRM: poweroff",
     "amd64", ("--smp", "4", "--mem", "160M", *RNG, *FLOPPY, *VGA),
     MSI + OLD + READ + PIXELS + "tell; off", END, told(4, (60, 160), CHIP), finds_rng,
     finds_old, finds_floppy, finds_pixels)
boot("686 kernel, one CPU, 64 MiB: 9 KB of input, reboot", "686",
     ("--mem", "64M"), "input 9600; tell; again", vm.OK,
     told(1, (40, 64), CHIP))
boot("686 kernel, two CPUs: poweroff", "686", ("--smp", "2"), "tell; off",
     END, told(2, (100, 128), CHIP))
boot("6.12, two CPUs, what it finds on PCI: poweroff", "6.12",
     ("--smp", "2", *RNG), MSI + "tell; off", END, told(2, (80, 128), CHIP),
     finds_rng)
BATCH.add_cases(*PLACES)
tap.main()
