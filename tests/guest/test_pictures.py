#!/usr/bin/python3
"""Guests that draw: what is in the pictures they leave."""

import contextlib
import functools
import os
import shutil
import subprocess
import tempfile

import control
import pngfile
import vm
from vm import tap

WORK = tempfile.TemporaryDirectory(dir=tap.BUILD)
LIMIT = 120
STD = os.path.join(tap.BUILD, "std")    # of `make std`
# In the first line below the penguins; what the kernel says meanwhile goes elsewhere.
ON_TTY0 = (r"stty -echo\necho 1 >/proc/sys/kernel/printk\n"
           r"printf '\''\\033[6;1H\\033[J%%0100d'\'' 0 >/dev/tty0\npoweroff\n")
KEYS = "1v" if vm.has_feature("vga-vbe") else "1"


def shot(name, *options, keys=b""):
    path = os.path.join(WORK.name, name + ".png")
    done = subprocess.run([vm.KVM_VMM, "--screenshot", path, *options, vm.image(name)],
                          input=keys, capture_output=True,
                          check=False, timeout=LIMIT)
    tap.equal(done.returncode, vm.OK, done.stderr)
    return pngfile.read(path)


def colour(index):
    """Of mode13's palette, 6 bits of each part made 8."""
    return tuple(max(0, min(63, index - start)) * 255 // 63
                 for start in (0, 64, 128))


def mode13():
    # 32 frames, and some more if the key comes late; by polling it is 20,000.
    limit = ["--max-exits=8000"] if vm.has_feature("vga-wait") else []
    picture = shot("mode13.bin", *limit, keys=b"q")
    tap.equal((picture.width, picture.height), (320, 200), "size")
    for y, row in enumerate(picture.rows):
        tap.equal(set(row), {colour(y + 31)}, f"row {y} of the last frame")


@contextlib.contextmanager
def still(*words):
    """src/still.S, or what was saved of it, and its picture in the end."""
    path = os.path.join(WORK.name, "still.png")
    with control.Folder() as folder, \
            control.Run(folder, "--name=run", "--keys=keyboard", "--screenshot",
                        path, *words) as run, run.client() as client:
        yield run, client, lambda: (client.must("stop 0"), run.ends(),
                                    pngfile.read(path))[-1]


def drawn(picture):
    tap.equal((picture.width, picture.height), (320, 200), "size")
    for y, row in enumerate(picture.rows):
        at = range(y * 320, (y + 1) * 320)
        tap.equal(list(row), [colour(n + n // 256 & 0xff) for n in at],
                  f"row {y}")


def remembered(key):
    """What is drawn is in a snapshot, and nobody draws it again."""
    def case():
        snap = os.path.join(WORK.name, "snap" + key)
        with still(vm.assemble("still")) as (run, client, end):
            tap.equal(run.line(), b"b\n")
            client.must(f"keys {key}")
            tap.equal(run.line(), b"d\n")
            client.must(f"save {snap}")
            drawn(end())
        with still("--restore", snap) as (_, client, end):
            control.wait_for("it goes on", lambda:
                             control.states(client) == ["running"])
            drawn(end())
    return case


def restored_draws(key):
    """What was saved in text chooses a mode: its RAM is a file, and is hidden."""
    def case():
        snap = os.path.join(WORK.name, "text" + key)
        with still(vm.assemble("still")) as (run, client, end):
            tap.equal(run.line(), b"b\n")
            client.must(f"save {snap}")
            end()
        with still("--restore", snap) as (run, client, end):
            client.must(f"keys {key}")
            tap.equal(run.line(), b"d\n")
            drawn(end())
    return case


def answers_asleep():
    """What sleeps until the retrace is asked, saved and ended meanwhile."""
    with control.Folder() as folder, \
            control.Run(folder, "--name=run", vm.image("mode13.bin")) as run, \
            run.client() as client:
        control.wait_for("it to begin", lambda: control.exits(client))
        for _ in range(20):
            client.must("registers 0")
            client.must("pause")
            client.must("resume")
        client.must("stop 0")
        run.ends()


def begins_again():
    """From graphics to text, and from there to graphics."""
    with still(vm.assemble("still")) as (run, client, end):
        tap.equal(run.line(), b"b\n")
        for key in KEYS:
            client.must(f"keys {key}")
            tap.equal(run.line(), b"d\n")
            client.must("reset")
            tap.equal(run.line(), b"b\n")
        client.must("keys 1")
        tap.equal(run.line(), b"d\n")
        client.must("reset")
        tap.equal(run.line(), b"b\n")
        tap.check(client.must("screen"), "no text")
        picture = end()
    tap.equal((picture.width, picture.height), (720, 400), "size")
    tap.equal({pixel for row in picture.rows for pixel in row}, {(0, 0, 0)},
              "what is left of it")


@functools.cache
def in_the_lab():
    """All in one session: a computation takes its time in an emulator."""
    runs = [f"{vm.KVM_VMM} --screenshot {WORK.name}/{name}.png "
            f"{vm.image(name + '.elf')}" for name in ("pixels32", "pixels64")]
    if os.path.exists(f"{STD}/vmlinux") and not vm.lacks("lab", "linux"):
        runs.append(f"printf '{ON_TTY0}' | {vm.KVM_VMM} --vga 1024x768 --screenshot "
                    f"{WORK.name}/linux.png --cmdline 'console=ttyS0 loglevel=5' "
                    f"{STD}/vmlinux --initrd {STD}/initramfs.cpio")
    done = subprocess.run(vm.lab_command(["sh", "-c", " && ".join(runs)],
                                         "--out", WORK.name),
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False, timeout=2 * LIMIT)
    tap.check(done.returncode == 0, done.stdout, done.stderr)


def penguin():
    """Linux on a framebuffer that it is told of: its logo, and a terminal below."""
    if not os.path.exists(f"{STD}/vmlinux"):
        raise tap.Skip(f"{STD}/vmlinux: not built; run `make std`")
    in_the_lab()
    picture = pngfile.read(os.path.join(WORK.name, "linux.png"))
    tap.equal((picture.width, picture.height), (1024, 768), "size")
    colours = {pixel for row in picture.rows[:80] for pixel in row[:80]}
    tap.check(len(colours) > 100, "colours of the penguin:", len(colours))

    def cell(column):
        return [row[column * 8:column * 8 + 8] for row in picture.rows[80:96]]
    tap.check(any(pixel != cell(0)[0][0] for row in cell(0) for pixel in row),
              "nothing is written")
    tap.check(all(cell(column) == cell(0) for column in range(100)),
              "not a hundred times the same")
    tap.check(cell(101) != cell(0), "and something else behind it")


def framebuffers():
    in_the_lab()
    picture = pngfile.read(os.path.join(WORK.name, "pixels32.png"))
    tap.equal((picture.width, picture.height), (320, 240), "size")
    for x, y in (0, 0), (319, 0), (0, 239), (319, 239), (32, 0), (100, 77):
        tap.equal(picture.rows[y][x], (x * 255 // 319, y * 255 // 239,
                                       ((x ^ y) & 0x20) * 4), f"pixel {x}, {y}")
    rows = pngfile.read(os.path.join(WORK.name, "pixels64.png")).rows
    tap.equal(rows[120][240], (0, 0, 0), "0 is in the set")
    tap.equal(rows[120][130], (0, 0, 0), "-1 is in the set")
    tap.check(any(rows[0][0]), "-2.25-1.1i is not")
    tap.check(sum(not any(p) for row in rows for p in row) > 8000, "its area")


def bootsector():
    """By SeaBIOS and the BIOS of the screen, with keys and an end."""
    path = os.path.join(WORK.name, "screen.txt")
    done = subprocess.run(
        [vm.KVM_VMM, "--keys=keyboard", "--screen-at-end", path,
         vm.image("bootsector.bin")], input=b"ok\033", capture_output=True,
        check=False, timeout=LIMIT)
    tap.equal(done.returncode, vm.OK, done.stderr)
    with open(path, encoding="utf-8") as file:
        tap.equal(file.read().splitlines()[-2:],
                  ["Hello, BIOS! Type; Esc ends.", "ok"], "its screen")


def planar():
    """What the VGA BIOS knows of the display, and 16 colours by its planes."""
    disk = os.path.join(WORK.name, "planar.img")
    path = os.path.join(WORK.name, "planar.png")
    shutil.copyfile(vm.assemble("planar"), disk)
    os.truncate(disk, 8 << 20)
    done = subprocess.run([vm.KVM_VMM, "--screenshot", path, disk],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          check=False, timeout=LIMIT)
    tap.equal(done.returncode, vm.OK, done.stderr)
    edid = done.stdout[-132:-4]
    tap.equal(done.stdout[-4:], b"O\0O\0", "AX of both calls")
    tap.equal((edid[:8], sum(edid) % 256), (b"\0\xff\xff\xff\xff\xff\xff\0", 0),
              "the EDID, and its sum")
    picture = pngfile.read(path)
    tap.equal((picture.width, picture.height), (800, 600), "size")
    tap.equal(list(picture.rows[0][:9]), [(170, 0, 0)] * 8 + [(0, 0, 0)],
              "the first points")
    tap.equal(list(picture.rows[599][798:]), [(0, 0, 0), (255, 255, 85)],
              "the last ones")


if vm.has_feature("vga-vbe") and vm.has_feature("firmware", "plug") and \
        not vm.lacks("host", "real16"):
    tap.add("a boot sector prints and is typed at", bootsector)
    if vm.has_feature("screenshot", "probe"):
        tap.add("the display's name, and a mode of 16 colours, by the VGA BIOS",
                planar)
if vm.has_feature("vga-graphics") and vm.has_feature("screenshot", "probe"):
    if not vm.lacks("host", "real16"):
        tap.add("mode 13h: bars, each line in the colour of its place", mode13)
        if vm.has_feature("restore", "service") and \
                vm.has_feature("control", "service"):
            for key in KEYS:
                tap.add(f"remembered and not drawn again, {key}", remembered(key))
                tap.add(f"drawn once it is restored, {key}", restored_draws(key))
            tap.add("mode 13h: it is asked and paused while it waits",
                    answers_asleep)
            tap.add("reset: text again", begins_again)
    if vm.has_feature("vga-vbe"):
        reason = vm.lacks("lab", "long64") or \
            vm.not_configured("long64", ("pixels32.elf", "pixels64.elf"))
        tap.add("a linear framebuffer, from 32 and 64 bits",
                vm.skip if reason else framebuffers, *([reason] if reason else []))
        reason = reason or vm.lacks("lab", "linux")
        tap.add("Linux: the penguin, and a terminal on a framebuffer",
                vm.skip if reason else penguin, *([reason] if reason else []))
else:
    tap.add("pictures", vm.skip, "VGA_GRAPHICS or DISPLAY_PNG is off")
tap.main()
