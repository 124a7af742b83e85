#!/usr/bin/python3
# timeout: 1800
"""Bad input: one clear message, status 64 or 70, and no sanitizer report.

Everything runs the build with ASan and UBSan, on the host where it has a
/dev/kvm at all and in the lab otherwise.
"""

import atexit
import os
import random
import shutil
import tempfile

import badimages
import kindfiles
import vm
from vm import tap

WORK = tempfile.mkdtemp(dir=os.path.dirname(vm.assemble("halt")))
atexit.register(shutil.rmtree, WORK)
TABLE = vm.Table("--out", WORK)
LONG_NAME = "x" * 5000
# What a guest made of garbage may do: anything but break kvm-vmm.
ANY_END = [*range(64), vm.FAILED, vm.CRASHED, vm.HALTED, vm.LIMIT]


def file(name, content):
    path = os.path.join(WORK, name)
    with open(path, "wb") as out:
        out.write(content)
    return path


def sparse(name, size):
    """A file of zeroes that takes no room."""
    path = os.path.join(WORK, name)
    with open(path, "wb") as out:
        out.truncate(size)
    return path


def no_report(result):
    tap.check("Sanitizer" not in result.err and
              "runtime error" not in result.err, result.err[-3000:])


def one_message(result, status, word):
    """Refused: that status, nothing printed, one line that has the word."""
    no_report(result)
    result.must(status, b"")
    lines = result.err.splitlines()
    tap.check(len(lines) == 1 and lines[0].startswith("kvm-vmm: ") and
              word in lines[0],
              f"want one line `kvm-vmm: ... {word} ...`, have:", *lines)


def refused(text, *argv, word="", status=vm.USAGE):
    TABLE.add(text, lambda place: vm.Command(vm.SAN, *argv),
              lambda result: one_message(result, status, word))


def survived(text, *argv):
    """Runs; how it ends is the guest's own doing."""
    def judge(result):
        no_report(result)
        tap.check(result.status in ANY_END, f"status {result.status}",
                  result.err)
    TABLE.add(text, lambda place: vm.Command(vm.SAN, "--timeout", 1, *argv), judge)


def show(changes):
    return ", ".join(f"{name} {value:#x}" if isinstance(value, int) else
                     f"{name} {value!r}" for name, value in changes.items())


GOOD = file("good", badimages.bzimage())
HALT = vm.assemble("halt")

# --- Files -----------------------------------------------------------------

refused("no image")
refused("a file that does not exist", WORK + "/nothing", word="nothing")
refused("a directory", WORK, word=WORK)
refused("an empty file", file("empty", b""), word="empty")
refused("a device", "/dev/zero", word="/dev/zero")
refused("a file name of 5000 characters", LONG_NAME)
refused("a flat program of 64 KiB and a byte", file("flat", 65537 * b"\xf4"),
        word="flat")
refused("zeroes of 8 GiB", sparse("huge", 8 << 30), word="huge")
refused("257 images", *257 * [HALT], word="256")
refused("--linux with a flat program", "--linux", HALT, word="halt")
refused("--paging with more than its RAM holds", "--paging", "--mem", "4M",
        sparse("big", 16 << 20), word="big")
refused("--linux and --paging together", "--linux", "--paging", HALT)
refused("--loader and --linux together", "--linux", "--loader", "flat", HALT,
        word="--loader: only one kind")
refused("a loader that does not exist, and which there are", "--loader",
        "frob", HALT, word="no `frob` in this kvm-vmm, which has: ")
refused("32 exit ports", *(f"--exit-port={port:#x}"
                           for port in range(0x1000, 0x1100, 8)), HALT,
        word="31 such devices are the most")
refused("a loader that is left out", "--loader", "flat", "--no-flat", HALT,
        word="`flat` is asked for, and left out")
for option, bits in ("--prot32", 64), ("--long-mode", 32):
    refused(f"a program of {bits} bits by {option}", option,
            os.path.join(tap.IMAGES, f"hello{bits}.elf"),
            word=f"ELF file: a {bits}-bit one, no program")
refused("text as a flat program, by name", "--loader", "flat",
        file("words", b"Text.\n"), word="text")
refused("a flat program as a kernel, by name", "--loader", "vmlinux", HALT,
        word="halt")
TABLE.add("an ELF file as a flat program, by name",
          lambda place: vm.Command(vm.SAN, "--timeout", 5, "--loader", "flat",
                                   file("shaped", kindfiles.put(
                                       72, (0, b"\x7fELF"), (71, b"\xf4")))),
          lambda result: result.must(vm.OK))
refused("an unknown option", "--frobnicate", HALT, word="--frobnicate")
for words, message in (
        (["-smp", "2", HALT], "-smp: no such option; did you mean `--smp 2`?"),
        ([HALT, "-smp", "2"], "-smp: no such option; did you mean `--smp 2`?"),
        (["-smp=2", HALT], "-smp=2: no such option; did you mean `--smp=2`?"),
        (["--mem", "-s", "-smp", "2", HALT], "-smp: no such option"),
        (["-verbose", HALT], "did you mean `--verbose`?"),
        (["-x", HALT], "-x: no such option; try `kvm-vmm --help`"),
        (["--", "-smp"], "-smp"),
        (["--smpp", "2", HALT], "--smpp: no such option; did you mean `--smp "),
        (["--initdr", HALT, HALT], "did you mean `--initrd "),
        (["--m", "2", HALT], "--m: could be --module, --mem, --max-exits"),
        (["--ver", HALT], "--ver: could be --verbose, --version;"),
        (["--no", HALT], "--no: could be --no-"),
        (["--list=x"], "--list=x: --list takes no value"),
        (["--frob" + 9999 * "n", HALT], "--frob")):
    refused("named by its own name: " +
            " ".join(map(os.path.basename, words))[:30], *words,
            word=message)
refused("an option without its value", HALT, "--mem", word="mem")

# --- Values ----------------------------------------------------------------

for value in ("", "0", "1", "63K", "65537", "-1", "-64K", "12X", "64KK", " 1M",
              "1M ", "0x100000", "1.5M", "2T", "99999999999999999999G",
              "18446744073709551615", "K"):
    refused(f"--mem '{value}'", "--mem", value, HALT, word="--mem")
for value in ("", "0", "-1", "x", "1.5", "65", "4294967296", "1 2",
              "99999999999999999999"):
    refused(f"--smp '{value}'", "--smp", value, HALT, word="--smp")
for value in ("", "0", "-1", "x", "1s", "nan", "inf", "1e999", " 1"):
    refused(f"--timeout '{value}'", "--timeout", value, HALT,
            word="--timeout")
for value in ("", "0", "-1", "x", "1e9", "99999999999999999999"):
    refused(f"--max-exits '{value}'", "--max-exits", value, HALT,
            word="--max-exits")

# --- Linux images ----------------------------------------------------------

for number, changes in enumerate(badimages.BZIMAGE_ACCEPTED):
    survived(f"a bzImage with {show(changes) or 'nothing wrong'}",
             file(f"fine{number}", badimages.bzimage(**changes)),
             "--initrd", HALT)
for number, (changes, message) in enumerate(badimages.BZIMAGE_REFUSED):
    refused(f"a bzImage with {show(changes)}", "--initrd", HALT, "--mem",
            "128M", file(f"bz{number}", badimages.bzimage(**changes)),
            word=message)
for number, (changes, message) in enumerate(badimages.BZIMAGE16_REFUSED):
    refused(f"a bzImage of protocol 2.09 with {show(changes)}", "--initrd", HALT,
            "--cmdline", "more than ten",
            file(f"bz16-{number}", badimages.bzimage(**changes, version=0x209)),
            word=message)
for changes, message in ({"version": 0x201}, "version is older than 2.10"), \
        ({"loadflags": 0}, "loadflags make it a zImage"):
    refused(f"a bzImage with {show(changes)} without firmware", "--no-bzimage16",
            file(f"bz16-{next(iter(changes))}", badimages.bzimage(**changes)), word=message)
refused("a bzImage of protocol 2.09 without DMA", "--no-fwcfg-dma",
        file("bz209", badimages.bzimage(version=0x209)), word="DMA")
for missing in (1, 8, 15):
    TABLE.add(f"a bzImage whose last paragraph lacks {missing} bytes runs",
              lambda place, path=file(f"short{missing}", badimages.bzimage()
                                      [:-missing]): vm.Command(vm.SAN, path),
              lambda result: result.must(badimages.GOOD_STATUS))
refused("a bzImage that lacks its last paragraph",
        file("short16", badimages.bzimage()[:-16]), word="truncated")
for name, image in (("bzImage", badimages.bzimage()),
                    ("vmlinux", badimages.vmlinux()),
                    ("PVH kernel", badimages.pvh())):
    TABLE.add(f"a {name} inside gzip runs",
              lambda place, path=file(name + ".gz", kindfiles.zipper(
                  image)): vm.Command(vm.SAN, path),
              lambda result: result.must(badimages.GOOD_STATUS))
ALONE = shutil.copy(vm.SAN, WORK)
TABLE.add("a kvm-vmm without kvm-gunzip beside it says so",
          lambda place: vm.Command(ALONE, WORK + "/vmlinux.gz"),
          lambda result: one_message(result, vm.FAILED, "kvm-gunzip"))
refused("gzip of nothing that is known",
        file("zeroes.gz", kindfiles.zipper(kindfiles.put(100000))),
        word="inside gzip: not an image")
refused("a vmlinux inside gzip that stays there", "--no-gzip",
        WORK + "/vmlinux.gz", word="compressed by gzip; unpack")
survived("a vmlinux with nothing wrong", file("elf", badimages.vmlinux()))
for number, (changes, message) in enumerate(badimages.ELF_REFUSED):
    refused(f"a vmlinux with {show(changes)}", "--linux", "--mem", "128M",
            file(f"elf{number}", badimages.vmlinux(**changes)), word=message)
for number, changes in enumerate(badimages.PVH_ACCEPTED):
    TABLE.add(f"a PVH kernel with {show(changes) or 'nothing wrong'} runs",
              lambda place, path=file(f"pvh{number}", badimages.pvh(
                  **changes)): vm.Command(vm.SAN, "--initrd", HALT, path),
              lambda result: result.must(badimages.GOOD_STATUS))
for number, (changes, message) in enumerate(badimages.PVH_REFUSED):
    refused(f"a PVH kernel with {show(changes)}", "--loader", "pvh", "--mem",
            "128M", file(f"nopvh{number}", badimages.pvh(**changes)),
            word=message)
for name, make, accepted, rejected in (
        ("multiboot1", badimages.multiboot1, badimages.MB1_ACCEPTED,
         badimages.MB1_REFUSED),
        ("multiboot2", badimages.multiboot2, badimages.MB2_ACCEPTED,
         badimages.MB2_REFUSED)):
    for number, changes in enumerate(accepted):
        TABLE.add(f"a {name} kernel with {show(changes) or 'nothing wrong'} "
                  "runs", lambda place, path=file(
                      f"{name}{number}", make(**changes)):
                  vm.Command(vm.SAN, "--module", HALT, path),
                  lambda result: result.must(badimages.GOOD_STATUS))
    for number, (changes, message) in enumerate(rejected):
        refused(f"a {name} kernel with {show(changes)}", "--mem", "128M",
                file(f"no-{name}{number}", make(**changes)), word=message)
    refused(f"a text for {name}", "--loader", name,
            file("text.c", b"int main(void)\n"), word="text")
    refused(f"a {name} kernel without a header", "--loader", name,
            file(f"headless-{name}", make()[:0x80].ljust(8192, b"\0")),
            word="no header")
    refused(f"modules for {name} larger than RAM", "--mem", "64M", "--module",
            sparse("large-module", 63 << 20), file(f"good-{name}", make()),
            word="--mem 67M")
    refused(f"a module for {name} that no RAM has room for", "--module",
            sparse("huge-module", 4 << 30), WORK + f"/good-{name}",
            word="too large")
    refused(f"a module for {name}, whose kernel ends where RAM does", "--mem",
            "3G", "--module", WORK + "/huge-module",
            file(f"high-{name}", make(other=0xbffffff0)), word="too large")
for name, image in (("bzImage", badimages.bzimage()),
                    ("vmlinux", badimages.vmlinux())):
    for size in (1, 63, 64, 120, 511, 512, 600, 1023, 1024, 4100):
        refused(f"a {name} cut off after {size} bytes", "--linux",
                file(f"{name}.{size}", image[:size]), word=name)

refused("an initrd that does not exist", GOOD, "--initrd", WORK + "/nothing",
        word="nothing")
refused("an initrd that is a directory", GOOD, "--initrd", WORK, word=WORK)
refused("an empty initrd", GOOD, "--initrd", WORK + "/empty", word="empty")
refused("an initrd larger than RAM", GOOD, "--mem", "64M", "--initrd",
        sparse("initrd", 128 << 20), word="--mem 145M")
refused("a module that does not exist", HALT, "--module",
        WORK + "/nothing with words", word=WORK + "/nothing: ")
refused("a module for a guest that takes none", HALT, "--module", GOOD,
        word="halt.bin: this kind of guest takes no --module")
refused("a module behind an image that takes none, among several", HALT,
        "--module", GOOD, HALT, word="takes no --module")
refused("65 modules", HALT, *65 * ["--module", GOOD], word="64")
refused("an initrd of 8 GiB", GOOD, "--initrd", WORK + "/huge",
        word="too large")
refused("a command line of 100000 bytes", GOOD, "--cmdline", 100000 * "a",
        word="--cmdline")
refused("--mem too small for Linux", GOOD, "--mem", "1M", word="--mem 16M")
refused("--mem that ends below the kernel", GOOD, "--mem", "16M",
        word="--mem 17M")

# --- Plugs -------------------------------------------------------------------

os.mkdir(WORK + "/folder")
DISK = sparse("disk", 1 << 20)
for number, (option, value, message) in enumerate((
        ("--disk", "", "no name of a file"),
        ("--disk", WORK + "/nothing", "truncate -s 64M"),
        ("--disk", WORK, "--share"),
        ("--disk", WORK + "/empty", "truncate -s 64M"),
        ("--disk", file("odd", b"odd"), "truncate -s %512"),
        ("--disk", "/dev/null", "neither a file nor a block device"),
        ("--disk", DISK + ",format=qcow2", "no such format"),
        ("--disk", DISK + ",serial=" + 21 * "x", "20 characters"),
        ("--disk", DISK + ",overlay=" + DISK, "the disk itself"),
        ("--disk", "nbd:tcp:localhost:1", "nbd:unix:PATH[:NAME] is"),
        ("--disk", "nbd:unix:", "nbd:unix:PATH[:NAME] is"),
        ("--disk", "nbd:unix:" + WORK + "/nothing", "qemu-nbd -k"),
        # whichever option it was that named the disk
        ("--ide", WORK + "/nothing", f"--ide: {WORK}/nothing: No such file"),
        ("--ide", DISK + ",format=qcow3", f"--ide: {DISK}: qcow3: no such"),
        ("--ide", DISK + ",overlay=" + DISK, "--ide: overlay "),
        ("--ide", "nbd:unix:" + WORK + "/nothing", "--ide: nbd:unix:"),
        ("--cdrom", WORK, f"--cdrom: {WORK}: Is a directory"),
        ("--cdrom", file("qcow2", b"QFI\xfb".ljust(2048, b"\0")),
         f"--cdrom: {WORK}/qcow2: an image of kind qcow2"),
        ("--cdrom", sparse("sector", 512), "no CD: it is shorter"),
        ("--cdrom", WORK + "/nothing", "`make iso` makes one"),
        ("--cdrom", WORK + "/empty", "empty; `make iso` makes one"),
        *((("--floppy", WORK + "/nothing", "truncate -s 1440K"),
           ("--floppy", WORK + "/empty", "truncate -s 1440K"),
           ("--floppy", DISK, "no floppy has 1048576 bytes"))
          if vm.is_configured("DEV_FLOPPY") else ()),
        ("--spare-disk", "1:/dev/null", "--spare-disk: /dev/null: neither"),
        ("--share", "", "give a directory"),
        ("--share", DISK, "Not a directory; a file is given to a guest by --disk"),
        ("--share", WORK + "/none", "`mkdir -p DIR` makes one"),
        ("--share", WORK + "," + 33 * "x", "give a directory"),
        ("--net", "bridge", "hub socket tap user"),
        ("--net", "user=hostfwd=tcp:22", "tcp:2222:22"),
        ("--net", "user,hostfwd=tcp:1:99999", "tcp:2222:22"),
        ("--net", "hub,mca=52:54:00:00:00:01", "without commas"),
        ("--net", "hub,mac=01:00:5e:00:00:01", "not one of a group"),
        ("--net", "hub,mtu=67", "68 to 65521"),
        ("--net", "tap=" + 16 * "x", "15 characters"),
        ("--net", "socket=" + WORK + "/nothing", "socket=PATH,listen"),
        ("--net", "socket=" + WORK + "/no/folder,listen", "mkdir -p"),
        ("--net", f"socket={WORK}/disk,listen", "it is a file"),
        ("--net", "socket=" + 109 * "x", "107 characters"),
        ("--virtio", "usb", "mmio and pci"),
        ("--balloon=big", None, "64M"),
        ("--root", WORK, "for Linux"))):
    refused(f"{option} {value or ''} ({number})", option,
            *([] if value is None else [value]), HALT, word=message)
refused("a disk twice", "--disk", DISK, "--disk", DISK, HALT, word="in use")
refused("a disk for two guests", "--disk", DISK, HALT, HALT, word="in use")
refused("two directories of one name", "--share", WORK + ",a", "--share",
        WORK + "/folder,a", HALT, word="give each its own: --share DIR,NAME")
refused("40 devices", *40 * ["--rng"], HALT, word="31 such devices")

# --- Files of other kinds ----------------------------------------------------

for number, (what, content, message) in enumerate(kindfiles.NAMED):
    path = file(f"kind{number}", content)
    if what in kindfiles.BOOTS and vm.is_configured("FIRMWARE"):
        refused(f"{what} is booted, where there is a BIOS",
                "--firmware=/no/such", path, word="--firmware: /no/such: No")
    else:
        refused(f"{what} is named", path, word=message)
    if "text" in message:
        refused(f"{what} is named, whatever it is to be", "--paging", path,
                word=message)
    elif b"\x7fELF" not in (content[:4], kindfiles.inside(content)[:4]):
        refused(f"{what} is named where a kernel should be", "--linux", path,
                word=message)


def is_cut(result):
    """It starts all the same, and is told of."""
    no_report(result)
    result.must(vm.LIMIT)
    found = result.err.count("if it was downloaded, fetch it again")
    tap.equal(found, 1, result.err)


if vm.is_configured("FIRMWARE"):
    refused("a flat program with firmware", "--firmware", HALT,
            word="this kind of guest begins without --firmware")
    refused("a disk inside gzip", file("packed.gz", kindfiles.zipper(
        kindfiles.MBR + kindfiles.put(1 << 20))), word="`gunzip -k FILE`")
    for what, content in (
            ("a CD", kindfiles.put(40960, (0x8001, b"CD001"), (0x8050, b"\x15"),
                                   (0x8081, b"\x08"))),
            ("a disk", kindfiles.MBR[:0x1ca] + b"\x09" + kindfiles.MBR[0x1cb:] +
             kindfiles.put(512)),
            ("one with a GPT", kindfiles.put(
                4096, (510, b"\x55\xaa"), (512, b"EFI PART"), (544, b"\x08")))):
        TABLE.add(f"{what} that has not come whole starts, and is told of",
                  lambda place, path=file(what.replace(" ", "-"), content):
                  vm.Command(vm.SAN, "--no-vga", "--max-exits", 1, path), is_cut)

for number, (what, content) in enumerate(kindfiles.RUNS):
    TABLE.add(f"runs: {what}",
              lambda place, path=file(f"near{number}", content): vm.Command(
                  vm.SAN, "--timeout", 5, path),
              lambda result: result.must(vm.OK))

# --- Garbage ---------------------------------------------------------------

DICE = random.Random(20221122)
for size in (1, 2, 100, 512, 4096, 65536):
    survived(f"{size} random bytes as a flat program",
             file(f"random{size}", DICE.randbytes(size)))
for size in (600, 100_000):
    path = file(f"garbage{size}", DICE.randbytes(size))
    refused(f"{size} random bytes as a kernel", "--linux", path, word="garb")
    survived(f"{size} random bytes as an initrd", GOOD, "--initrd", path)
    survived(f"{size} random bytes with paging", "--paging", path)

TABLE.add_cases("host" if os.access("/dev/kvm", os.R_OK | os.W_OK) else "lab")



@tap.case("a mistake leaves none of the files that other options made")
def leaves_nothing():
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise tap.Skip("this machine has no /dev/kvm for this user")
    made = [WORK + "/made.overlay", WORK + "/made.socket"]
    plugs = ["--disk", f"{DISK},overlay={made[0]}", "--net",
             f"socket={made[1]},listen"]
    for rest in (["--net", "bridge", HALT], [HALT, "--net", "bridge"],
                 [WORK + "/nothing"], ["--keys", "nothing", HALT]):
        done = vm.subprocess.run([vm.SAN, *plugs, *rest], capture_output=True,
                                 stdin=vm.subprocess.DEVNULL, check=False)
        result = vm.Result(done.returncode, done.stdout, done.stderr)
        one_message(result, vm.USAGE, "")
        tap.equal([path for path in made if os.path.exists(path)], [], rest)


# --- The machine -----------------------------------------------------------

# /dev/kvm as something else, in a mount namespace of our own.
HIDE = "mount -t tmpfs none /dev && exec \"$@\""
COVER = "mount --bind \"$0\" /dev/kvm && exec \"$@\""


def in_namespace(script, cover, *argv):
    """kvm-vmm with another /dev/kvm; root, or a user namespace, is needed."""
    if not os.path.exists("/dev/kvm") and script is COVER:
        raise tap.Skip("this machine has no /dev/kvm to cover")
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    probe = vm.subprocess.run(["unshare", "--mount", *root, "true"],
                              capture_output=True, check=False)
    if probe.returncode:
        raise tap.Skip("no mount namespace: " + probe.stderr.decode().strip())
    done = vm.subprocess.run(["unshare", "--mount", *root, "sh", "-c", script,
                              cover, *argv, HALT], capture_output=True,
                             stdin=vm.subprocess.DEVNULL, check=False)
    return vm.Result(done.returncode, done.stdout, done.stderr)


@tap.case("no /dev/kvm: a message with the next step")
def no_kvm():
    one_message(in_namespace(HIDE, "sh", vm.SAN), vm.FAILED, "/dev/kvm")


@tap.case("a /dev/kvm that is something else: a message")
def not_kvm():
    one_message(in_namespace(COVER, "/dev/null", vm.SAN), vm.FAILED,
                "/dev/kvm")


@tap.case("no permission: a message with the next step")
def no_permission():
    if os.geteuid():
        raise tap.Skip("only root can become somebody else to try it")
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        os.chmod(place, 0o755)
        program = shutil.copy(vm.SAN, place)
        locked = os.path.join(place, "locked")
        with open(locked, "w", encoding="ascii"):
            os.chmod(locked, 0)
        halt = shutil.copy(HALT, place)
        os.chmod(halt, 0o644)
        result = in_namespace(COVER, locked, "setpriv", "--reuid", "65534",
                              "--clear-groups", program, halt)
    one_message(result, vm.FAILED, "group" if "group" in result.err
                else "kvm")


tap.main()
