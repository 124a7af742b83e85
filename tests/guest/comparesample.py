"""Made-up reports of a comparison, for tests of the HTML report.

ordinary() is what one toggle looks like; hostile() has a variant for every
outcome, and texts that try to become markup, script, terminal commands or
commands of gnuplot; many() is what TOGGLE=all looks like; late() needs a scale
that is not linear; noisy() has a baseline that does not repeat itself; empty()
knows nothing.
"""

STAGES = (
    ("start", "kvm-vmm reads its command line", 0, 0),
    ("entered", "first instruction of the guest", 14.2, 0),
    ("first-exit", "first VM exit", 15.1, 1),
    ("long-mode", "in long mode", 15.1, 1),
    ("console-byte", "first console byte", 96.4, 61),
    ("kernel", 'Linux: "Linux version"', 96.9, 210),
    ("memory", 'Linux: "Memory:"', 171.2, 2840),
    ("unpacking", "Linux unpacks the initrd", 402.7, 6120),
    ("unpacked", 'Linux: "Freeing initrd memory"', 431.0, 6190),
    ("com1-open", "COM1 opened for input", 455.5, 6301),
    ("run-init", 'Linux: "Run ... as init process"', 470.2, 6480),
    ("init", "/init greets", 512.9, 6620),
    ("prompt", "prompt", 541.3, 6702),
    ("end", "the guest ends", 612.8, 7011),
    ("finished", "all guests have ended", 615.0, 7011),
)
PORTS = (("0x3f8", "serial", "out", 41), ("0x3fd", "serial", "in", 44),
         ("0x3fa", "serial", "in", 5), ("0x3f9", "serial", "out", 2),
         ("0x64", "i8042", "in", 3), ("0x71", "cmos", "in", 2),
         ("0x70", "cmos", "out", 2), ("0x80", "", "out", 1))
FILES = [("vmm/main.c", 61), ("vmm/machine.c", 340), ("vmm/cli.c", 410),
         ("vmm/core/vcpu.c", 388), ("vmm/core/bus.c", 172),
         ("vmm/devices/serial.c", 331), ("vmm/devices/serial_irq.c", 64),
         ("vmm/devices/serial_fifo.c", 88), ("vmm/devices/pit.c", 290),
         ("vmm/devices/cmos.c", 145), ("vmm/boot/linux.c", 402)]

SCRIPT = "<script>document.title='PWNED';alert(1)</script>"
HOSTILE = (SCRIPT + " ]]> </script> </pre></details> <img src=x onerror="
           "fetch('http://198.51.100.7/')> &lt;b&gt; \x1b[31mred\x1b[0m "
           "\x1b]0;title\x07 \x00\x08\x9b2J \u202etxt.exe\u202c \ud800 "
           "한국어 ÄÖÜ 日本語 🙂 ' \" ` $(reboot) {{ 7*7 }} {% raw %}")
GNUPLOT = ("a\"; system('touch HACKED'); '\nEOD\nset output 'HACKED'\n"
           "t0 t1 `touch HACKED` @x {/Symbol b}_2^3 \\n $d0 # !touch HACKED")
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 6


def run_of(scale=1.0, extra=0, last="finished"):
    """What a run counted: keys of a variant. Slower by a factor."""
    stages, before = [], 0
    for name, text, ms, exits in STAGES:
        now = round(ms * scale * 1e6)
        stages.append({"stage": name, "text": text, "more": "", "ns": now,
                       "step_ns": now - before,
                       "exits": round(exits * scale) + (extra if ms > 400
                                                        else 0)})
        before = now
        if name == last:
            break
    exits = stages[-1]["exits"]
    io, hlt = exits - exits // 50, exits // 50 - exits // 500
    rows = [("IO", io), ("HLT", hlt), ("MMIO", exits - io - hlt)]
    ports, left = [], io
    for where, handler, direction, share in PORTS:
        part = io * share // 100
        ports.append({"reason": "IO", "where": where, "handler": handler,
                      "direction": direction, "exits": part, "bytes": part})
        left -= part
    ports[0]["exits"] += left
    ports[0]["bytes"] += left
    return {
        "stages": stages, "exits": exits, "accesses": io, "bytes": io,
        "guest_ns": round(480e6 * scale), "answer_ns": round(9.1e6 * scale),
        "bytes_per_exit": io / exits if exits else None,
        "reasons": [{"reason": reason, "exits": n, "bytes": n,
                     "guest_ns": n * 70000, "answer_ns": n * 1300}
                    for reason, n in rows if n],
        "ports": ports,
        "interrupts": [{"what": "IRQ0", "raised": 241},
                       {"what": "IRQ4", "raised": extra}],
        "wall_ns": stages[-1]["ns"] + 2000000,
        "cpu_ns": round(stages[-1]["ns"] * .97), "resident_kib": 61204,
        "ledger": {"program": "kvm-vmm", "schema": 1, "exits": exits},
    }


def variant(ident, title, outcome, said, status, *runs, **keys):
    """A variant: a program, and what it did if it ran."""
    made = {
        "id": ident, "title": title, "symbols": {}, "follows": {},
        "options": [], "outcome": outcome, "said": said, "status": status,
        "input": None, "where": "", "report": "", "output": "", "stages": [],
        "exits": 0, "accesses": 0, "bytes": 0, "guest_ns": 0, "answer_ns": 0,
        "bytes_per_exit": None, "reasons": [], "ports": [], "interrupts": [],
        "injected": None, "kernel_exits": None, "wall_ns": 0, "cpu_ns": 0,
        "resident_kib": 0,
        "beyond_ram_kib": None, "binary_bytes": 183240, "text_bytes": 121004,
        "files": [{"path": p, "lines": n} for p, n in FILES],
        "lines": sum(n for _, n in FILES), "files_out": [], "files_in": [],
        "ledger": None}
    for run in runs:
        made.update(run)
    made.update(keys)
    return made


def without(*paths):
    """Keys of a variant whose program lacks some files."""
    files = [(p, n) for p, n in FILES if p not in paths]
    return {"files": [{"path": p, "lines": n} for p, n in files],
            "lines": sum(n for _, n in files), "files_out": list(paths)}


def report(variants, toggles, **keys):
    made = {
        "program": "mini-kvm compare", "schema": 1, "image": "vmlinux",
        "cmdline": "console=ttyS0 earlycon", "place": "lab",
        "why": "this host's KVM cannot boot Linux",
        "clock": "instructions counted in the lab, 2 ns each: repeats, is "
                 "not KVM's speed",
        "how": "build", "toggles": toggles, "variants": variants,
        "sentences": [], "notes": []}
    made.update(keys)
    return made


def baseline(**keys):
    return variant("baseline", "as configured", "shell", "reached the shell",
                   0, run_of(extra=66), input=True, injected=902,
                   output="/ # echo hello\nhello\n/ # poweroff -f\n", **keys)


def ordinary():
    """One toggle, built twice: the guest prints, but hears nothing."""
    silent = variant(
        "UART_IRQ4=n", "UART_IRQ4=n", "shell",
        "reached the prompt; typed text never came back; stopped by --timeout "
        "after 20 s", 124,
        run_of(1.02, last="prompt"), without("vmm/devices/serial_irq.c"),
        symbols={"UART_IRQ4": "n"}, input=False, binary_bytes=182144,
        text_bytes=120410, injected=836,
        where="default_idle+0xb, halted (0xffffffff8114b10b)",
        report="kvm-vmm: vmlinux: stopped by --timeout after 20 s\n"
               "kvm-vmm: vCPU 0: long mode, halted, RIP 0xffffffff8114b10b\n",
        output="Mini-KVM guest: welcome\n/ # ")
    end = silent["stages"][-1]
    silent["stages"].append({
        "stage": "finished", "text": "all guests have ended", "more": "",
        "ns": 20_000_000_000, "step_ns": 20_000_000_000 - end["ns"],
        "exits": end["exits"]})
    return report(
        [baseline(), silent], ["UART_IRQ4"],
        sentences=[{"variant": "UART_IRQ4=n", "text":
                    "Without IRQ4 the guest prints everything and hears "
                    "nothing: output is polled, input waits for an interrupt "
                    "that never comes."}])


def hostile():
    """Every outcome, and texts that try to get out of where they stand."""
    shell = baseline(report=HOSTILE)
    done = variant("done", HOSTILE, "done", HOSTILE, 0, run_of(2.5),
                   options=["--no-" + LONG], symbols={"A": HOSTILE},
                   follows={"B<b>": "y"}, injected=0, resident_kib=99000)
    done["ports"][2]["handler"] = SCRIPT
    done["ports"][3]["where"] = GNUPLOT
    done["ports"].append(dict(done["ports"][0], reason="MMIO", exits=7))
    done["reasons"][1]["reason"] = GNUPLOT
    done["stages"][4].update(text=GNUPLOT, more=HOSTILE)
    done["interrupts"].append({"what": HOSTILE, "raised": 3})
    halted = variant("halted", LONG, "halted", LONG, 72,
                     run_of(.5, last="kernel"), where=LONG, output=LONG)
    crashed = variant("crashed", "IRQCHIP=none", "crashed",
                      "triple fault", 71, run_of(.3, last="long-mode"),
                      where="0x1000, protected mode", report=GNUPLOT,
                      output=HOSTILE)
    silent = variant("silent", GNUPLOT, "silent", "ran on", 124,
                     run_of(1.5, last="memory"), input=False)
    refused = variant("refused", "REFUSED=y", "refused", "could not start",
                      64, report="kvm-vmm: --no-thing: no such option")
    missing = variant("missing", "MISSING=y", "not built", "did not compile",
                      None, report=HOSTILE, binary_bytes=0, text_bytes=0,
                      files=[], lines=0, files_out=[SCRIPT], files_in=[])
    return report(
        [shell, done, halted, crashed, silent, refused, missing],
        ["A", HOSTILE], cmdline=HOSTILE, why=HOSTILE, notes=[HOSTILE, LONG],
        sentences=[{"variant": "done", "text": HOSTILE},
                   {"variant": "no such variant", "text": LONG}])


def many(count=26):
    """As many variants as TOGGLE=all makes."""
    names = ("PIT", "SMP", "KVMCLOCK", "SYNC_REGS", "CONSOLE_BATCH",
             "PAGES_4M", "UART_IRQ4", "UART_FIFO", "DEV_SERIAL", "DEV_CMOS",
             "DEV_I8042", "DEV_HYPERCALL", "DEV_POST", "DBG_EXPLAIN")
    made = [baseline()]
    for number in range(count - 1):
        name = names[number % len(names)] + "=n" + \
            (f" #{number}" if number >= len(names) else "")
        program = {"binary_bytes": 183240 - 137 * number,
                   **without(FILES[number % len(FILES)][0])}
        if number % 9 == 8:
            made.append(variant(name, name, "silent", "no prompt", 124,
                                run_of(2, last="memory"), program))
        else:
            made.append(variant(name, name, "shell", "reached the shell", 0,
                                run_of(1 + number / 40, extra=number * 300),
                                program, input=True))
    return report(made, ["all"])


def late():
    """One variant needs twenty times as long, and then some."""
    slow = variant("SLOW=y", "SLOW=y", "done", "ended by itself, status 5", 5,
                   run_of(20), options=["--slow"])
    slow["stages"][3]["ns"] = 40_000_000_000
    for stage in slow["stages"][4:]:
        stage["ns"] += 40_000_000_000
    return report([baseline(kernel_exits=1425), slow], ["SLOW"], how="run")


def noisy():
    """A short guest, 6 % from itself in two runs; one variant is not farther
    from them than that, the other one is."""
    def ran(ident, scale, **keys):
        return variant(ident, ident, "done", "ended by itself, status 0", 0,
                       run_of(scale), output="Hello", **keys)

    return report([ran("baseline", 1), ran("SMP=n", 1.1, symbols={"SMP": "n"}),
                   ran("PIT=n", 1.5, symbols={"PIT": "n"})], ["SMP", "PIT"],
                  image="hello.bin", cmdline="", again=ran("baseline", 1.06))


def empty():
    """Nothing was built."""
    none = {"binary_bytes": 0, "text_bytes": 0, "files": [], "lines": 0}
    return report([variant(name, name, "not built", "did not compile", None,
                           none) for name in ("as configured", "X=n")],
                  ["X"], place="host", why="", how="run", cmdline="")
