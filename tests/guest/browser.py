"""A headless Chromium for tests of HTML, driven by its DevTools Protocol.

Needs no driver beside Chromium: it takes JSON on file descriptor 3 and answers
on 4, a zero byte behind each message (--remote-debugging-pipe). Everything the
page says or asks for is kept, and the test decides what may be there.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LIMIT = 120         # seconds for an answer; a loaded machine is slow
GRACE = 5           # seconds for its processes to be gone
# No sandbox: tests may run as root, and open files of their own only. The
# rest keeps Chromium from asking the network for anything by itself.
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu",
           "--disable-dev-shm-usage", "--no-first-run", "--mute-audio",
           "--disable-background-networking", "--disable-component-update",
           "--disable-sync", "--disable-extensions", "--disable-breakpad",
           "--disable-crash-reporter", "--remote-debugging-pipe",
           "--no-default-browser-check", "--no-startup-window",
           "--disable-features=Translate,OptimizationHints,MediaRouter")


class BrowserError(Exception):
    """Chromium did not do what it was asked for."""


class Browser:
    """Use it in a `with`: it leaves no process and no file behind."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="mkvm-browser.")
        self.buffer = b""
        self.serial = 0
        self.events = []
        self.session = None
        try:
            self.start()
            target = self.call("Target.createTarget", url="about:blank")
            self.session = self.call("Target.attachToTarget", flatten=True,
                                     **target)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(domain + ".enable")
        except BaseException:
            self.close()
            raise

    def start(self):
        """Starts Chromium with our ends of its two pipes."""
        theirs_in, self.to = os.pipe()
        self.back, theirs_out = os.pipe()
        # Away from 3 and 4 first, or one would be closed by the other.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 20)
                for end in (theirs_in, theirs_out)]
        env = dict(os.environ, HOME=self.home, XDG_CONFIG_HOME=self.home,
                   XDG_CACHE_HOME=self.home)
        with open(os.path.join(self.home, "log"), "wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", 'exec "$@" 3<&%d 4>&%d' % tuple(ends), "bash",
                 CHROMIUM, *OPTIONS, "--user-data-dir=" + self.home],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                pass_fds=ends, start_new_session=True)
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Asks it to go, waits for all of its processes, takes its files."""
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(LIMIT)
        except (BrowserError, OSError, subprocess.TimeoutExpired):
            pass
        self.end_all()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.home, ignore_errors=True)

    def end_all(self):
        """Ends what is left of it; its helpers may outlive it a little."""
        limit = time.monotonic() + GRACE
        try:
            while time.monotonic() < limit:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                time.sleep(0.02)
        except ProcessLookupError:
            pass
        self.process.wait()

    def message(self):
        """The next message of Chromium."""
        limit = time.monotonic() + LIMIT
        while b"\0" not in self.buffer:
            left = limit - time.monotonic()
            ready = left > 0 and select.select([self.back], [], [], left)[0]
            piece = os.read(self.back, 1 << 16) if ready else b""
            if not piece:
                with open(os.path.join(self.home, "log"), "rb") as log:
                    text = log.read().decode("utf-8", "replace")[-2000:]
                raise BrowserError(("Chromium ended:\n" if ready else
                                    "no answer of Chromium:\n") + text)
            self.buffer += piece
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        """The answer to one request; events on the way are kept."""
        self.serial += 1
        request = {"id": self.serial, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.serial:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def size(self, width, height=900, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=2 if phone else 1,
                  mobile=phone)

    def media(self, kind="", scheme="light"):
        """"print" or "screen", light or dark."""
        self.call("Emulation.setEmulatedMedia", media=kind, features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path):
        """Opens a file and waits until it is loaded."""
        self.go("file://" + os.path.abspath(path))

    def tab(self):
        """One more page, which what follows is about; the session of the last."""
        last, self.session = self.session, None
        target = self.call("Target.createTarget", url="about:blank")
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 **target)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        return last

    def go(self, url):
        """Opens an address and waits until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired"
                      for event in self.events):
            self.events.append(self.message())

    def evaluate(self, expression):
        """The value of an expression in JavaScript, as JSON has it."""
        answer = self.call("Runtime.evaluate", expression=expression,
                           returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def screenshot(self, path):
        """The whole page as PNG."""
        shot = self.call("Page.captureScreenshot", format="png",
                         captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def pdf(self):
        """What the printer would get."""
        return base64.b64decode(self.call(
            "Page.printToPDF", preferCSSPageSize=True,
            printBackground=False)["data"])

    def complaints(self):
        """Errors and warnings on the console, uncaught exceptions."""
        for event in self.events:
            params = event.get("params", {})
            if event.get("method") == "Log.entryAdded" and \
                    params["entry"]["level"] in ("error", "warning"):
                yield params["entry"]["text"]
            elif event.get("method") == "Runtime.consoleAPICalled":
                yield str(params["args"])
            elif event.get("method") == "Runtime.exceptionThrown":
                yield str(params["exceptionDetails"])

    def requests(self):
        """Addresses of everything that the page asked for."""
        return [event["params"]["request"]["url"] for event in self.events
                if event.get("method") == "Network.requestWillBeSent"]
