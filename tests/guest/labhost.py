#!/usr/bin/python3
"""Run inside the lab: it is the host that kvm-vmm's disks, shares and networks
need. Prints what is missing; then echoes one connection to argv[1], a port of
127.0.0.1, turned round."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
TAP_ONLY_FRAMES = 0x1002
IO_URING_SETUP = 425


def tap_device():
    with open("/dev/net/tun", "rb+", buffering=0) as tun:
        fcntl.ioctl(tun, TUNSETIFF,
                    struct.pack("16sH22x", b"tap7", TAP_ONLY_FRAMES))
        assert "tap7" in [name for _, name in socket.if_nameindex()]


def name_space():
    names = subprocess.run(
        ["unshare", "-n", sys.executable, "-c",
         "import socket; print(socket.if_nameindex())"],
        check=True, capture_output=True, text=True).stdout
    assert names == "[(1, 'lo')]\n", names


def block_device():
    with open("/tmp/disk", "wb") as disk:
        disk.truncate(8 << 20)
    os.mkdir("/tmp/mnt")
    subprocess.run(["/sbin/mke2fs", "-q", "-F", "/tmp/disk"], check=True)
    subprocess.run(["mount", "-o", "loop", "/tmp/disk", "/tmp/mnt"],
                   check=True)
    os.setxattr("/tmp/mnt", "user.test", b"value")
    assert os.path.exists("/dev/loop0")


def io_uring():
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(IO_URING_SETUP, 4, ctypes.create_string_buffer(120))
    assert ring >= 0, os.strerror(ctypes.get_errno())


def file_locks():
    with open("/tmp/lock", "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        fcntl.lockf(file, fcntl.LOCK_EX)


def main():
    for probe in tap_device, name_space, block_device, io_uring, file_locks:
        try:
            probe()
        except (OSError, AssertionError, subprocess.CalledProcessError) as err:
            print(f"{probe.__name__}: {err}")
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
        print("ready", flush=True)
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as said:
            connection.sendall(said.read()[::-1])


main()
