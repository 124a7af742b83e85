#!/usr/bin/python3
# timeout: 300
"""make run of std_defconfig, in the lab: a shell that has disk, share and network,
and ssh into it from this host.

The images are those of `make std`, beside a kvm-vmm of their own: a disk below the
folder images/ of its program is only the base of an overlay."""

import glob
import hashlib
import os
import select
import shutil
import subprocess
import tempfile
import time

import vm
from vm import tap

STD = os.path.join(tap.BUILD, "std")
LIMIT = 200             # seconds, on a busy machine
SSH = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
       "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-F", "none"]
# What is asked by ssh; each answer is a line.
ASKED = ("cat /disk/etc/hostname; sha256sum </share/data; "
         "echo written >/share/new; echo lost >/disk/root/new; "
         "ip -o -4 addr show eth0 | wc -l; ip route | grep -c default; "
         "grep -c nameserver /etc/resolv.conf; id -un; tty")


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def place(folder):
    """images/ of a preset, hard links to what is built."""
    images = os.path.join(folder, "images")
    os.mkdir(images)
    for path in [os.path.join(STD, name) for name in
                 ("vmlinux", "initramfs.cpio", "root.img")] + \
            glob.glob(os.path.join(tap.IMAGES, "kvm-*")):
        if not os.path.exists(path):
            raise tap.Skip(f"{path}: not built; run `make std`")
        os.link(path, os.path.join(images, os.path.basename(path)))
    return images


def preset(folder, words):
    """std_defconfig, with other words for make run."""
    with open(os.path.join(tap.TOP, "configs", "std_defconfig"),
              encoding="ascii") as file:
        lines = [line for line in file if "RUN_ARGS" not in line]
    path = os.path.join(folder, ".config")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(lines)
        file.write(f'CONFIG_RUN_IMAGE="vmlinux"\nCONFIG_RUN_ARGS="{words}"\n')
    return path


class Run:
    """make run, with pipes."""

    def __init__(self, folder, words):
        images = place(folder)
        self.out = b""
        self.process = subprocess.Popen(
            [os.path.join(tap.TOP, "tools", "run")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=dict(os.environ, RUN="lab", MKVM_IMAGES=images,
                     MKVM_CONFIG=preset(folder, words)))

    def until(self, text, limit=LIMIT):
        """Reads until @text was there."""
        end = time.monotonic() + limit
        out = self.process.stdout
        while text not in self.out:
            tap.check(select.select([out], [], [],
                                    end - time.monotonic())[0],
                      f"no {text} within {limit} s:", self.out.decode())
            more = os.read(out.fileno(), 4096)
            tap.check(more, f"it ended without {text}:", self.out.decode())
            self.out += more

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@tap.case("disk, share and network are there, ssh comes in, and what is written "
          "is on the host, or nowhere")
def whole():
    if vm.lab_lacks():
        raise tap.Skip(vm.lab_lacks())
    if not shutil.which("ssh"):
        raise tap.Skip("there is no ssh; `make deps` installs it")
    port = vm.free_port()
    with tempfile.TemporaryDirectory(dir=tap.BUILD) as folder:
        share = os.path.join(folder, "a share")
        os.mkdir(share)
        with open(os.path.join(share, "data"), "wb") as file:
            file.write(os.urandom(3 << 20))
        disk = os.path.join(STD, "root.img")
        before = digest(disk)
        with Run(folder, "--disk images/root.img --share "
                 f"'{share}' --net user,hostfwd=tcp:{port}:22") as run:
            run.until(b"poweroff or Ctrl-D")
            done = subprocess.run(
                [*SSH, "-tt", "-p", str(port), "root@127.0.0.1", ASKED],
                stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=False, timeout=LIMIT)
            tap.equal((done.stdout.splitlines(), done.returncode),
                      (["mini-kvm", digest(os.path.join(share, "data")) +
                        "  -", "1", "1", "1", "root", "/dev/pts/0"],
                       0),
                      done.stderr + run.out.decode())
            run.process.stdin.write(b"poweroff\n")
            run.process.stdin.flush()
            tap.equal(run.process.wait(LIMIT), 0)
        with open(os.path.join(share, "new"), encoding="ascii") as file:
            tap.equal(file.read(), "written\n")
        tap.equal(digest(disk), before)


# --root: what it is told, the name of its root and its first program's size.
ROOT = (b"grep -c ' / %s rw' /proc/mounts; cat /etc/hostname; "
        b"echo kept >/root/kept; cat /root/kept; poweroff\n")
TABLE = vm.Table()


def root_row(text, kind, script, want):
    """A root file system, made inside by @script, which prints the word for
    --root and the rest of the command line on one line."""
    def make(_):
        return vm.Command("/bin/sh", "-ec", script, "sh", vm.KVM_VMM, STD,
                          stdin=ROOT % kind, limit=LIMIT)

    def judge(result):
        result.must(vm.OK)
        tap.check(want in result.out.replace(b"\r", b""), result.out)

    TABLE.add(text, make, judge)


root_row("--root disk: what is written is on the disk, which e2fsck finds clean",
         b"ext2", 'cp "$2/root.img" /tmp/r.img; "$1" --timeout 150 "$2/vmlinux" '
         '--disk /tmp/r.img --root disk; /sbin/e2fsck -fn /tmp/r.img >&2; '
         '/sbin/debugfs -R "cat /root/kept" /tmp/r.img',
         b"\n1\nmini-kvm\nkept\n")
root_row("--root DIR: what is written is in the directory", b"9p",
         'mkdir /tmp/r; '
         '/sbin/debugfs -R "rdump / /tmp/r" "$2/root.img" 2>/dev/null; '
         '"$1" --timeout 150 "$2/vmlinux" --root /tmp/r; cat /tmp/r/root/kept',
         b"\n1\nmini-kvm\nkept\n")


def refuses(result):
    result.must(vm.USAGE)
    tap.check("for Linux" in result.err, result.err)


TABLE.add("--root is for Linux, and says so", lambda _: vm.Command(
    vm.KVM_VMM, "--root", "disk", vm.assemble("halt")), refuses)

if vm.lab_lacks() or not os.path.exists(os.path.join(STD, "root.img")):
    tap.add("--root", vm.skip, vm.lab_lacks() or "no root.img; run `make std`")
else:
    TABLE.add_cases("lab")
tap.main()
