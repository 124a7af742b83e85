"""Run inside the lab by test_disk.py: boots Linux with disks of all kinds, looks
at what is left on them, and prints a line `@NAME ok` or `@NAME WHY` for each case.

    disklab.py KVM_VMM VMLINUX INITRAMFS TOOLS [NAME]...

What the guests do is in disk_guest.sh, which TOOLS, a disk, has beside the
programs that it calls.
"""

import hashlib
import os
import pty
import random
import re
import subprocess
import sys
import tempfile
import time

KVM_VMM, VMLINUX, INITRAMFS, TOOLS = sys.argv[1:5]
MIB = 1 << 20
LIMIT = 200


def run(*argv, status=(0,)):
    done = subprocess.run(argv, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode in status, f"{argv}: {done.returncode} {done.stderr}"
    return done.stdout


def make(name, size, data=b""):
    with open(name, "wb") as file:
        file.write(data)
        file.truncate(size)


def content(name, size=-1):
    with open(name, "rb") as file:
        return file.read(size)


def command(what, *words):
    """The command line for a guest that does this; the last disk is TOOLS."""
    return [KVM_VMM, VMLINUX, "--initrd", INITRAMFS, "--mem", "384M",
            "--timeout", str(LIMIT), *words, "--disk", TOOLS + ",ro",
            "--cmdline", 'console=ttyS0 quiet run="for d in /sys/block/vd*; do '
            ":; done; mkdir /t && mount -t ext4 -o ro /dev/${d##*/} /t && "
            f'exec sh /t/guest.sh {what} /t"']


def boot(what, *words, status=0):
    """What the guest said, by the first word of the line, and stderr."""
    done = subprocess.run(command(what, *words), capture_output=True,
                          stdin=subprocess.DEVNULL, check=False)
    text = done.stdout.decode("utf-8", "replace")
    assert done.returncode == status, \
        f"{what}: status {done.returncode}: {text[-1500:]} {done.stderr[-500:]}"
    said = dict(re.findall(r"^@(\w+) (.*?)\r?$", text, re.M))
    return said, done.stderr.decode("utf-8", "replace")


def equal(have, want):
    assert have == want, f"have {have!r}, want {want!r}"


def listens(path):
    """Whether somebody does: a socket has its place a moment before."""
    lines = content("/proc/net/unix").decode().splitlines()
    return any(line.split()[3] == "00010000" and line.endswith(" " + path)
               for line in lines)


GUEST = {}      # what the large one said


def large():
    """One guest with seven disks: most cases look at what it said or left."""
    make("plain", 48 * MIB)
    make("full", 8 * MIB, os.urandom(8 * MIB))
    make("base", 4 * MIB + 512, b"base" * MIB)
    make("a,b", MIB)
    os.mkdir("images")
    run("qemu-img", "create", "-q", "-f", "qcow2", "image.qcow2", "16M")
    with subprocess.Popen(["qemu-nbd", "-f", "qcow2", "-k",
                           os.path.abspath("nbd"), "image.qcow2"]) as server:
        while not listens(os.path.abspath("nbd")):
            time.sleep(0.01)
        said, err = boot("large", "--virtio", "mmio", "--smp", "2",
                         "--disk", "plain,serial=the first one 012345",
                         "--disk", "full,serial=second",
                         "--disk", "nbd:unix:" + os.path.abspath("nbd"),
                         "--disk", "base,overlay=layer",
                         "--disk", "base,format=overlay",
                         "--disk", "a,,b,ro")
        server.wait()
    equal(err, "")
    GUEST.update(said)


def names():
    """In the order of the options; sizes, serial numbers, who is read-only."""
    equal(GUEST["names"].split(),
          ["vda:98304:0:2:the_first_one_012345", "vdb:16384:0:2:second",
           "vdc:32768:0:2:", "vdd:8193:0:2:", "vde:8193:0:2:",
           "vdf:2048:1:2:", f"vdg:{os.path.getsize(TOOLS) // 512}:1:2:"])
    equal(GUEST["readonly"], "1")


def fio():
    """Random reads and writes, 16 at once, each block verified."""
    assert GUEST["fio"].startswith("0 "), GUEST["fio"]


def tree():
    """1,000 files in an ext4 of the guest's are the same to the host."""
    run("e2fsck", "-fn", "plain")
    os.mkdir("tree")
    run("debugfs", "-R", "rdump /tree tree", "plain")
    sums = content("tree/tree/SUMS")
    equal(hashlib.md5(sums).hexdigest(), GUEST["sums"])
    lines = sums.decode().splitlines()
    equal(len(lines), 1000)
    for line in lines:
        want, name = line.split()
        have = hashlib.md5(content(os.path.join("tree/tree", name)))
        equal(have.hexdigest(), want)


def discard():
    """What the guest gives back is room in the host's file system."""
    left = os.stat("full").st_blocks * 512
    assert left <= 2 * MIB + 65536, f"{left} bytes"
    equal(os.path.getsize("full"), 8 * MIB)
    equal(GUEST["zeroes"], "0 0")


def qcow2():
    """What went through NBD is in the image."""
    run("qemu-img", "convert", "-O", "raw", "image.qcow2", "image.raw")
    equal(hashlib.md5(content("image.raw", MIB)).hexdigest(), GUEST["nbd"])


def overlay():
    """The disk below stays as it is, and the layer has the changes."""
    equal(content("base"), b"base" * MIB + bytes(512))
    equal(GUEST["forgotten"], GUEST["layer"])
    said, _ = boot("layer", "--virtio", "pci", "--disk", "base,overlay=layer")
    equal(said["layer"], GUEST["layer"])


def refusals():
    """A file that is in use, by another guest or by this one's other disk."""
    words = ["--disk", "plain"]
    done = subprocess.run([*command("layer", *words), *words],
                          capture_output=True, check=False,
                          stdin=subprocess.DEVNULL)
    equal((done.returncode, b"in use" in done.stderr), (64, True))
    with subprocess.Popen(["flock", "-x", "plain", "cat"],
                          stdin=subprocess.PIPE) as other:
        while not run("sh", "-c", "flock -n plain true || echo taken"):
            pass
        done = subprocess.run(command("layer", *words), capture_output=True, check=False,
                              stdin=subprocess.DEVNULL)
        other.stdin.close()
    equal((done.returncode, b"in use" in done.stderr), (64, True))


def full_host():
    """A host without room: errors to the guest, one line, and it goes on."""
    os.mkdir("small")
    run("mount", "-t", "tmpfs", "-o", "size=1M", "none", "small")
    make("small/disk", 8 * MIB)
    said, err = boot("room", "--disk", "small/disk")
    equal(said["room"], "1 0")
    equal(err.count("No space left on device; the guest gets I/O errors"), 1)
    run("umount", "small")


def shrunk():
    """A file that is cut off while the guest reads it, from a terminal's guest."""
    make("cut", 8 * MIB, os.urandom(8 * MIB))
    ours, its = pty.openpty()
    with subprocess.Popen(command("shrunk", "--disk", "cut"), stdin=its,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as guest:
        said = b""
        for line in guest.stdout:
            said += line
            if line.startswith(b"@ready"):
                os.truncate("cut", 4096)
        err = guest.stderr.read()
    os.close(ours)
    os.close(its)
    equal((guest.returncode, err.count(b"the guest gets I/O errors")), (0, 1))
    assert b"@shrunk 0" in said, said[-1500:]


def kill_after(records, pause, *disk):
    """The last record that was synced when it was killed, @pause seconds after
    number @records."""
    last = -1
    with subprocess.Popen(command("records", *disk), stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL) as guest:
        for line in guest.stdout:
            found = re.match(rb"@record (\d+)\r?\n", line)
            last = int(found.group(1)) if found else last
            if last == records:
                time.sleep(pause)
                guest.kill()
    assert last >= records, f"it ended after {last}"
    return last


def killed(*options):
    def case():
        """Each record that was synced is there after kill -9 at some moment."""
        for _ in range(2):
            records, pause = random.randrange(20), random.random() / 10
            print(f"# killed {pause:.3f} s after record {records}")
            run("mke2fs", "-q", "-F", "-t", "ext4", "journal", "8M")
            if os.path.exists("journal.layer"):
                os.unlink("journal.layer")
            words = ["--disk", "journal" + options[0]]
            last = kill_after(records, pause, *words)
            said, _ = boot("look", *words)
            assert int(said["last"]) >= last, f"{said} of {last}"
            equal((said["wrong"], said["fsck"]), ("0", "0"))
    return case


CASES = {"large": large, "names": names, "fio": fio, "tree": tree,
         "discard": discard, "qcow2": qcow2, "overlay": overlay,
         "refusals": refusals, "room": full_host, "shrunk": shrunk,
         "killed": killed(""), "killed_overlay": killed(",overlay=journal.layer")}


def main():
    os.environ["PATH"] += ":/sbin:/usr/sbin"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chdir(folder)
        for name in sys.argv[5:] or CASES:
            try:
                CASES[name]()
                print(f"@{name} ok", flush=True)
            except (AssertionError, KeyError, OSError) as error:
                text = f"{type(error).__name__} {error}"
                print(f"@{name}", text.replace("\n", "|"), flush=True)
        os.chdir("/")


main()
