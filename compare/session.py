"""A session: one shell, on this host or in the lab, that runs one kvm-vmm after
another. Starting the lab takes seconds, so all variants share one.

Orders go in by stdin, a line each that begins with a mark nobody else knows;
what lies between them is for the guest. A run ends with the mark on stdout,
behind what the guest printed, and on stderr, with what kvm-vmm left.
"""

import base64
import contextlib
import os
import secrets
import selectors
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from . import place
from .errors import Failure

SCRIPT = """\
mark=$1 dir=$2 stop=$3
cd "$dir"

# order LINE: what begins with the mark is for us, the rest a guest left over
order() {
	case $1 in
	"$mark "*) eval "${1#"$mark "}" ;;
	esac
}

# tick: a sign of life each half a second, but not so early that a boot would notice;
# and the end of a guest, when somebody has made the file that asks for it
tick() {
	trap 'kill $!; exit' TERM
	sleep 1 & wait $!
	while :; do
		echo "$mark tick" >&2
		[ ! -e "$stop" ] || kill -ALRM "$(cat pid)" 2>/dev/null
		sleep 0.5 & wait $!
	done
}

# boot SECONDS COMMAND...: past that many it is killed
boot() {
	rm -f ledger.json pid
	limit=$1
	shift
	status=0
	echo "$mark begin" >&2
	tick &
	ticker=$!
	timeout --foreground -s KILL "$limit" \
		sh -c 'echo $$ >pid; exec "$@"' sh "$@" 2>err || status=$?
	kill $ticker
	wait $ticker || :
	[ -f ledger.json ] || : >ledger.json
	printf '%s\\n' "$mark end" >&1
	echo "$mark result $status $(tail -c 1000000 err | base64 -w0)" \
		"-$(base64 -w0 <ledger.json)" >&2
}

# copy FILE FOLDER: into the directory, so that nobody waits for the disk of the
# host while the clock runs; kvm-vmm looks beside itself for its back ends
copy() {
	mkdir -p "$2"
	case $1 in
	*/kvm-vmm) ln -sf "${1%/*}"/kvm-* "$2" ;;
	esac
	cp --remove-destination "$1" "$2"
}

echo "$mark ready" >&2
while IFS= read -r line; do
	order "$line"
done
"""
START_LIMIT = 180       # seconds; a busy machine may need many
FIRST_TICK, TICK = 1, 0.5   # seconds, as in the script
OUTPUT_MAX, OUTPUT_KEPT, OUTPUT_SAVED = 1 << 22, 1 << 20, 1 << 18
LAB_DIR = "/tmp"


class Lost(Exception):
    """The session ended, or does not answer; the text says how."""


class Result:
    """What one kvm-vmm left."""

    def __init__(self, status, err, ledger, output):
        self.status = status
        self.err = err          # text
        self.ledger = ledger    # text, "" if there was none
        self.output = output    # bytes that the guest printed

    def to_json(self):
        return {"status": self.status, "err": self.err, "ledger": self.ledger,
                "output": self.output[-OUTPUT_SAVED:].decode("latin-1")}

    @classmethod
    def from_json(cls, found):
        return cls(found["status"], found["err"], found["ledger"],
                   found["output"].encode("latin-1"))


class Session:
    """Use it as a context: nothing it started outlives it."""

    def __init__(self, top, where, mem="1G", shared=()):
        self.where = where
        self.mark = "@" + secrets.token_hex(12)
        self.work = tempfile.mkdtemp(prefix="mkvm-compare.")
        self.copies = set()
        self.stop_file = os.path.join(self.work, "stop")
        command = ["sh", "-c", SCRIPT, "sh", self.mark, self.work,
                   self.stop_file]
        if where == "lab":
            command[-2] = LAB_DIR
            options = [word for folder in
                       [*shared, *place.shares([self.stop_file])]
                       for word in ("--share", folder)]
            command = [os.path.join(top, "lab", "run"), "--count", "--mem",
                       mem, *options, "--", *command]
        self.child = subprocess.Popen(
            command, cwd=top, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, bufsize=0)
        self.select = selectors.DefaultSelector()
        self.out, self.err = bytearray(), bytearray()
        self.heard = self.started = time.monotonic()
        self.took = 0           # seconds until it took orders
        for stream, into in ((self.child.stdout, self.out),
                             (self.child.stderr, self.err)):
            os.set_blocking(stream.fileno(), False)
            self.select.register(stream, selectors.EVENT_READ, into)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends whatever still runs."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.child.pid, number)
                self.child.wait(3)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.child.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def start(self):
        """Waits until it takes orders."""
        limit = time.monotonic() + START_LIMIT
        while f"{self.mark} ready".encode() not in self.err:
            self.listen(limit)
        self.took = time.monotonic() - self.started
        self.err.clear()

    def listen(self, limit):
        """Takes in what there is, or waits until time.monotonic() is @limit.

        Raises Lost when the session is over or the limit has passed already.
        """
        if time.monotonic() >= limit:
            raise Lost("did not answer in time")
        self.listen_until(limit)

    def listen_until(self, limit):
        """As listen(), but coming back with nothing is no failure."""
        left = max(0, limit - time.monotonic())
        if not self.select.get_map():
            raise Lost(f"ended: {self.last_words()}")
        for key, _ in self.select.select(left):
            data = os.read(key.fd, 1 << 16)
            self.heard = time.monotonic()
            key.data.extend(data)
            if len(self.out) > OUTPUT_MAX:  # a guest can print for ever
                del self.out[:-OUTPUT_KEPT]
            if not data:
                self.select.unregister(key.fileobj)

    def last_words(self):
        lines = self.err.decode("utf-8", "replace").split("\n")
        kept = [line for line in lines if line and self.mark not in line]
        return kept[-1] if kept else f"status {self.child.wait()}"

    def write(self, data):
        try:
            self.child.stdin.write(data)
        except BrokenPipeError:
            raise Lost(f"ended: {self.last_words()}") from None

    def order(self, *words):
        # In front, the end of a line that a guest may have left unread.
        line = f"{self.mark} {shlex.join(words)}\n"
        self.write(b"\n" + line.encode("utf-8", "surrogateescape"))

    def file(self, path, folder):
        """Where the session finds a file: in the lab, a copy of its own, in a
        folder that no other file has."""
        path = os.path.abspath(path)    # the session has a directory of its own
        if self.where == "host":
            return path
        if path not in self.copies:
            self.order("copy", path, folder)
            self.copies.add(path)
        return os.path.join(LAB_DIR, folder, os.path.basename(path))

    def boot(self, seconds, argv):
        """Orders a kvm-vmm, which is killed after so many seconds."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.stop_file)
        self.order("boot", str(seconds), *argv)

    def stop(self):
        """Orders the guest that runs to end at once, as at its limit."""
        with open(self.stop_file, "w", encoding="utf-8"):
            pass

    def begun(self):
        """Whether the kvm-vmm that was ordered has been started."""
        return f"{self.mark} begin".encode() in self.err

    def clock(self):
        """Seconds since then, as they pass where it runs; 0 for the first."""
        ticks = self.err.count(f"{self.mark} tick".encode())
        return FIRST_TICK + TICK * (ticks - 1) if ticks else 0

    def ended(self):
        """The Result of what was booted, or None while it runs."""
        mark = self.mark.encode()
        end = self.out.find(mark + b" end\n")
        begin = self.err.find(mark + b" result ")
        stop = self.err.find(b"\n", begin)
        if end < 0 or begin < 0 or stop < 0:
            return None
        words = self.err[begin:stop].decode("ascii").split(" ")
        err, ledger = (base64.b64decode(word.lstrip("-")).decode(
            "utf-8", "replace") for word in words[3:5])
        result = Result(int(words[2]), err, ledger, bytes(self.out[:end]))
        self.out.clear()
        self.err.clear()
        return result


def opened(top, where, mem, files):
    """A Session at that place, "host" or "lab", which takes orders and sees
    those files; raises Failure."""
    session = Session(top, where, mem, place.shares(files))
    try:
        session.start()
    except Lost as lost:
        session.close()
        raise Failure(f"{where}: the session {lost}") from None
    except BaseException:
        session.close()
        raise
    return session
