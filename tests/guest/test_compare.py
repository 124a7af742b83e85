#!/usr/bin/python3
"""make compare: what TOGGLE= means, what it refuses, and small guests."""

# timeout: 2400

import os
import subprocess
from types import SimpleNamespace
from unittest import mock

import comparesample
import comparing
import vm
from comparing import Report
from terminal import CTRL_C, Terminal
from vm import tap

from compare import boot, forms, html, kconfig, knowledge, measures, \
    sentences, session, text, toggles
from compare.errors import Refusal
from compare.facts import Facts


def catalogue(*lines):
    """Of the default configuration, with some lines after it."""
    text = kconfig.resolve(tap.TOP, "".join(line + "\n" for line in lines))
    return toggles.Catalogue(tap.TOP, text)


# --- What TOGGLE= means -----------------------------------------------------

MEANINGS = (
    ("UART_IRQ4", ["UART_IRQ4=n"]),
    ("CONFIG_UART_IRQ4", ["UART_IRQ4=n"]),
    ("UART_IRQ4 UART_FIFO", ["UART_IRQ4=n", "UART_FIFO=n"]),
    ("UART_IRQ4=n,y", ["UART_IRQ4=n"]),
    ("IRQCHIP", ["IRQCHIP=none", "IRQCHIP=vmm", "IRQCHIP=split"]),
    ("IRQCHIP=none,kernel,split", ["IRQCHIP=none", "IRQCHIP=split"]),
    ("DEFAULT_MEM=64M,128M,256M", ["DEFAULT_MEM=64M", "DEFAULT_MEM=256M"]),
    ("DEFAULT_CPUS=1,2,4", ["DEFAULT_CPUS=2", "DEFAULT_CPUS=4"]),
    ("'DEFAULT_CMDLINE=a=b,c d' PIT", ["DEFAULT_CMDLINE=a=b,c d", "PIT=n"]),
    ("EVENT_IDX PACKED IO_URING PCI",
     ["VIRTIO_EVENT_IDX=n", "VIRTIO_PACKED=n", "IO_URING=n", "PCI=n"]),
)


def means(text, want):
    _, variants, _ = toggles.parse(catalogue(), text)
    tap.equal([v.id for v in variants], want)


for toggle, ids in MEANINGS:
    tap.add(f"TOGGLE={toggle}", means, toggle, ids)


@tap.case("a switch that is off is flipped on")
def flipped_on():
    off = catalogue("# CONFIG_UART_FIFO is not set")
    _, (variant,), _ = toggles.parse(off, "UART_FIFO")
    off.configure(variant)
    tap.equal(variant.id, "UART_FIFO=y")
    tap.check("CONFIG_UART_FIFO=y\n" in variant.config, variant.config)
    tap.equal(variant.follows, {})


@tap.case("what follows from a toggle is told")
def followed():
    given = catalogue()
    _, (variant,), _ = toggles.parse(given, "IRQCHIP=none")
    given.configure(variant)
    tap.equal(variant.symbols, {"IRQCHIP": "none"})
    for name, value in (("UART_IRQ4", "n"), ("SMP", "n"),
                        ("DEFAULT_IRQCHIP", "none")):
        tap.equal(variant.follows.get(name), value, name)
    tap.none_of(name for name in variant.follows if name.startswith("RUN_"))


@tap.case("IRQCHIP=KIND chooses, and changes nothing else")
def chosen():
    given = catalogue()
    _, (variant,), _ = toggles.parse(given, "IRQCHIP=vmm")
    given.configure(variant)
    values = kconfig.parse(variant.config)
    tap.equal(values["DEFAULT_IRQCHIP"], "vmm")
    tap.equal({name for name in values
               if values[name] != given.values.get(name)},
              {"DEFAULT_IRQCHIP", "IRQCHIP_DEFAULT_VMM",
               "IRQCHIP_DEFAULT_KERNEL"})


@tap.case("TOGGLE=all is every switch of the hypervisor, once")
def everything():
    given = catalogue()
    _, variants, notes = toggles.parse(given, "all")
    names = {v.name for v in variants}
    left_out = {note.split(": ")[1].split("=")[0] for note in notes}
    for symbol in given.ours():
        if symbol.kind == "bool" and not symbol.choice:
            tap.check((symbol.name in names) != (symbol.name in left_out),
                      symbol.name, *notes)
    tap.equal(len({v.id for v in variants}), len(variants))
    tap.none_of(name for name in names
                if given.symbols[name].folder != "vmm")


@tap.case("every run-time form is an option of this kvm-vmm, if built in")
def forms_exist():
    helped = subprocess.run([vm.KVM_VMM, "--help"], capture_output=True,
                            text=True, check=False).stdout
    given = toggles.Catalogue(tap.TOP, kconfig.resolve(tap.TOP, ""))
    known = forms.known(helped)
    if given.text != comparing.configured():
        raise tap.Skip("kvm-vmm was configured otherwise")
    for symbol in given.ours():
        name = forms.feature(symbol.name)
        tap.check(not name or name in known, f"{symbol.name}: --no-{name} "
                  "is not in --help", *sorted(known))
    for words in (*map(" ".join, forms.VALUES.values()),
                  *forms.SETTINGS.values()):
        tap.check(f"  {words.split()[0]} " in helped, words)


# --- What it refuses --------------------------------------------------------

REFUSED = (
    ({"TOGGLE": "NOSUCH"}, "NOSUCH: there is no such symbol"),
    ({"TOGGLE": "UART_IRQ"}, "is it UART_IRQ4?"),
    ({"TOGGLE": "GUEST_HELLO"}, "changes images"),
    ({"TOGGLE": "OS_1K"}, "changes images"),
    ({"TOGGLE": "RUN_HELLO"}, "chooses what `make run` boots"),
    ({"TOGGLE": "DEV_PIC"}, "cannot be set"),
    ({"TOGGLE": "UART_IRQ4=y"}, "configured already"),
    ({"TOGGLE": "UART_IRQ4=maybe"}, "must be y or n"),
    ({"TOGGLE": "UART_IRQ4="}, "must be y or n"),
    ({"TOGGLE": "UART_IRQ4 UART_IRQ4"}, "twice"),
    ({"TOGGLE": "IRQCHIP=apic"}, "none, vmm, kernel, split"),
    ({"TOGGLE": "DEFAULT_MEM"}, "DEFAULT_MEM=64M"),
    ({"TOGGLE": "DEFAULT_MEM=lots"}, "not a size"),
    ({"TOGGLE": "DEFAULT_CPUS=many"}, "must be a number"),
    ({"TOGGLE": "DEFAULT_CPUS=999"}, "does not take DEFAULT_CPUS=999"),
    ({"TOGGLE": "IRQCHIP_KERNEL"}, "selected by: IRQCHIP_DEFAULT_KERNEL"),
    ({"TOGGLE": "all UART_IRQ4"}, "name nothing else"),
    ({"TOGGLE": "'UART_IRQ4"}, "No closing quotation"),
    ({"TOGGLE": "PIT", "HOW": "maybe"}, "neither build nor run"),
    ({"TOGGLE": "MACHINE", "HOW": "run"}, "no run-time form"),
    ({"TOGGLE": "PIT", "TIMEOUT": "soon"}, "TIMEOUT=soon: give seconds"),
    ({"TOGGLE": "PIT", "RUN": "moon"}, "neither host nor lab"),
    ({"TOGGLE": "PIT", "IMG": "nothing"}, "no such image"),
    ({"TOGGLE": "IRQCHIP", "ARGS": "--irqchip=vmm"}, "ARGS has --irqchip"),
    ({"TOGGLE": "UART_IRQ4", "ARGS": "--no-irq4"}, "ARGS has --no-irq4"),
    ({"TOGGLE": "UART_IRQ4", "ARGS": "'--no-irq4'"}, "ARGS has --no-irq4"),
)


def refuses(words, message):
    words = {"IMG": "hello", "MKVM_CONFIG": default_config(), **words}
    status, out, err = comparing.run(**words)
    tap.equal(status, vm.USAGE, err + "exit status")
    tap.equal(out, "", "stdout")
    tap.equal(err.count("\n"), 1, err)
    tap.check(err.startswith("mini-kvm: ") and message in err,
              f"want: {message}", f"have: {err}")


def default_config():
    path = os.path.join(comparing.FOLDER, "default.config")
    os.makedirs(comparing.FOLDER, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(kconfig.resolve(tap.TOP, ""))
    return path


for given_words, said in REFUSED:
    tap.add("refused: " + " ".join(f"{k}={v}" for k, v in given_words.items()),
            refuses, given_words, said)


@tap.case("a switch that needs another is refused with what it needs")
def unmet():
    given = catalogue("# CONFIG_IRQCHIP is not set")
    _, (variant,), _ = toggles.parse(given, "UART_IRQ4=y")
    try:
        given.configure(variant)
    except Refusal as refusal:
        tap.check("it depends on" in str(refusal) and "IRQCHIP is n" in
                  str(refusal), refusal)
        return
    raise tap.Failure("it was taken")


@tap.case("without TOGGLE there is a list: name, value, option, what it is")
def listed():
    status, out, err = comparing.run(MKVM_CONFIG=default_config())
    tap.equal((status, err), (0, ""))
    for line in out.splitlines():
        tap.check(len(line) <= 80, line)
        if line.startswith("UART_IRQ4 "):
            tap.equal(line.split()[:3], ["UART_IRQ4", "y", "--no-irq4"])
            tap.check("Interrupts of COM1" in line, line)
            break
    else:
        raise tap.Failure("no UART_IRQ4 in:\n" + out)


@tap.case("make compare is this program")
def goal():
    folder = os.path.join(comparing.FOLDER, "goal")
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("MKVM_") and name not in comparing.OURS}
    for words in (["defconfig"], ["compare"]):
        done = subprocess.run(["make", f"O={folder}", *words], cwd=tap.TOP,
                              env=env, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, check=False)
        tap.equal((done.returncode, done.stderr), (0, ""), words)
    tap.check("\nUART_IRQ4 " in done.stdout, done.stdout)
    tap.none_of(line for line in done.stdout.splitlines() if "  CC " in line)


# --- What it says -----------------------------------------------------------

@tap.case("nothing is explained that the numbers do not show")
def nothing_to_say():
    entry = {"outcome": "shell", "input": True, "status": 0, "output": "a\n",
             "report": "", "where": "", "ledger": {"guests": [{"vcpus": 2}]},
             "stages": [{"stage": "prompt", "ns": 10**9, "exits": 10}],
             "ports": [{"where": where, "handler": handler, "exits": 10,
                        "direction": "out", "reason": "IO"} for where, handler
                       in (("0x3f8", "serial"), ("0x500", "hypercall"))],
             "reasons": [], "interrupts": [{"what": "IRQ4", "raised": 5}],
             "exits": 10, "injected": 3, "beyond_ram_kib": 500}
    report = {"cmdline": "quiet", "place": "lab"}
    for name, value in knowledge.WHYS:
        variant = dict(entry, symbols={name: value})
        said = knowledge.text(Facts(report, entry, variant), variant)
        if name != "SYNC_REGS":     # whose text is about what stays
            tap.equal(said, "", f"{name}={value}")


@tap.case("what the baseline does by itself is noise: no star, and it is said")
def noise():
    report = comparesample.noisy()
    report["sentences"] = sentences.all_of(report)
    said = "\n".join(text.lines(report))
    table = said[said.index("outcome"):]
    for row in ("the guest ends", "in all", "accesses"):
        line = next(l for l in table.splitlines() if l.strip().startswith(row))
        tap.equal((line.count("* "), line.count("~ ")), (1, 1), line)
    (_, first), (_, second) = (one.values() for one in report["sentences"])
    tap.check("595.430 ms instead of 541.300 ms, which is noise" in first and
              "573.778 ms" in first and "7,104" in first, first)
    tap.check("noise" not in second and "(+50.0%)" in second, second)


@tap.case("the command to repeat it is one word for each of make's variables")
def command():
    report = dict(comparesample.empty(), toggles=["A=x y", "B=$HOME"])
    tap.equal(html.command(report), "make compare "
              "TOGGLE=''\"'\"'A=x y'\"'\"' '\"'\"'B=$HOME'\"'\"'' "
              "IMG=vmlinux HOW=run")
    report.update(img="a b", run="lab", args="--mem $X", timeout=20.0)
    tap.equal(html.command(report).split(" IMG=")[1],
              "'a b' RUN=lab ARGS='--mem $X' HOW=run")
    report.update(timeout=8.0)
    tap.check(html.command(report).endswith(" HOW=run TIMEOUT=8"))


@tap.case("one of a thing is no plural")
def singular():
    report = comparesample.ordinary()
    base, own = report["variants"]
    base["interrupts"] = [{"what": "IRQ4", "raised": 1}]
    own["interrupts"] = []
    own["text_bytes"], own["lines"] = base["text_bytes"] - 1, base["lines"] - 1
    said = sentences.all_of(report)[0]["text"]
    tap.check("raised once " in said and "1 byte of" in said and
              "1 line of" in said, said)


def types(lines):
    """A Typist's answers to (seconds, output, the guest's clock)."""
    typist = boot.Typist(boot.DIALOGUES["linux"], 10, 20)
    with mock.patch.object(boot.time, "monotonic") as now:
        for seconds, output, clock in lines:
            now.return_value = typist.started + seconds
            yield typist.look(output, clock), typist.deaf


@tap.case("a guest that had a prompt and is deaf is not waited for")
def deaf():
    shown, echo = b"~ # ", b"~ # e"
    asks, leaves = (boot.DIALOGUES["linux"].question,
                    boot.DIALOGUES["linux"].leave)
    prompt = [(1, shown, 0), (1.1, shown, 0)]
    for rest, want in (
            ([(3, shown, 3)], [(leaves, False)]),
            ([(3, shown, 2), (6, shown, 3), (7, shown, 4), (8, shown, 5)],
             [(b"", False), (leaves, False), (b"", False), (b"", True)]),
            ([(3, echo, 3), (9, echo, 9)], [(b"", False)] * 2)):
        tap.equal(list(types(prompt + rest)),
                  [(b"", False), (asks, False), *want])


@tap.case("a variant that loses two sessions is a result")
def loses_session():
    tries = []

    def lose(*_):
        tries.append(1)
        raise session.Lost("gave no sign of life")

    one = measures.Measures({"dialogue": None, "key": "", "limit": 5}, [])
    held = [mock.Mock(out=text) for text in (b"x", b"half a li\xff")]

    def opened():
        one.session = one.session or held[len(tries)]
        return one.session

    with mock.patch.object(boot, "boot", lose), \
            mock.patch.object(one, "open", opened):
        found = one.measure({"argv": [], "look": "x"}, "PIT=n")
    tap.equal(found, {"boot": None, "lost": "the session gave no sign of life",
                      "output": "half a li\xff", "look": ""})
    tap.equal((len(tries), one.session, [x.close.called for x in held]),
              (2, None, [True, True]))


# --- Guests without input ---------------------------------------------------

HELLO = {}


def hello():
    """The one comparison that several cases look at."""
    if not HELLO:
        HELLO["report"] = Report("hello", IMG="hello",
                                 TOGGLE="DEV_SERIAL IRQCHIP=none")
    return HELLO["report"]


def hello_numbers():
    comparing.check(hello())
    comparing.check_sizes(hello())
    comparing.check_kept(hello())


def hello_outcome():
    report = hello()
    base, silent = report.variants[0], report.variant("DEV_SERIAL=n")
    tap.equal([v["outcome"] for v in report.variants], ["done"] * 3)
    tap.equal([v["input"] for v in report.variants], [None] * 3)
    tap.equal([base["output"], silent["output"]], ["Hello, KVM!", ""])
    tap.check("vmm/devices/serial.c" in silent["files_out"], silent)
    tap.check("prints nothing" in report.sentence("DEV_SERIAL=n"),
              report.sentence("DEV_SERIAL=n"))
    tap.check("prints the same" in report.sentence("IRQCHIP=none"),
              report.sentence("IRQCHIP=none"))
    again = report.json["again"]
    tap.equal((again["id"], again["outcome"], again["exits"]),
              ("baseline", "done", base["exits"]), "the second run")
    tap.none_of(line for line in report.text.splitlines() if len(line) > 80)
    tap.check("\x1b" not in report.text, "colour in a pipe")


def hello_first_byte():
    row = hello().row("first console byte")
    tap.equal(row.count("-"), 1, row)


def from_nothing():
    """A variant is what a build without anybody's objects gives."""
    folder = os.path.join(comparing.FOLDER, "nothing")
    source = os.path.join(hello().folder, "IRQCHIP-none")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(source, ".config"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(folder, ".config"), "w", encoding="utf-8") as file:
        file.write(text)
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("MKVM_") and name not in comparing.OURS}
    for words in (["clean"], ["kvm-vmm"]):
        subprocess.run(["make", f"O={folder}", *words], cwd=tap.TOP, env=env,
                       stdout=subprocess.DEVNULL, check=True)
    done = subprocess.run(["cmp", os.path.join(folder, "images", "kvm-vmm"),
                           os.path.join(source, "images", "kvm-vmm")],
                          capture_output=True, text=True, check=False)
    tap.equal(done.returncode, 0, done.stdout + "cmp")


def run_time():
    report = Report("run", IMG="hello", TOGGLE="DEV_SERIAL DEV_CMOS",
                    HOW="run", ARGS="--mem '2M'", TIMEOUT="7.5")
    comparing.check(report)
    comparing.check_kept(report)
    tap.equal([v["options"] for v in report.variants],
              [[], ["--no-serial"], ["--no-cmos"]])
    tap.equal([report.json[key] for key in
               ("img", "run", "args", "timeout", "how")],
              ["hello", "", "--mem '2M'", 7.5, "run"])
    tap.equal(html.command(report.json), "make compare "
              "TOGGLE='DEV_SERIAL DEV_CMOS' IMG=hello "
              "ARGS='--mem '\"'\"'2M'\"'\"'' HOW=run TIMEOUT=7.5")
    tap.equal([v["output"] for v in report.variants],
              ["Hello, KVM!", "", "Hello, KVM!"])
    tap.equal({v["binary_bytes"] for v in report.variants},
              {report.variants[0]["binary_bytes"]})


def crash():
    report = Report("crash", TOGGLE="DBG_REPORT",
                    IMG=os.path.relpath(vm.assemble("triple"), tap.TOP))
    tap.equal([v["outcome"] for v in report.variants], ["crashed"] * 2)
    tap.equal({v["status"] for v in report.variants}, {vm.CRASHED})
    tap.check("eip" in report.variants[0]["report"], report.variants[0])
    tap.check("eip" not in report.variants[1]["report"], report.variants[1])
    tap.check(report.variants[0]["where"].startswith("0x"),
              report.variants[0]["where"])


def silent_guest():
    report = Report("silent", IMG=vm.assemble("exits"), TOGGLE="DEV_POST",
                    TIMEOUT="1")
    comparing.check(report)
    tap.equal([v["outcome"] for v in report.variants], ["silent"] * 2)
    tap.equal({v["status"] for v in report.variants}, {vm.LIMIT})
    tap.check(report.variants[0]["where"], "no place")


def chatter():
    """A guest that prints for ever: what is kept of it is bounded."""
    report = Report("chatter", IMG=vm.assemble("flood"), TOGGLE="DEV_POST",
                    TIMEOUT="2")
    for variant in report.variants:
        tap.equal(variant["outcome"], "silent")
        tap.check(0 < len(variant["output"]) < 100_000,
                  len(variant["output"]))


def not_built():
    report = Report("broken", IMG="hello", TOGGLE="DEV_POST",
                    CFLAGS="--no-such-flag")
    entry = report.variants[1]
    tap.equal((entry["outcome"], entry["status"]), ("not built", None))
    tap.check("Error" in entry["report"], entry["report"])
    tap.equal(report.variants[0]["outcome"], "done")
    tap.check("It cannot be built" in report.sentence("DEV_POST=n"),
              report.sentence("DEV_POST=n"))


def left_behind(name):
    """Processes whose command line has the name."""
    done = subprocess.run(["ps", "-eo", "stat,args"], capture_output=True,
                          text=True, check=False)
    return [line for line in done.stdout.splitlines()
            if name in line and not line.startswith("Z")]


def interrupted():
    image = vm.assemble("exits")
    marked = os.path.join(comparing.FOLDER, "interrupted-loop.bin")
    with open(image, "rb") as file, open(marked, "wb") as copy:
        copy.write(file.read())
    env = comparing.environment(
        TOGGLE="DEV_POST", IMG=marked, TIMEOUT="300",
        MKVM_COMPARE=os.path.join(comparing.FOLDER, "interrupted"))
    words = [f"{name}={value}" for name, value in env.items()]
    with Terminal(["env", "-i", *words, *comparing.COMMAND], 120) as tty:
        tty.expect("BOOT +DEV_POST|BOOT +baseline")
        tty.send(CTRL_C)
        tty.ends(130)
    tap.equal(left_behind("interrupted-loop"), [], "left behind")


PLACES = vm.places("real16", "hello.bin")
LACKING = comparing.lacks("DEV_SERIAL", "DEV_CMOS", "DEV_POST", "IRQCHIP",
                          *comparing.COUNTED)
if LACKING:
    tap.add("comparisons", vm.skip, LACKING)
elif PLACES:
    tap.add("hello: the table is the JSON, the JSON is the ledger",
            hello_numbers)
    tap.add("hello: what each variant did, in words", hello_outcome)
    tap.add("hello: a stage that was not reached is a dash", hello_first_byte)
    tap.add("a variant is what a build from nothing gives", from_nothing)
    tap.add("HOW=run: options of one kvm-vmm", run_time)
    tap.add("a crash is a result, with its report", crash)
    tap.add("a guest that goes on for ever is one, with where it is",
            silent_guest)
    tap.add("one that prints for ever, too, and little of that is kept",
            chatter)
    tap.add("so is a variant that cannot be built", not_built)
    tap.add("Ctrl-C leaves nothing behind and the terminal as it was",
            interrupted)
tap.main()
