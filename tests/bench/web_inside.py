"""Run inside the lab by bench/web: a Linux at its prompt, with and without a page that
shows it.

    web_inside.py KVM_VMM BZIMAGE INITRAMFS SECONDS
"""

import ctypes
import mmap
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "guest"))
# pylint: disable=wrong-import-position
import websocket

KVM_VMM, BZIMAGE, INITRAMFS = map(os.path.abspath, sys.argv[1:4])
SPAN = float(sys.argv[4])
PROMPT = re.compile(rb"# $")


def mark(name):
    """Executes a marker of count.c's."""
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE |
                     mmap.PROT_EXEC)
    code.write(b"\x0f\x1f\x80" + name + b"KVM\xc3")     # and RET
    ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()


def watch(what):
    time.sleep(5)       # what was begun is over
    begun = time.monotonic()
    mark(b"W")
    time.sleep(SPAN)
    mark(b"w")
    print(f"WATCHED {time.monotonic() - begun:.3f} {what}", flush=True)


class Guest:
    """At its prompt; use it as a context."""

    def __init__(self, *options):
        # It ends with the context. pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [KVM_VMM, *options, BZIMAGE, "--initrd", INITRAMFS, "--cmdline",
             "console=ttyS0 quiet"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        seen = b""
        while not PROMPT.search(seen):
            more = os.read(self.process.stdout.fileno(), 65536)
            assert more, "the guest has ended"
            seen += more
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def page(self):
        url = re.search(rb"http://\S+", self.process.stderr.readline())[0]
        return websocket.Place(url.decode())


class Page(threading.Thread):
    """It is sent what a browser would be."""

    def __init__(self, line):
        super().__init__(daemon=True)
        self.line, self.bytes, self.pictures = line, 0, 0

    def run(self):
        while (message := self.line.receive()) is not None:
            self.bytes += len(message)
            if message[0] == 1:
                self.pictures += 1
                self.line.send(b"a")


def main():
    with Guest():
        watch("without --display web")
    with Guest("--display", "web") as guest:
        watch("with it, and no page")
        place = guest.page()
        status, fields, body = place.request()
        line = place.socket()
        assert (status, line.status) == (200, 101), (status, line.status)
        page = Page(line)
        line.send(b"v\1")      # somebody sees it
        page.start()
        watch("with a page open")
        print(f"it was sent {page.pictures} pictures, {page.bytes} bytes in all")
        print(f"the page itself: {len(body)} bytes as sent, "
              f"{fields.get('content-encoding', 'as they are')}")


main()
