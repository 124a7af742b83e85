#!/usr/bin/python3
# timeout: 120
"""The doctor: its table and its answers, and tools/run, which asks it."""

import gzip
import os
import pty
import re
import shutil
import subprocess
import tempfile

import vm
from vm import tap

NEEDS = {
    "real16": "real-mode programs",
    "prot32": "32-bit programs",
    "paged32": "1K OS",
    "long64": "64-bit programs",
    "linux": "Linux",
}
RUN = os.path.join(tap.TOP, "tools", "run")
REFUSE = """for n in user pid mnt net ipc uts; do
echo 0 >/proc/sys/user/max_${n}_namespaces || exit
done; exec "$@" """


def doctor(*prefix, need=None):
    """Runs --doctor, or --doctor=NEED; its Result."""
    vm.built()
    option = "--doctor" + ("" if need is None else "=" + need)
    return done(*prefix, vm.KVM_VMM, option)


def done(*argv, env=None, stdin=b""):
    result = subprocess.run(argv, capture_output=True, timeout=60,
                            check=False, input=stdin, cwd=tap.TOP,
                            env={**os.environ, **(env or {})})
    return vm.Result(result.returncode, result.stdout, result.stderr)


def text_of(result):
    return result.out.decode("utf-8", "replace")


def row_of(table, name):
    """The word in the second column of the row called so."""
    found = re.search(rf"^  {re.escape(name)}  +(\S+)", table, re.M)
    tap.check(found, f"no row {name!r} in:", table)
    return found.group(1)


@tap.case("the doctor's table and its answers agree, and so does the status")
def agree():
    whole = doctor()
    table = text_of(whole)
    answers = {}
    for need, what in NEEDS.items():
        one = doctor(need=need)
        line = text_of(one)
        found = re.fullmatch(rf"{need}: (yes|no): \S.*\n", line)
        tap.check(found, f"{need}: have {line!r}", one.err)
        answers[need] = found.group(1)
        tap.equal(one.status, 0 if answers[need] == "yes" else 1, need)
        tap.equal(row_of(table, what), answers[need], what)
    sick = "no" in answers.values()
    tap.equal(whole.status, 1 if sick else 0, "status of the table")
    tap.equal("Next steps" in table, sick, "advice is given")


@tap.case("what the doctor says of real mode, a real-mode program confirms")
def confirm():
    able = doctor(need="real16").status == 0
    ran = done(vm.KVM_VMM, vm.assemble("halt"))
    tap.equal(ran.status == vm.OK, able, "a program runs")


@tap.case("which walls this host allows is in the table, and no reason to be sick")
def walls():
    table = text_of(doctor())
    for name in "system calls", "Landlock", "namespaces":
        tap.check(row_of(table, name) in ("ok", "missing"), table)
    said = done(os.path.join(tap.IMAGES, "kvm-net"), "--show-sandbox")
    stands = text_of(said).splitlines()[-2:]
    tap.equal("an empty root" in stands[0] or "do not" in stands[1] and
              "an empty root" not in stands[1], row_of(table, "namespaces") == "ok",
              "\n".join(stands))
    if shutil.which("unshare") and done("unshare", "-Ur", "true").status == 0:
        refused = done("unshare", "-Ur", "sh", "-c", REFUSE, "sh", vm.KVM_VMM,
                       "--doctor")
        tap.equal(row_of(text_of(refused), "namespaces"), "missing")


@tap.case("an unknown kind of guest is refused with the list of kinds")
def unknown():
    for need in "windows", "", "linux ":
        result = doctor(need=need)
        result.must(vm.USAGE, b"")
        tap.check(", ".join(NEEDS) in result.err, result.err)


@tap.case("without permission the doctor says how to get it")
def permission():
    if os.geteuid() != 0:
        raise tap.Skip("only root can become somebody without permission")
    if not os.path.exists("/dev/kvm"):
        raise tap.Skip("this machine has no /dev/kvm")
    if os.stat("/dev/kvm").st_mode & 0o006:
        raise tap.Skip("here, /dev/kvm is open to everybody")
    with tempfile.TemporaryDirectory() as folder:
        # A copy: nobody may not be allowed into the tree.
        os.chmod(folder, 0o755)
        copy = shutil.copy(vm.KVM_VMM, folder)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534",
                  "--clear-groups", copy]
        result = done(*nobody, "--doctor")
        result.must(1)
        tap.check("sudo usermod -aG " in text_of(result), text_of(result))
        tap.check("RUN=lab" in text_of(result), text_of(result))
        tap.equal(row_of(text_of(result), "/dev/kvm"), "failed")
        result = done(*nobody, "--doctor=linux")
        result.must(1)
        tap.check("Permission denied" in text_of(result), text_of(result))


# Runs a command as if the machine had no /dev/kvm.
HIDDEN = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"',
          "sh"]


@tap.case("without /dev/kvm the doctor says how to get it")
def no_device():
    if done(*HIDDEN, "true").status:
        raise tap.Skip("only root can hide /dev/kvm in a mount namespace")
    result = doctor(*HIDDEN)
    result.must(1)
    tap.check("sudo modprobe kvm_" in text_of(result), text_of(result))
    tap.equal(row_of(text_of(result), "/dev/kvm"), "missing")
    doctor(*HIDDEN, need="real16").must(
        1, b"real16: no: /dev/kvm does not exist\n")


@tap.case("colour is for terminals, unless NO_COLOR is set")
def colour():
    tap.check(b"\033" not in doctor().out, "colour in a pipe")
    for no_color, want in ("", True), ("1", False):
        ours, theirs = pty.openpty()
        with subprocess.Popen([vm.KVM_VMM, "--doctor"], stdout=theirs,
                              env={**os.environ, "TERM": "xterm",
                                   "NO_COLOR": no_color}) as process:
            os.close(theirs)
            out = b""
            while True:
                try:
                    part = os.read(ours, 4096)
                except OSError:     # the other end was closed
                    break
                out += part
        os.close(ours)
        tap.check(process.returncode in (0, 1), process.returncode)
        tap.equal(b"\033" in out, want, f"colour with NO_COLOR={no_color!r}")


@tap.case("in the lab everything is ok")
def lab():
    reason = vm.lab_lacks()
    if reason:
        raise tap.Skip(reason)
    vm.built()
    whole, *answers = vm.batch("lab", [
        vm.Command(vm.KVM_VMM, "--doctor"),
        *(vm.Command(vm.KVM_VMM, "--doctor=" + need) for need in NEEDS)])
    whole.must(0)
    table = text_of(whole)
    tap.equal(row_of(table, "Landlock"), "missing", "what the lab is without")
    for word in "missing", "failed", "Next steps":
        tap.check(word not in re.sub(r"  Landlock .*\n", "", table), table)
    for answer, need in zip(answers, NEEDS):
        answer.must(0)
        tap.check(text_of(answer).startswith(need + ": yes: "), answer.out)


# ELF class 64, and the first segment linked at 0xffffffff00000000.
KERNEL = b"\x7fELF\x02".ljust(84, b"\0") + b"\xff\xff\xff\xff"
KERNEL32 = b"\x7fELF\x01".ljust(63, b"\0") + b"\xc1"
# Xen's, of PVH.
NOTE = b"\x04\0\0\0\x08\0\0\0\x12\0\0\0Xen\0"


def make_run(folder, **env):
    """tools/run on the images in folder, with a kvm-vmm that tells its words.

    What the doctor would say comes from the environment: SAYS and STATUS. With
    no SAYS it repeats what it was asked.
    """
    stub = os.path.join(folder, "kvm-vmm")
    with open(stub, "w", encoding="ascii") as file:
        file.write('#!/bin/sh\ncase $1 in --doctor=*)\n'
                   'cat >/dev/null; echo "$1: x: ${SAYS:-${1#*=}}"\n'
                   'exit "$STATUS" ;; esac\n'
                   'printf "ran:"\nfor word do case $word in '
                   '*[!-A-Za-z0-9/._=]*) printf " <%s>" "$word" ;; '
                   '*) printf " %s" "$word" ;; esac done\n'
                   'echo; cat; exit 7\n')
    os.chmod(stub, 0o755)
    for name, data in (("vmlinux", KERNEL), ("hello.bin", b"\xf4"),
                       ("bzImage", bytes(514) + b"HdrS"),
                       ("os-1k.bin", bytes(8) + b"1K OS\r\n\x1a"),
                       ("initramfs.cpio", b""),
                       ("elf64.elf", b"\x7fELF\x02" + bytes(200)),
                       ("elf32.elf", b"\x7fELF\x01" + bytes(200)),
                       ("pae32.elf", b"\x7fELF\x01" + bytes(200)),
                       ("pvh.elf", b"\x7fELF\x02".ljust(201, b"\0") + NOTE),
                       ("boot1.elf", KERNEL32 + b"\x02\xb0\xad\x1b"),
                       ("boot2", bytes(64) + b"\xd6\x50\x52\xe8"),
                       ("packed.gz", gzip.compress(KERNEL)),
                       ("kernel32", KERNEL32)):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    config = os.path.join(folder, ".config")
    with open(config, "w", encoding="ascii") as file:
        file.write('CONFIG_RUN_IMAGE="vmlinux"\n')
    return done(RUN, stdin=b"typed\n", env={
        "MKVM_IMAGES": folder, "MKVM_BUILD": os.path.join(folder, "build"),
        "MKVM_CONFIG": config, "MAKE": "false", "ARGS": "", "IMG": "",
        "RUN": "", "SAYS": "it can", "STATUS": "0", **env})


CHOICES = [
    # what is asked, status, words on stdout ({} is images/), on stderr
    ({}, 7, "ran: {}/vmlinux --initrd {}/initramfs.cpio\ntyped\n",
     "vmlinux: on this host: it can\n"),
    ({"IMG": "hello"}, 7, "ran: {}/hello.bin\ntyped\n", "hello.bin: on this"),
    ({"IMG": "os-1k.bin"}, 7, "ran: --paging {}/os-1k.bin\ntyped\n", "it can"),
    ({"IMG": "bzImage", "ARGS": "--smp 2 --initrd mine"}, 7,
     "ran: {}/bzImage --smp 2 --initrd mine\ntyped\n", "bzImage: on this"),
    ({"ARGS": "--cmdline 'a --initrd b' --stages"}, 7,
     "ran: {}/vmlinux --cmdline <a --initrd b> --stages --initrd "
     "{}/initramfs.cpio\ntyped\n", "vmlinux: on this"),
    ({"ARGS": "--cmdline 'a"}, 64, "", "ARGS=--cmdline 'a: a quote"),
    ({"RUN": "host", "SAYS": "paging fails", "STATUS": "1"}, 7,
     "ran: {}/vmlinux --initrd {}/initramfs.cpio\ntyped\n",
     "on this host: RUN=host, although paging fails\n"),
    ({"SAYS": "paging fails", "STATUS": "1"}, 70, "",
     "vmlinux: in the lab: paging fails\n"),
    ({"RUN": "lab"}, 70, "", "vmlinux: in the lab: RUN=lab\n"),
    ({"RUN": "lab", "MKVM_LAB_QEMU": "no-such-qemu"}, 70, "", "make deps"),
    # a kvm-vmm without a doctor: one thing is plain all the same
    ({"STATUS": "64"}, 7,
     "ran: {}/vmlinux --initrd {}/initramfs.cpio\ntyped\n", "no --doctor")
    if os.access("/dev/kvm", os.W_OK) else
    ({"STATUS": "64"}, 70, "", "in the lab: no /dev/kvm that may be opened"),
    ({"IMG": "elf64", "SAYS": ""}, 7, "ran: {}/elf64.elf\ntyped\n",
     "elf64.elf: on this host: long64\n"),
    ({"IMG": "elf32", "SAYS": ""}, 7, "ran: {}/elf32.elf\ntyped\n",
     "elf32.elf: on this host: prot32\n"),
    ({"IMG": "pae32", "SAYS": ""}, 7, "ran: {}/pae32.elf\ntyped\n",
     "pae32.elf: on this host: paged32\n"),
    ({"IMG": "kernel32", "SAYS": ""}, 7,
     "ran: {}/kernel32 --initrd {}/initramfs.cpio\ntyped\n",
     "kernel32: on this host: linux\n"),
    ({"IMG": "pvh", "SAYS": ""}, 7, "ran: {}/pvh.elf\ntyped\n",
     "pvh.elf: on this host: paged32\n"),
    ({"IMG": "boot1", "SAYS": ""}, 7, "ran: {}/boot1.elf\ntyped\n",
     "boot1.elf: on this host: paged32\n"),
    ({"IMG": "boot2", "SAYS": ""}, 7, "ran: {}/boot2\ntyped\n",
     "boot2: on this host: paged32\n"),
    ({"IMG": "packed.gz", "SAYS": ""}, 7,
     "ran: {}/packed.gz --initrd {}/initramfs.cpio\ntyped\n",
     "packed.gz: on this host: linux\n"),
    ({"IMG": "hello", "SAYS": "", "ARGS": "--prot32"}, 7,
     "ran: {}/hello.bin --prot32\ntyped\n",
     "hello.bin: on this host: prot32\n"),
    ({"IMG": "hello", "SAYS": "", "ARGS": "--long-mode"}, 7,
     "ran: {}/hello.bin --long-mode\ntyped\n",
     "hello.bin: on this host: long64\n"),
    ({"RUN": "moon"}, 64, "", "RUN=moon: is neither host nor lab\n"),
    ({"IMG": "nothing"}, 64, "",
     "there is: boot1.elf boot2 bzImage elf32.elf elf64.elf hello.bin "
     "kernel32 os-1k.bin packed.gz pae32.elf pvh.elf vmlinux."),
    ({"IMG": "not/here"}, 64, "", "not/here: no such file; "),
    ({"IMG": "tests/guest"}, 64, "", "tests/guest: no image: it is no plain"),
    ({"MKVM_IMAGES": "/nonexistent"}, 64, "", "not built yet; run: make\n"),
    ({"MKVM_CONFIG": "/nonexistent"}, 64, "", "no image is configured"),
]


def chooses(ask, status, out, err):
    with tempfile.TemporaryDirectory() as folder:
        result = make_run(folder, **ask)
        result.must(status, out.format(folder, folder).encode())
        tap.check(err in result.err, f"stderr: have {result.err!r}",
                  f"stderr: want {err!r}")


for choice in CHOICES:
    tap.add("make run " + (" ".join(f"{k}={v}" for k, v in choice[0].items())
                           or "as configured"), chooses, *choice)

tap.main()
