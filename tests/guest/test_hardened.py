#!/usr/bin/python3
"""What a guest that breaks out of its RAM would find: the walls of kvm-vmm.

Looks at the program file and at a running one, through /proc. The static
program and one of the compiler's own C library have the same walls.
"""

import os
import re
import resource
import signal
import subprocess
import time

import vm
from vm import tap

MIB = 1 << 20
RAM = 32 * MIB
TABLES = ("device", "loader")
SPIN = b"\xeb\xfe"      # jmp $


def readelf(*options):
    done = subprocess.run(["readelf", "-W", *options, vm.KVM_VMM], text=True,
                          capture_output=True, check=True)
    return done.stdout


def segments():
    """{type: [(address, size, flags), ...]} of the program."""
    found = {}
    for row in re.finditer(r"^  (\w+) +0x\w+ 0x(\w+) 0x\w+ 0x\w+ 0x(\w+) "
                           r"([RWE ]{3})", readelf("-l"), re.M):
        found.setdefault(row.group(1), []).append(
            (int(row.group(2), 16), int(row.group(3), 16), row.group(4)))
    return found


class Mapping:
    """One entry of /proc/PID/smaps."""

    def __init__(self, head):
        span, self.rights = head.split()[:2]
        self.start, self.end = (int(x, 16) for x in span.split("-"))
        self.path = head.split()[5] if len(head.split()) > 5 else ""
        self.flags = []

    def __str__(self):
        return f"{self.start:x}-{self.end:x} {self.rights} {self.path}"


def read_maps(pid):
    maps = []
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for line in file:
            if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                maps.append(Mapping(line))
            elif line.startswith("VmFlags:"):
                maps[-1].flags = line.split()[1:]
    return maps


class Running:
    """A kvm-vmm whose guest spins; `fds` are open in the caller."""

    def __init__(self, fds=(), options=()):
        reason = vm.host_lacks("real16")
        if reason:
            raise tap.Skip(reason)
        path = os.path.join(tap.BUILD, "tests", "guest", "spin.bin")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(SPIN)
        self.process = subprocess.Popen(
            [vm.KVM_VMM, "--timeout", "60", "--mem", str(RAM >> 20) + "M",
             *options, path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, pass_fds=fds)
        self.pid = self.process.pid

    def __enter__(self):
        for _ in range(2000):
            if self.has_entered():
                return self
            time.sleep(0.01)
        self.__exit__()
        raise tap.Failure("the guest was not entered within 20 s")

    def has_entered(self):
        """A thread of a vCPU has used processor time in the guest."""
        tasks = f"/proc/{self.pid}/task"
        return len(os.listdir(tasks)) > 1 and \
            any(self.ticks(f"{tasks}/{task}") for task in os.listdir(tasks)
                if int(task) != self.pid)

    @staticmethod
    def ticks(task):
        with open(task + "/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def maps(self):
        return read_maps(self.pid)

    def ram(self):
        """(maps, index of guest RAM): the one mapping of its size."""
        maps = self.maps()
        found = [i for i, m in enumerate(maps)
                 if m.end - m.start == RAM and m.rights == "rw-p"]
        tap.check(len(found) == 1, "guest RAM is not one mapping:",
                  *map(str, maps))
        return maps, found[0]


@tap.case("the program lies anywhere: PIE, and twice at different addresses")
def pie():
    tap.check(re.search(r"Type:\s+DYN", readelf("-h")), readelf("-h"))
    bases = set()
    for _ in range(2):
        with Running() as running:
            bases.add(min(m.start for m in running.maps()
                          if m.path.endswith("/kvm-vmm")))
    tap.equal(len(bases), 2, "load addresses of two runs")


@tap.case("a static program has no interpreter; nothing is writable and code")
def no_writable_code():
    found = segments()
    if "INTERP" in found:
        with open(os.path.join(tap.BUILD, "vmm", "how"),
                  encoding="utf-8") as file:
            tap.check(not file.read().startswith("static: y"),
                      "linked statically, and the program has an interpreter")
    tap.none_of(f"{kind} {flags}" for kind, rows in found.items()
                for _, _, flags in rows if "W" in flags and "E" in flags)
    tap.check("GNU_STACK" in found, "no GNU_STACK: the stack is executable")
    with Running() as running:
        tap.none_of(str(m) for m in running.maps()
                    if "w" in m.rights and "x" in m.rights)


def table_places():
    """[(name, first address, end), ...] of the link-time tables."""
    names = subprocess.run(["nm", os.path.join(tap.BUILD, "vmm", "kvm-vmm")],
                           capture_output=True, text=True, check=True).stdout
    ends = {name: int(at, 16) for at, name in
            re.findall(r"^(\w+) \w __(\w+_table_\w+)$", names, re.M)}
    return [(name[len("start_table_"):], at,
             ends["stop" + name[len("start"):]])
            for name, at in ends.items() if name.startswith("start_")]


@tap.case("tables of functions are read only once it runs (RELRO)")
def relro():
    (start, size, _), = segments().get("GNU_RELRO", [(0, 0, "")])
    tap.check(size, "the program has no GNU_RELRO segment")
    tables = table_places()
    tap.none_of(f"no table_{name}" for name in TABLES
                if name not in [t[0] for t in tables])
    tap.none_of(f"table_{name} is not in GNU_RELRO"
                for name, at, end in tables
                if not start <= at < end <= start + size)
    with Running() as running:
        own = [m for m in running.maps() if m.path.endswith("/kvm-vmm")]
        base = min(m.start for m in own)
        tap.none_of(
            f"table_{name} is writable: {mapping}" for name, at, _ in tables
            for mapping in own if "w" in mapping.rights and
            mapping.start <= base + at < mapping.end)


@tap.case("an overrun of the stack is seen: stack protector")
def protector():
    done = subprocess.run(
        ["objdump", "-d", os.path.join(tap.BUILD, "vmm", "kvm-vmm")],
        capture_output=True, text=True, check=True)
    # Where the compiler has put one in: printf's own are the C library's.
    found = re.search(r"<log_error>:\n(.+\n)+", done.stdout)
    tap.check(found and "__stack_chk_fail" in found.group(0),
              "log_error() does not check its stack", found and found.group(0))


@tap.case("guest RAM has a wall at each end, and is in no core dump")
def guards():
    with Running() as running:
        maps, at = running.ram()
        ram = maps[at]
        for beside, touches in ((maps[at - 1], maps[at - 1].end == ram.start),
                                (maps[at + 1], maps[at + 1].start == ram.end)):
            tap.check(touches and beside.rights == "---p" and
                      beside.end - beside.start >= 4096,
                      "beside guest RAM:", *map(str, maps[at - 1:at + 2]))
        tap.check("dd" in ram.flags, "not MADV_DONTDUMP:", *ram.flags)


@tap.case("what the caller left open is closed, unless it is named")
def inherited():
    with open("/dev/zero", "rb") as left:
        low, high = left.fileno(), os.dup2(left.fileno(), 200)
        with open("/dev/null", "wb") as null:
            os.dup2(null.fileno(), 150)
        try:
            for options in ((), ("--stats=json:/dev/fd/150",)):
                with Running((low, 150, high), options) as running:
                    have = [os.readlink(f"/proc/{running.pid}/fd/{fd}")
                            for fd in os.listdir(f"/proc/{running.pid}/fd")]
                tap.check("/dev/zero" not in have, options, *have)
        finally:
            os.close(200)
            os.close(150)
    image = os.path.join(tap.BUILD, "tests", "guest", "exit.bin")
    with open(image, "wb") as file:
        file.write(b"\xf4")
    with open(image, "rb") as file:
        done = subprocess.run([vm.KVM_VMM, f"/dev/fd/{file.fileno()}"],
                              pass_fds=(file.fileno(),), check=False,
                              capture_output=True, text=True)
    tap.equal((done.returncode, done.stderr), (0, ""), "handed over")


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
tap.main()
