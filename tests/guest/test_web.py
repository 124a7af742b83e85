#!/usr/bin/python3
"""--display web: who is let in, what a page gets, and what it does with that in a
real browser."""

import base64
import contextlib
import gzip
import itertools
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import browser
import pngfile
import vm
import websocket
from vm import tap

LIMIT = 120
PAGE_MAX = 400 << 10
CODES = 12, 24  # the rows that show scan codes, of
COLUMNS = 80
TEXT, COUNTS, OVER = 2, 3, 4
KEY_O, KEY_C = 24, 46
WEB = os.path.join(tap.IMAGES, "kvm-web")


@contextlib.contextmanager
def running(guest="screen", *options, keys="keyboard"):
    """(the process, its place)"""
    with subprocess.Popen(
            [vm.KVM_VMM, f"--keys={keys}", "--display", "web", *options,
             vm.assemble(guest)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            line = process.stderr.readline().decode()
            found = re.search(r"http://\S+", line)
            tap.check(found, "no address:", line)
            yield process, websocket.Place(found[0])
        finally:
            process.kill()


def end(process, status=5):
    process.stdin.write(b"q")
    process.stdin.close()
    tap.equal(process.wait(LIMIT), status, process.stderr.read())


def wait_for(what, condition):
    limit = time.monotonic() + LIMIT
    while not condition():
        tap.check(time.monotonic() < limit, "never:", what)
        time.sleep(0.05)


# --- Without a browser ---------------------------------------------------------


def the_page():
    with running() as (process, place):
        status, fields, body = place.request()
        tap.equal(status, 200, fields)
        tap.check(len(body) < PAGE_MAX, "bytes:", len(body))
        tap.equal(fields["content-encoding"], "gzip", "encoding")
        policy = fields["content-security-policy"]
        tap.check("default-src 'none'" in policy and
                  "unsafe-inline" not in policy.split("script-src")[1]
                  .split(";")[0], policy)
        page = gzip.decompress(body).decode()
        tap.check(not re.search(r'(src|href)="(?!data:)', page),
                  "it needs something else")
        end(process)


def who_is_let_in():
    with running() as (process, place):
        own = f"{place.host}:{place.port}"
        wrong = place.path[:-2] + ("0" if place.path[-2] != "0" else "1") + "/"
        for status, path, headers in [
                (403, "/", {}), (403, wrong, {}), (403, place.path[:-1], {}),
                (404, place.path + "x", {}), (200, None, {}),
                (200, None, {"Host": f"localhost:{place.port}"}),
                (403, None, {"Host": "evil.example"}),
                (403, None, {"Host": "127.0.0.1.evil.example"}),
                (403, None, {"Origin": "http://evil.example"}),
                (403, None, {"Origin": "null"}),
                (200, None, {"Origin": f"http://{own}"}),
                (405, None, {"method": "POST"})]:
            tap.equal(place.request(path, **headers)[0], status,
                      f"{path} {headers}")
        for status, path, headers in [
                (101, None, {}), (101, None, {"Origin": None}),
                (403, None, {"Origin": "http://evil.example"}),
                (403, None, {"Host": "evil.example"}),
                (403, wrong + "screen", {}), (403, "/screen", {})]:
            line = place.socket(path, **headers)
            tap.equal(line.status, status, f"socket {path} {headers}")
            line.close()
        end(process)


def hostile():
    """Whatever one of them does, the others are served."""
    with running() as (process, place):
        held = [place.connect() for _ in range(20)]
        for sock in held:
            sock.sendall(b"GET " + place.path.encode())     # and no more
        for junk in (b"\0" * 5000, b"\x16\x03\x01" * 100, b"GET " + b"a" * 9000,
                     b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2000 + b"\r\n"):
            with place.connect() as sock, contextlib.suppress(OSError):
                sock.sendall(junk)
        for frame in (b"\x82\xff" + b"\xff" * 8, b"\x82\xfe\xff\xff" + bytes(4),
                      b"\xf2\x80" + bytes(4), b"\x02\x81" + bytes(4) + b"k"):
            line = place.socket()
            tap.equal(line.status, 101, "status")
            line.sock.sendall(frame + bytes(64))
            line.close()
        for message in (b"", b"?", b"k", b"k\x1e\0\2", b"k\xff\xff\1", b"m123456789",
                        b"m\0\0\0\0\0\x08", b"v", b"t" + b"x" * 1001):
            line = place.socket()
            line.send(message)
            tap.check(line.is_closed(), message)
            line.close()
        pages = [place.socket() for _ in range(20)]
        tap.check(pages[0].wait(1), "the first of many")
        tap.equal(place.request()[0], 200, "status")
        for sock in held + pages:
            sock.close()
        line = place.socket()
        tap.check(line.wait(1), "no picture afterwards")
        line.close()
        end(process)


def many():
    """Pages that come and go by hundreds leave nothing behind, and those that read
    nothing hold up no end."""
    with running("flood", keys="serial") as (process, place):
        for at in range(200):
            line = place.socket()
            tap.equal(line.status, 101, "status")
            line.send(b"v\1")
            if at % 10 == 0:
                tap.check(line.receive(), "nothing comes")
            line.close()
        held = [place.socket() for _ in range(16)]
        for line in held:
            line.send(b"v\1")
        process.terminate()
        tap.equal(process.wait(LIMIT), 128 + signal.SIGTERM, process.stderr.read())
        wait_for("the port is free", lambda: not can_connect(place))
        for line in held:
            line.close()


def printed(line, size):
    text = b""
    while len(text) < size:
        text += line.wait(TEXT)[1:]
    return text


def console():
    """What was printed before is there, what is typed arrives, the end is told."""
    with running("echo", keys="serial") as (process, place):
        line = place.socket()
        tap.equal(printed(line, 6), b"ready\n", "printed")
        line.send(b"v\1")
        line.send(b"thallo")
        tap.equal(printed(line, 5), b"hallo", "echo")
        counts = dict(json.loads(line.wait(COUNTS)[1:]))
        tap.check(counts["serial"] > 5, counts)
        again = place.socket()
        tap.equal(printed(again, 11), b"ready\nhallo", "history")
        line.send(b"t\4")
        tap.equal(again.wait(OVER), bytes([OVER]), "the end")
        tap.check(line.is_closed(), "closed")
        tap.equal(process.wait(LIMIT), 0, process.stderr.read())


def idle():
    """A guest that never leaves is not made to by a page that looks."""
    with running("loop", "--stats=json") as (process, place):
        line = place.socket()
        line.send(b"v\1")
        tap.check(line.wait(1), "a picture")
        seen = [json.loads(line.wait(COUNTS)[1:]) for _ in range(3)]
        tap.equal(seen, [[], [], []], "VM exits")
        process.terminate()
        tap.check(line.is_closed(), "the end")
        tap.equal(process.wait(LIMIT), 128 + signal.SIGTERM, "status")


def unseen():
    """Nothing is drawn for a page that nobody can see, and at once when one can."""
    with running() as (process, place):
        line = place.socket()

        def key(code):
            line.send(bytes([ord("k"), code, 0, 1]))
            line.send(bytes([ord("k"), code, 0, 0]))
        line.send(b"v\1")
        while line.wait(1)[2:6] != b"\xd0\2\x90\1":
            pass    # 720 by 400
        line.send(b"v\0")
        key(KEY_O)
        tap.equal(printed(line, 4), b"out\n", "what is on its way")
        key(KEY_C)
        key(KEY_O)
        kinds = []
        while TEXT not in kinds:
            message = line.receive()
            kinds.append(message[0])
        tap.check(1 not in kinds, "pictures for nobody:", kinds)
        line.send(b"v\1")
        tap.check(line.wait(1), "a picture")
        line.close()
        end(process)


def mouse():
    with running("mouse") as (process, place):
        line = place.socket()
        tap.equal(printed(line, 1), b"\xfa", "it reports")
        line.send(b"m" + struct.pack("<hhbB", 5, 3, 0, 0))
        tap.equal(printed(line, 3), b"\x28\5\xfd", "right and down")
        line.send(b"m" + struct.pack("<hhbB", 0, 0, 0, 3))
        tap.equal(printed(line, 3), b"\x0b\0\0", "two buttons")
        line.close()
        other = place.socket()
        tap.equal(printed(other, 10)[7:], b"\x08\0\0", "none stays down")
        end(process)


def dies_with_it():
    with running() as (process, place):
        line = place.socket()
        line.wait(1)
        process.kill()
        tap.check(line.is_closed(), "closed")
        wait_for("the port is free", lambda: not can_connect(place))


def can_connect(place):
    with contextlib.suppress(OSError), place.connect():
        return True
    return False


# --- In a browser -----------------------------------------------------------------


class Relay(threading.Thread):
    """A port that leads to another, until all its connections are cut."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.ends = port, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own = self.listener.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                near = self.listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", self.port))
                self.ends += [near, far]
                for a, b in ((near, far), (far, near)):
                    threading.Thread(target=self.copy, args=(a, b),
                                     daemon=True).start()

    @staticmethod
    def copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def cut(self):
        for sock in self.ends:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.ends.clear()

    def close(self):
        self.listener.close()
        self.cut()


CANVAS = """(() => {
    const c = document.getElementById("screen");
    const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
    let text = "";
    for (let i = 0; i < d.length; i += 8190)
        text += btoa(String.fromCharCode(...d.subarray(i, i + 8190)));
    return [c.width, c.height, text];
})()"""


class Canvas(pngfile.Picture):
    """What the page's canvas shows."""

    def __init__(self, page):   # pylint: disable=super-init-not-called
        self.width, self.height, text = page.evaluate(CANVAS)
        data = base64.b64decode(text)
        pixels = [tuple(data[at:at + 3]) for at in range(0, len(data), 4)]
        self.rows = [pixels[at:at + self.width]
                     for at in range(0, len(pixels), self.width)]


def font_of(picture):
    return {picture.cell(c % 64, 2 + c // 64): chr(c)
            for c in range(126, 31, -1)}


def shows(page, row, text, scrolled=0):
    """On the screen from the start of a row on, and in the next ones."""
    picture = Canvas(page)
    font = font_of(picture)
    wide = picture.width // pngfile.CELL[0]
    rows = [picture.text(row - scrolled + more, font).ljust(wide)
            for more in range(1 + len(text) // wide)]
    return "".join(rows).startswith(text)


def typed(page, codes):
    """Whether these scan codes, and no others, have come. A key repeats that is down
    for long, and on a busy machine each may be: that is one."""
    picture, text = Canvas(page), ""
    font = font_of(picture)
    for row in range(*CODES):
        line = picture.text(row, font)
        text += line.ljust(COLUMNS)
        if not line:
            break
    seen = re.findall(r"(?:e0 )?[0-9a-f]{2}", text)
    return " ".join(code for code, _ in itertools.groupby(seen)) == codes


def press(page, code, key):
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, code=code, key=key)


def untold(page):
    """Keys of whose release a page is not told, or not at once: none stays down."""
    def key(kind, code, name):
        page.call("Input.dispatchKeyEvent", type=kind, code=code, key=name)

    codes = "2e ae 0f 8f 2d ad"
    for steps, more in (
            ((("keyDown", "MetaLeft", "Meta"), ("keyDown", "KeyA", "a"),
              ("keyUp", "MetaLeft", "Meta"), ("keyUp", "KeyA", "a")),
             " e0 5b 1e e0 db 9e"),
            (("MacIntel", ("keyDown", "ShiftLeft", "Shift"),
              ("keyDown", "MetaLeft", "Meta"), ("keyDown", "KeyA", "a"),
              ("keyUp", "MetaLeft", "Meta"), ("keyUp", "ShiftLeft", "Shift")),
             " 2a e0 5b 1e e0 db 9e aa"),
            ((("keyUp", "PrintScreen", "PrintScreen"),), " e0 2a e0 37 e0 b7 e0 aa"),
            ((("keyDown", "AltRight", "HangulMode"),
              ("keyDown", "KeyB", "b"), ("keyUp", "KeyB", "b")), " f2 30 b0"),
            ((("keyDown", "ShiftLeft", "Shift"),), " 2a")):
        for step in steps:
            if isinstance(step, str):
                page.call("Emulation.setUserAgentOverride", platform=step,
                          userAgent="Mozilla/5.0")
            else:
                key(*step)
        codes += more
        wait_for(codes, lambda: typed(page, codes))  # pylint: disable=cell-var-from-loop
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    wait_for("Shift comes up", lambda: typed(page, codes + " aa"))


def state(page):
    return page.evaluate("document.getElementById('state').textContent")


def text_of(page):
    return page.evaluate(
        "document.querySelector('.xterm-rows').textContent")


def wait_for_console(page, text):
    wait_for(text, lambda: text in text_of(page).replace("\xa0", " "))


def in_browser():
    artefacts = os.path.join(tap.BUILD, "tests")
    with running() as (process, place), browser.Browser() as page:
        relay = Relay(place.port)
        page.size(1280)
        page.go(place.url)
        wait_for("the screen", lambda: shows(page, 0, "On the screen"))
        page.evaluate("document.getElementById('screen').focus()")
        press(page, "KeyC", "c")
        wait_for("its scan codes", lambda: typed(page, "2e ae"))
        wait_for("the legend", lambda: "i8042" in page.evaluate(
            "document.getElementById('legend').textContent"))
        page.screenshot(os.path.join(artefacts, "web-1280.png"))
        complaints = list(page.complaints())
        first = page.tab()
        page.size(390, phone=True)
        page.go(f"http://localhost:{relay.own}{place.path}")
        wait_for("the screen, small", lambda: typed(page, "2e ae"))
        tap.equal(page.evaluate("document.documentElement.scrollWidth"), 390,
                  "width")
        page.evaluate("document.querySelector('[data-key=Tab]').click()")
        wait_for("a button's key", lambda: typed(page, "2e ae 0f 8f"))
        page.screenshot(os.path.join(artefacts, "web-390.png"))
        complaints += page.complaints()
        tap.equal(complaints, [], "the browser's complaints")
        relay.cut()
        wait_for("it comes again", lambda: state(page) == "running")
        second, page.session = page.session, first
        page.evaluate("document.getElementById('screen').focus()")
        press(page, "KeyX", "x")
        wait_for("the first", lambda: typed(page, "2e ae 0f 8f 2d ad"))
        page.session = second
        wait_for("the second", lambda: typed(page, "2e ae 0f 8f 2d ad"))
        page.session = first
        untold(page)
        end(process)
        page.session = second
        wait_for("the end", lambda: state(page) == "the guest has ended")
        relay.close()


def console_in_browser():
    with running("echo", keys="serial") as (process, place), \
            browser.Browser() as page:
        page.size(1280)
        page.go(place.url)
        wait_for_console(page, "ready")
        page.evaluate("document.querySelector('.xterm-helper-textarea').focus()")
        page.call("Input.insertText", text="typed here")
        wait_for_console(page, "typed here")
        page.evaluate("document.getElementById('reset').click()")
        wait_for_console(page, "typed hereready")
        tap.equal(list(page.complaints()), [], "the browser's complaints")
        page.call("Input.insertText", text="\4")
        tap.equal(process.wait(LIMIT), 0, process.stderr.read())


REASON = vm.host_lacks("real16") or \
    not os.path.exists(WEB) and "kvm-web is not built; `make web` does that"
for TEXT_, CASE in [
        ("the page is one file, small and strict", the_page),
        ("word, host, origin and method are ours, or it is refused", who_is_let_in),
        ("half requests, huge frames and nonsense disturb nobody", hostile),
        ("pages that come and go by hundreds, and that read nothing", many),
        ("the console, and its history, and the end", console),
        ("an idle guest's exits do not rise", idle),
        ("the mouse, and its buttons", mouse),
        ("a page that nobody can see is not drawn for", unseen),
        ("it ends when kvm-vmm is killed", dies_with_it),
        ("in Chromium: screen, keys, two pages, again, no complaint", in_browser),
        ("in Chromium: console and reset button", console_in_browser)]:
    tap.add(f"{TEXT_} (host)", *((vm.skip, REASON) if REASON else (CASE,)))
tap.main()
