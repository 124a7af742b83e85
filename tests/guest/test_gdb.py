#!/usr/bin/python3
"""kvm-vmm --gdb, byte by byte: packets that are broken or mean no good, stops at
whatever can be stopped at, clients that come and go, and the guest's end."""

import functools
import os
import re
import signal
import socket
import subprocess
import sys

import gdbclient
import gdbreal
import multiboot
import vm
from gdbclient import Gone, Guest
from vm import tap

INSIDE = "inside"       # this program's only word, when it is in the lab
IN_LAB = INSIDE in sys.argv
EIP = 8     # as every description of 16 and 32 bits numbers it


def needs(*kinds):
    """Skips a case where such guests cannot run, or have no server."""
    def decorate(function):
        def run():
            tap.check(os.path.exists(vm.KVM_VMM), "kvm-vmm is not built")
            if not vm.has_feature("gdb", "service"):
                raise tap.Skip("this configuration has no --gdb")
            for kind in kinds:
                if vm.lacks("host", kind):
                    raise tap.Skip(vm.lacks("host", kind))
            function()
        return run
    return decorate


def guest(name="points", **more):
    return Guest(vm.KVM_VMM, vm.assemble(name), **more)


@functools.lru_cache(None)
def places():
    """Where the labels of points.S are, by name."""
    lines = subprocess.run(["nm", gdbreal.link("points")], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return {line.split()[2]: int(line.split()[0], 16) for line in lines}


def name_of(pc):
    return next((name for name, at in places().items() if at == pc), hex(pc))


def run_to_end(client, words="vCont;c", most=99):
    """Where it stopped, and why, until it has ended; the last reply."""
    stops = []
    for _ in range(most):
        stop = client.run(words)
        if stop.kind != "T":
            return stops, stop
        why = [key for key in stop if key != "thread"]
        stops.append((name_of(client.reg(EIP)), why[0] if why else ""))
    raise tap.Failure(f"it goes on and on: {stops}")


# --- Packets ------------------------------------------------------------------

@tap.case("acknowledgements, wrong sums, and the last packet once more")
@needs("real16")
def acknowledges():
    with guest() as one:
        client = one.client(quiet=False)
        client.raw(b"$qC#b4")
        tap.equal(client.receive(), "QC1")
        client.raw(b"-")                # it did not come through
        tap.equal(client.receive(), "QC1")
        client.data = b""
        client.raw(b"$qC#00")
        client.more()
        tap.equal(client.data, b"-")
        client.data = b""
        client.must("QStartNoAckMode", "OK")
        client.acks = False
        client.raw(b"$qC#00-")          # neither is answered as before
        tap.equal(client.receive()[:1], "E")
        client.must("qC", "QC1")


# What a client can say wrong, and the first letter of what it hears: E, an error,
# or nothing, a packet that is not known.
WRONG = [
    ("vMustReplyEmpty", ""), ("R00", ""), ("qNone", ""), ("", ""), ("!", ""),
    ("\0", ""), ("vFlashErase:0,100", ""), ("qTStatus", ""), ("bc", ""),
    ("m", "E"), ("m0", "E"), ("m0,", "E"), ("m,1", "E"), ("m0,0", "E"),
    ("m0,1,1", "E"), ("mx,1", "E"), ("m10000000000000000,1", "E"),
    ("mffffffffffffffff,2", "E"), ("mf0000000,10", "E"),
    ("M0,1:", "E"), ("M0,1:0", "E"), ("M0,1:0g", "E"), ("M0,2:00", "E"),
    ("M0,ffffffffffffffff:00", "E"), ("Mf0000000,1:00", "E"), ("M0,1", "E"),
    ("X0,2:a", "E"), ("X0,ffffffff:a", "E"), ("Xf0000000,1:a", "E"),
    ("p", "E"), ("pffff", "E"), ("pffffffffffffffff", "E"), ("px", "E"),
    ("P", "E"), ("P0", "E"), ("P0=", "E"), ("P0=0", "E"), ("P0=" + "00" * 999, "E"),
    ("Pffff=00000000", "E"), ("G", "E"), ("G00", "E"), ("G" + "00" * 5000, "E"),
    ("H", "E"), ("Hx1", "E"), ("Hg", "E"), ("Hg2", "E"), ("Hgffffffff", "E"),
    ("Hg-2", "E"), ("T2", "E"), ("T", "E"), ("T-", "E"),
    ("Z", "E"), ("Z0", "E"), ("Z0,", "E"), ("Z5,0,1", "E"), ("Z9,0,1", "E"),
    ("Zffffffff,0,1", "E"), ("Z2,0,0", "E"), ("Z2,0,ffffffffffffffff", "E"),
    ("Z2,ffffffffffffffff,2", "E"), ("Z2,0,100000", "E"), ("z9,0,1", "E"),
    ("vCont", "E"), ("vCont;", "E"), ("vCont;x", "E"), ("vCont;c:", "E"),
    ("vCont;c:2", "E"), ("vCont;C", "E"), ("vCont;s:1x", "E"), ("vCont;c:-2", "E"),
    ("c0", "E"), ("sx", "E"), ("qThreadExtraInfo,9", "E"), ("qThreadExtraInfo,", "E"),
    ("qXfer:features:read:", "E"), ("qXfer:features:read:x:0,10", "E"),
    ("qXfer:features:read:target.xml:", "E"),
    ("qXfer:features:read:target.xml:0", "E"),
]


@tap.case("what cannot be meant gets an error, or nothing, and does nothing")
@needs("real16")
def refuses():
    with guest() as one:
        client = one.client()
        before = client.ask("g"), client.memory(0, 256)
        bad = []
        for words, want in WRONG:
            have = client.ask(words)
            if have[:1] != want or len(have) not in (0, 3):
                bad.append(f"{words!r}: have {have!r}, want {want!r}")
        tap.none_of(bad)
        tap.check((client.ask("g"), client.memory(0, 256)) == before,
                  "registers or memory are others")
        # Far behind its end a document has nothing.
        client.must("qXfer:features:read:target.xml:ffffffffffffffff,"
                    "ffffffffffffffff", "l")
        # As much as a packet can have, and more.
        tap.equal(len(client.ask("m0,ffffffffffffffff")) % 2, 0)
        client.send(b"M0,1:" + b"0" * 40000)
        tap.equal(client.receive()[:1], "E")
        client.send(b"\x03" * 40000)
        tap.equal(client.receive()[:1], "E")
        client.raw(b"+-\x03noise" * 1000)
        client.must("qC", "QC1")


@tap.case("one that sends and does not listen is cut off, and the guest goes on")
@needs("real16")
def deaf():
    with guest() as one:
        client = one.client()
        client.socket.settimeout(2)
        try:
            for _ in range(2000):
                client.raw(gdbclient.frame(b"m0,1fff") * 20)
            sent_all = True
        except (TimeoutError, OSError):
            sent_all = False
        tap.check(not sent_all, "nothing stops it from sending")
        client.close()
        tap.equal(one.end()[0], 5, "status")


# --- Stops --------------------------------------------------------------------

TURN = [("one", "swbreak"), ("two", "swbreak"), ("handler", "swbreak"),
        ("leave", "swbreak"), ("behind", "swbreak")]


@tap.case("each breakpoint stops once each time, the next byte's, a handler's, REP")
@needs("real16")
def stops():
    with guest() as one:
        client = one.client()
        for name in ("one", "two", "handler", "leave", "behind", "filled"):
            client.must(f"Z0,{places()[name]:x},1", "OK")
        have, last = run_to_end(client)
        tap.equal(have[:-1], TURN * 3 + [("filled", "swbreak")], "stops")
        tap.equal(last.text, "W05")
        tap.check("has ended by itself, exit status 5" in client.console,
                  client.console)
        tap.equal(one.end()[0], 5, "status")


@tap.case("hardware breakpoints and software ones at one place, and one taken away")
@needs("real16")
def hardware():
    with guest() as one:
        client = one.client()
        at = places()
        for _ in range(2):      # a second time changes nothing
            client.must(f"Z1,{at['behind']:x},1", "OK")
        client.must(f"Z0,{at['one']:x},1", "OK")
        tap.check("swbreak" in client.run("vCont;c"), "the first")
        client.must(f"z0,{at['one']:x},1", "OK")
        client.must(f"z0,{at['one']:x},1", "OK")
        have, _ = run_to_end(client)
        tap.equal(have[:-1], [("behind", "hwbreak")] * 3, "stops")


@tap.case("a watchpoint says which byte was hit, and sees what a handler wrote")
@needs("real16")
def watches():
    with guest() as one:
        client = one.client()
        at = places()
        client.must(f"Z2,{at['counter']:x},4", "OK")    # and the word behind it
        have = []
        for _ in range(6):
            stop = client.run("vCont;c")
            have.append(int(stop["watch"], 16))
        tap.equal(have, [at["counter"], at["handled"]] * 3, "addresses")
        client.must(f"z2,{at['counter']:x},4", "OK")
        have, last = run_to_end(client)
        tap.equal((len(have), last.text), (1, "W05"))


@tap.case("memory does not show breakpoints, and what is written under one stays")
@needs("real16")
def hides():
    with guest() as one:
        client = one.client()
        at = places()
        image = client.memory(0, 0xc0)
        for name in ("one", "two", "behind"):
            client.must(f"Z0,{at[name]:x},1", "OK")
        tap.check(client.memory(0, 0xc0) == image, "they are to be seen")
        # INC AX in the place of a NOP.
        client.must(f"M{at['two']:x},1:40", "OK")
        client.must(f"X{at['again']:x},0:", "OK")
        tap.equal(client.memory(at["one"], 2), b"\x90\x40")
        client.must(f"z0,{at['two']:x},1", "OK")
        tap.equal(client.memory(at["one"], 2), b"\x90\x40")
        client.run("vCont;c")
        client.set_reg(0, 0x41, 4)
        client.run("vCont;c")
        tap.equal((name_of(client.reg(EIP)), client.reg(0)), ("behind", 0x42))


@tap.case("stepi through the whole guest, a step being a stop; C and S as well")
@needs("real16")
def steps():
    with guest() as one:
        client = one.client()
        tap.equal(client.run("vCont;S05:1").signal, 5)
        have, last = run_to_end(client, "vCont;s:1")
        names = [name for name, _ in have]
        tap.equal(names[1:4], ["again", "one", "two"])
        tap.equal([name for name in names if name in dict(TURN)],
                  [name for name, _ in TURN] * 3)
        tap.equal(names.count("filled"), 1)
        tap.equal(last.text, "W05")


@tap.case("read watchpoints are refused where no debug register is there to do it")
@needs("real16")
def reads():
    with guest() as one:
        client = one.client()
        slow = "do not stop" in one.warning()
        for kind in "34":
            have = client.ask(f"Z{kind},{places()['counter']:x},2")
            tap.check(have[:1] == "E" if slow else have == "OK", have)


@tap.case("Ctrl-C stops one that runs, also with packets in front of it")
@needs("real16")
def interrupts():
    with guest("loop") as one:
        client = one.client()
        client.send("vCont;c")
        client.raw(gdbclient.frame(b"qC") + b"\x03" + gdbclient.frame(b"g"))
        tap.equal(client.receive(), "QC1")
        stop = client.wait()
        tap.equal((stop.signal, stop.thread), (2, 1))
        tap.check(len(client.receive()) > 100, "no registers behind it")
        client.send("vCont;c")
        client.send("g")                # not while it runs
        tap.equal(client.receive()[:1], "E")
        tap.equal(client.interrupt().signal, 2)
        client.raw(b"\x03")             # it stands already
        client.must("qC", "QC1")
        client.must("vKill;1", "OK")
        tap.equal(one.end()[0], 0, "status")


@tap.case("an interrupt comes during a step, which ends in its handler: no trap is left")
def no_flag_left():
    if not IN_LAB:
        raise tap.Skip("KVM here has no IRET in 32 bits; see the lab")
    kernel = multiboot.assemble("stepping_irq")
    symbols = subprocess.check_output(["nm", kernel], text=True)
    handler = re.search(r"(?m)^(\w+) \w handler$", symbols).group(1)
    with Guest(vm.KVM_VMM, "--irqchip=vmm", "--mem=16M", kernel) as one:
        client = one.client()
        for words in (f"0,{handler},1", "2,300000,4"):  # that one by steps
            client.must(f"Z{words}", "OK")
        client.run("vCont;c")
        tap.equal(client.reg(EIP), int(handler, 16))
        client.must("D", "OK")
        tap.equal(one.end()[0], vm.OK)


# --- Clients that come and go -------------------------------------------------

@tap.case("a second client is sent away; after detach the next one is welcome")
@needs("real16")
def one_at_a_time():
    with guest("loop") as one:
        client = one.client()
        other = one.client(quiet=False)
        try:
            tap.equal(other.ask("?"), "no answer")
        except (Gone, OSError):
            pass
        client.must("?", "T05thread:1;")
        client.must("D", "OK")
        try:
            client.ask("?")
            raise tap.Failure("it is still there after D")
        except (Gone, OSError):
            pass
        again = one.client()
        again.must("qAttached", "1")
        again.send("k")
        tap.equal(one.end()[0], 0, "status")


# What a client has sent when it is gone.
CUT = [b"", b"$", b"$g", b"$g#6", b"$g#67", gdbclient.frame(b"vCont;c"),
       gdbclient.frame(b"vCont;s:1") * 3, gdbclient.frame(b"vCont;c") + b"\x03",
       gdbclient.frame(b"m0,100") * 50, b"\x03", b"\x03" * 100]


@tap.case("one that is gone in the middle of anything leaves a guest that goes on")
@needs("real16")
def cut_off():
    with guest("echo", waits=False, limit=120) as one:
        tap.equal(one.process.stdout.read(6), b"ready\n")
        for data in CUT:
            client = one.client()
            client.must("Z0,2a,1", "OK")
            client.must("Z2,7000,8", "OK")
            client.raw(data)
            client.close()
        again = one.client()
        again.must("z0,2a,1", "OK")     # nothing of theirs is left
        again.must("D", "OK")
        one.process.send_signal(signal.SIGTERM)
        tap.equal(one.end()[0], 128 + signal.SIGTERM, "status")


@tap.case("whoever connects and says nothing stops nothing")
@needs("real16")
def silent():
    with gdbreal.Guest(vm.assemble("echo"), wait=False) as one:
        tap.equal(one.process.stdout.read(6), b"ready\n")
        quiet = socket.socket(socket.AF_UNIX)
        quiet.connect(one.where)
        one.process.stdin.write(b"a")
        one.process.stdin.flush()
        tap.equal(one.process.stdout.read(1), b"a")
        one.end(b"\4").must(vm.OK)
        quiet.close()


# --- The guest's end ----------------------------------------------------------

@tap.case("a guest that ended is there to look at; a signal is the end of it")
@needs("real16")
def ends():
    with guest("halt") as one:
        client = one.client()
        stop = client.run("vCont;c")
        tap.equal(stop.kind, "T")
        tap.check("It is kept to be looked at" in client.console,
                  client.console)
        client.must("D", "OK")
        status = one.end()[0]
    tap.equal(status, subprocess.run([vm.KVM_VMM, vm.assemble("halt")],
                                     capture_output=True, check=False).returncode)
    with guest("loop") as one:
        client = one.client()
        client.send("vCont;c")
        client.must("qC", "QC1")        # it has heard the one before
        one.process.terminate()
        tap.equal(client.wait().text, "X0f")
        tap.equal(one.end()[0], 128 + signal.SIGTERM, "status")


@tap.case("killed before its first instruction it has printed nothing")
@needs("real16")
def killed():
    with guest() as one:
        one.client().send("k")
        status, out, err = one.end()
        tap.equal((status, out), (0, b""))
        tap.check("ended by the debugger" in err, err)


@tap.case("single steps are VM exits, of which --max-exits lets through so many")
@needs("real16")
def counted():
    with Guest(vm.KVM_VMM, "--max-exits", "20", vm.assemble("loop")) as one:
        client = one.client()
        texts = [client.run("vCont;s:1").kind for _ in range(20)]
        tap.equal((set(texts), client.run("vCont;s:1").text), ({"T"}, "W7c"))
        tap.equal(one.end()[0], vm.LIMIT, "status")


# --- Where it listens ---------------------------------------------------------

def refused(*words):
    return subprocess.run([vm.KVM_VMM, *words, vm.assemble("points")],
                          capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)


@tap.case("a place that is none, or taken, is told before anything runs")
@needs("real16")
def listens():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words, status, why in (
                (["--gdb", port], vm.USAGE, r"Address (already )?in use.*another"),
                (["--gdb=0"], vm.USAGE, "1 to 65535"),
                (["--gdb=65536"], vm.USAGE, "1 to 65535"),
                (["--gdb=x"], vm.USAGE, "1 to 65535"),
                (["--gdb=unix:"], vm.USAGE, "PATH"),
                (["--gdb=unix:" + "x" * 200], vm.USAGE, "PATH"),
                (["--gdb=unix:/no/such/folder/gdb"], vm.USAGE, "mkdir -p")):
            done = refused(*words)
            tap.check(done.returncode == status and not done.stdout and
                      re.search(why, done.stderr),
                      words, done.returncode, done.stdout, done.stderr)


@tap.case("port and socket are there for this machine and user alone, and gone after")
@needs("real16")
def alone():
    with guest() as one:
        tap.equal(os.stat(one.path).st_mode & 0o777, 0o600, "mode")
        one.client().send("k")
        one.end()
        tap.check(not os.path.exists(one.path), "the socket is left behind")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [vm.KVM_VMM, "--gdb", str(port), "--gdb-wait", vm.assemble("points"),
         vm.assemble("points")], stderr=subprocess.PIPE, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    lines = []
    while sum("target remote" in line for line in lines) < 2:
        lines.append(process.stderr.readline())
        tap.check(lines[-1], lines)
    for number in (port, port + 1):
        tap.check(any(f"127.0.0.1:{number}" in line for line in lines), lines)
        client = gdbclient.Client(("127.0.0.1", number))
        client.must("qC", "QC1")
        client.send("k")
    tap.equal(process.wait(60), 0, "status")
    process.stderr.close()


# --- In the lab, on AMD-V -----------------------------------------------------

def all_inside():
    """All of the above, where the lab's own machine is the host."""
    reason = vm.lab_lacks()
    if reason:
        raise tap.Skip(reason)
    for name in GUESTS:
        vm.assemble(name)
    gdbreal.link("points")
    multiboot.assemble("stepping_irq")
    done = subprocess.run(
        vm.lab_command(["sh", "-c", f"ip link set lo up; exec {__file__} {INSIDE}"]),
        cwd=tap.TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.STDOUT, timeout=240, check=False)
    good = re.findall(r"(?m)^ok \d+ - (?!.* # SKIP)", done.stdout)
    tap.check(done.returncode == 0 and len(good) == len(tap.CASES) - 1,
              *done.stdout.splitlines()[-40:])


GUESTS = ("points", "loop", "echo", "halt")

if IN_LAB:      # what is built was built outside
    vm.assemble = lambda name: os.path.join(tap.BUILD, "tests", "guest",
                                            f"{name}.bin")
    gdbreal.link = lambda name: os.path.join(tap.BUILD, "tests", "guest",
                                             f"{name}.gdb.elf")
    multiboot.assemble = lambda name: os.path.join(multiboot.WORK,
                                                   f"{name}-n.elf")
    sys.argv.remove(INSIDE)
else:
    tap.add("the same on AMD-V, in the lab, where a step goes past handlers",
            all_inside)

tap.main()
