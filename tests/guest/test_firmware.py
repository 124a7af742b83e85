#!/usr/bin/python3
# timeout: 600
"""A machine that begins with a BIOS: SeaBIOS of Debian's package finds out what it is,
and starts what is on a disk, which prints what it was told."""

import os
import re
import signal
import struct
import tempfile

import judges
import pcisystem
import vm
from vm import tap

BIOS = "/usr/share/seabios/bios.bin"
TABLE = vm.Table()
SLOW = 120              # seconds: a host that emulates real mode, and is busy


def command(*words, program=vm.KVM_VMM, **more):
    return lambda place: vm.Command(program, "--timeout", SLOW, *words,
                                    limit=2 * SLOW, **more)


def lines(result):
    """What was printed on the serial line, without what draws a screen."""
    text = re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|c)", "", result.out.decode())
    return [line.strip() for line in text.replace("\r", "").splitlines()]


def judge(ram_low, ram_high=0, drive=0):
    """The boot sector ran, and e820 has as much RAM as there is."""
    def look(result):
        result.must(7)
        have = lines(result)
        tap.check(any("SeaBIOS (version" in line for line in have),
                  "no SeaBIOS on the serial line", *have)
        at = have.index(f"read by INT 13h from {drive:02X}")
        tap.equal(have[at + 1], "EA", "the BIOS' reset vector")
        kib = int(have[at + 2], 16)
        tap.check(620 <= kib <= 640, f"{kib} KiB of low RAM")
        # The root pointer is ours, the MP table the BIOS' own.
        tap.equal(have[at + 3:at + 5], ["01", "01"], "ACPI and MP tables")
        parts = [[int(word, 16) for word in line.split()]
                 for line in have[at + 5:] if line]
        free = [(start, size) for start, size, kind in parts if kind == 1]
        low = [one for one in free if one[0] < 1 << 32]
        tap.equal(low[0], (0, kib << 10))
        tap.equal(low[1][0], 1 << 20)
        # The BIOS keeps the floppy in between, and tables at the end.
        tap.equal(max(start + size for start, size, _ in parts
                      if start < 0xf0000000), ram_low, "the end of RAM")
        tap.equal([one for one in free if one[0] >= 1 << 32],
                  [(1 << 32, ram_high)] if ram_high else [])
        tap.check(any(kind == 2 and start <= 0xfffc0000 < start + size
                      for start, size, kind in parts), "no ROM in e820")
    return look


def bochs():
    return judges.file_of("bochsbios", "usr/share/bochs/BIOS-bochs-latest")


def boot():
    return vm.assemble("bootsector")


def disk(name="bootsector.img"):
    """The same with a partition table, as a hard disk has one: 4 MiB."""
    path = os.path.join(tap.BUILD, "tests", "guest", name)
    with open(boot(), "rb") as file:
        content = bytearray(file.read().ljust(4 << 20, b"\0"))
    content[446:462] = struct.pack("<8B2I", 0x80, 1, 1, 0, 0x83, 15, 63, 7,
                                   63, 2000)
    with open(path, "wb") as file:
        file.write(content)
    return path


def setup(version, loadflags=1):
    """A kernel that is all setup, of that protocol."""
    with open(vm.assemble("setup16"), "rb") as file:
        image = bytearray(file.read())
    image[0x206:0x208] = struct.pack("<H", version)
    image[0x211] = loadflags
    return kept(f"setup-{version:x}-{loadflags}", image)


def kept(name, content):
    path = os.path.join(tap.BUILD, "tests", "guest", name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def started(*told):
    """It was entered as boot.rst wants it, and has what it was told."""
    def look(result):
        result.must(7)
        have = lines(result)
        at = have.index("words of its own")
        # What the BIOS says on the serial line may stand before the first.
        tap.check(have[at - 2].endswith(told[0]), *have)
        tap.equal((have[at - 1], *have[at + 1:at + 3]),
                  (told[1], "A kernel", "A disk.."))
    return look


def add_setups():
    disk_image = kept("setup.initrd", b"A disk..")
    for text, told, image, *words in (
            ("protocol 2.09", ("10201000DF", "FF81DE00"), setup(0x209)),
            ("protocol 2.00, which has no heap", ("9020900097", "FF010000"),
             setup(0x200)),
            ("a zImage", ("9020900097", "FF809600"), setup(0x201, 0))):
        TABLE.add(f"a kernel by its 16-bit entry: {text}",
                  lambda place, w=words, i=image: command(
                      "--no-vga", *w, "--initrd", disk_image, "--cmdline",
                      "words of its own", i)(place), started(*told))


TOLD = {}    # what the same guest found without firmware, by place and CPUs


def finds(key, cpus):
    """The MP table was found, led to so many CPUs, and is the same both ways."""
    def look(result):
        result.must(7)
        have = lines(result)
        found = have[have.index("@") + 1:]
        tap.equal(found[-cpus + 1:], [f"{i:08x}" for i in range(1, cpus)])
        tap.check(len(found) > cpus, "no line of edu's", *found)
        tap.equal(TOLD.setdefault(key, found), found)
    return look


def add_tables():
    kernel = pcisystem.either("mptable")
    for cpus in (2, 4):
        for words in ((), ("--firmware",)):
            TABLE.add(
                f"{cpus} CPUs by the MP table {' '.join(words) or 'without'}",
                lambda place, w=words, n=cpus: command(
                    *w, "--no-vga", "--edu", "--smp", n, kernel)(place),
                finds(cpus, cpus))


if vm.is_configured("FIRMWARE"):
    if vm.has_loader("bzimage16") and vm.is_configured("MPTABLE"):
        add_tables()
    if vm.has_loader("bzimage16"):
        add_setups()
    TABLE.add("a boot sector is started by itself, as A:",
              lambda place: command(boot(), "--mem=64M")(place),
              judge(64 << 20))
    TABLE.add("a smaller BIOS, bytes by the port, RAM above 4 GiB",
              lambda place: command(f"--firmware={BIOS}", "--no-fwcfg-dma",
                                    "--mem=4G", boot())(place),
              judge(3 << 30, 1 << 30))
    if vm.is_configured("DEV_IDE"):
        TABLE.add("Bochs' BIOS, a second one, starts a disk's boot sector",
                  # It has no screen to print on: a card's ROM it cannot find.
                  lambda place: command(f"--firmware={bochs()}", "--no-vga",
                                        "--smp=2", disk())(place),
                  lambda result: result.must(7))
        TABLE.add("a disk with partitions is the first IDE disk, C:",
                  # What is behind a comma of its name is no word of --ide.
                  lambda place: command("--mem=64M",
                                        disk("bootsector,rw"))(place),
                  judge(64 << 20, drive=0x80))
        TABLE.add("the image goes first, or what --boot names: a disk",
                  lambda place: command("--mem=64M", "--boot=ca", "--ide",
                                        disk(), boot())(place),
                  judge(64 << 20, drive=0x80))
    TABLE.add("with the sanitizers, and several vCPUs",
              lambda place: command("--smp=2", "--mem=64M", boot(),
                                    program=vm.SAN)(place),
              judge(64 << 20))

    @tap.case("what there is no BIOS for, is said with the next step")
    def missing():
        vm.on_host()
        done = vm.subprocess.run(
            [vm.KVM_VMM, "--firmware=/no/such", boot()], text=True,
            capture_output=True, stdin=vm.subprocess.DEVNULL, check=False)
        tap.equal(done.returncode, vm.USAGE)
        tap.check("/no/such: No such file" in done.stderr and
                  "seabios" in done.stderr, done.stderr)

    @tap.case("windows of virtio are where firmware puts no BARs")
    def windows():
        vm.on_host()
        done = vm.subprocess.run(
            [vm.KVM_VMM, "--verbose", "--virtio=mmio", "--rng", "--max-exits=1",
             boot()], text=True, capture_output=True,
            stdin=vm.subprocess.DEVNULL, check=False)
        tap.check("virtio-rng: at 0xfed80000" in done.stderr, done.stderr)

    @tap.case("--firmware takes fw_cfg and the bus that it cannot do without")
    def whole():
        vm.on_host()
        for word in ("--no-pci", "--no-fwcfg"):
            done = vm.subprocess.run(
                [vm.KVM_VMM, word, boot()], text=True, capture_output=True,
                stdin=vm.subprocess.DEVNULL, check=False)
            tap.equal(done.returncode, vm.USAGE)
            tap.check("leave --no-pci" in done.stderr, done.stderr)

    @tap.case("a guest that is saved while its BIOS is at work boots later")
    def saved():
        if vm.host_lacks("real16") or not vm.is_configured("SNAPSHOT") or \
                not vm.has_loader("bzimage16"):
            raise tap.Skip("there is nothing that could be saved")
        with tempfile.TemporaryDirectory() as work:
            path = os.path.join(work, "saved")
            with vm.subprocess.Popen(
                    [vm.KVM_VMM, "--no-vga", "--timeout", str(SLOW),
                     "--save-on-exit", path, "--cmdline", "words of its own",
                     setup(0x209)], stdout=vm.subprocess.PIPE,
                    stdin=vm.subprocess.DEVNULL,
                    stderr=vm.subprocess.DEVNULL) as first:
                first.stdout.read(1)
                first.send_signal(signal.SIGTERM)
                out = first.stdout.read()
            if not os.path.exists(path):
                raise tap.Skip("it had ended already")
            done = vm.subprocess.run(
                [vm.KVM_VMM, "--timeout", str(SLOW), "--restore", path],
                capture_output=True, stdin=vm.subprocess.DEVNULL, check=False)
        tap.equal(done.returncode, 7, repr(done.stderr))
        tap.check(b"words of its own" in out + done.stdout, repr(done.stdout))

    TABLE.add_cases(*vm.places("real16"))
else:
    vm.skip("FIRMWARE is not configured")
raise SystemExit(tap.main())
