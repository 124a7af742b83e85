#!/usr/bin/python3
"""What gdb sees of a guest: registers and their description, memory, and what
`monitor` says, in each mode of the CPU; by Debian's gdb, and byte by byte."""

import contextlib
import functools
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree

import gdbclient
import gdbreal
import multiboot
import vm
from gdbreal import Guest, check, gdb
from vm import tap

CORE, SSE = "org.gnu.gdb.i386.core", "org.gnu.gdb.i386.sse"
BASES, SYSTEM = "org.gnu.gdb.i386.segments", "org.minikvm.system"
FLAT = "base 0x0 limit 0xffffffff"


def elf_of(name):
    """The ELF file that src/NAME.S is before it is a flat binary."""
    folder = os.path.join(tap.BUILD, "tests", "guest")
    path = os.path.join(folder, name + ".elf")
    for command in (["gcc", "-m32", "-c", "-g", "-I", os.path.join(tap.TOP, "vmm"),
                     "-o", path + ".o", os.path.join(vm.SOURCES, name + ".S")],
                    ["ld", "-m", "elf_i386", "-e", "0", "-Ttext", "0",
                     "-o", path, path + ".o"]):
        subprocess.run(command, check=True, capture_output=True)
    return path


@functools.lru_cache(None)
def symbols(elf):
    """The addresses of an ELF file's symbols."""
    lines = subprocess.run(["nm", elf], check=True, text=True,
                           capture_output=True).stdout.splitlines()
    return {line.split()[2]: int(line.split()[0], 16) for line in lines}


# --- The description, and every register of a real vCPU ----------------------

@contextlib.contextmanager
def connection(*argv):
    """The protocol itself, with a guest that waits."""
    with gdbclient.Guest(vm.KVM_VMM, *argv) as guest:
        client = guest.client()
        yield client
        client.close()


def described(client):
    """The architecture, and (number, name, bytes) of the registers by feature."""
    root = xml.etree.ElementTree.fromstring(client.document())
    types = {node.get("id") for node in root.iter()} | {
        "int", "int32", "int64", "uint64", "code_ptr", "data_ptr", "i387_ext"}
    features = {}
    for feature in root.iter("feature"):
        features[feature.get("name")] = [
            (int(reg.get("regnum")), reg.get("name"), int(reg.get("bitsize")) // 8)
            for reg in feature.iter("reg")]
        unknown = {reg.get("type") for reg in feature.iter("reg")} - types
        tap.check(not unknown, unknown)
    tap.equal(root.findtext("osabi"), "none", "ABI")
    return root.findtext("architecture"), features


def parses_offline(document, names):
    """gdb takes the document from a file as well, whole and without a word."""
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(document)
        file.flush()
        done = subprocess.run(["gdb", "-nx", "-q", "-batch", "-ex",
                               f"maint print xml-tdesc {file.name}"], text=True,
                              capture_output=True, check=True)
    tap.equal(done.stderr, "", "warnings")
    tap.equal(re.findall(r'<reg name="([^"]+)"', done.stdout), names, "registers")


def walks_registers(architecture, names, *argv):
    """What is described is what there is, and what was read can be written."""
    with connection(*argv) as client:
        have, features = described(client)
        tap.equal(have, architecture, "architecture")
        tap.equal([feature for feature in features], names, "features")
        regs = sum(features.values(), [])
        parses_offline(client.document(), [name for _, name, _ in regs])
        last = len(regs)        # one number has no register
        tap.equal(len({name for _, name, _ in regs}), last, "names")
        tap.equal(len({number for number, _, _ in regs}), last, "numbers")
        everything = client.ask("g")
        for number, name, size in regs:
            value = client.ask(f"p{number:x}")
            tap.equal(len(value), 2 * size, name)
            tap.check(not everything or everything.startswith(value), name)
            everything = everything[2 * size:]
            client.must(f"P{number:x}={value}", "OK")
            tap.equal(client.ask(f"p{number:x}"), value, name)
        tap.equal(regs[-1][0], last, "the last number")
        tap.check(client.ask(f"p{last + 1:x}").startswith("E"), "one more")
        tap.check(client.ask(f"P{last + 1:x}=00").startswith("E"), "one more")
        tap.check(client.ask("P0=00").startswith("E"), "a byte of four")
        client.must("G" + client.ask("g"), "OK")
        tap.check(client.ask("G00").startswith("E"), "too short")


def description(text, need, architecture, names, image):
    reason = gdbreal.lacks(need)
    if reason:
        tap.add(text, vm.skip, reason)
    else:
        tap.add(text, walks_registers, architecture, names, image)


# --- What a person does with gdb ---------------------------------------------

def needs(*kinds):
    def decorate(function):
        def run():
            if gdbreal.lacks(*kinds):
                raise tap.Skip(gdbreal.lacks(*kinds))
            function()
        return run
    return decorate


@tap.case("from real mode to 64 bits: what gdb shows, and is told of, on the way")
@needs("real16")
def modes():
    elf = elf_of("modes")
    at = {name: f"*{address:#x}" for name, address in symbols(elf).items()}
    with Guest(vm.assemble("modes"), "--symbols", elf) as guest:
        text = gdb(
            guest.where, "show architecture", "break " + at["in_real"],
            "continue", "info registers eip cs_desc", "x/2i $pc", "stepi",
            "print $eflags", "print $pc", "set $cs = 0x80", "print $pc", "print $cs_desc.base",
            "set $cs = 0x100", "monitor info page $pc", "monitor info tss",
            "break " + at["in_protected"], "continue",
            "set architecture i386", "x/2i $pc", "monitor info gdt",
            "monitor info registers", "break " + at["in_long"], "continue",
            "info registers eip cr0 efer", "monitor info registers",
            "monitor info gdt", "monitor info idt", "monitor info page in_long",
            "monitor info page 0x200000", "monitor info cpus",
            "monitor phys gdt 16", "detach", quiet=False)
        result = guest.end()
    # Without a file to look at, gdb says that it has none.
    text = text.replace("warning: No executable has been specified", "")
    tap.check("warning:" not in text, text)
    real, where = symbols(elf)["in_real"], symbols(elf)
    check(text, r'currently "i8086"',
          rf"^eip +{real:#x} ", rf"^cs_desc .*base = 0x1000, limit = 0xffff",
          rf"=> {real:#x}:\tnop", r"lgdtl ",
          r"= \[ \]$", rf"= .*{real + 1:#x}", rf"= .*{real + 1:#x}", r"= 2048",
          rf"^linear {real + 1:#x} <in_real\+0x1>", r"^physical .* RAM$",
          r"^paging is off", r"^nobody has loaded one: TR is 0000",
          r"the guest is in 32-bit code now", r"set to \"i386\"", r"mov +\$0x20,%eax",
          rf"^gdt  base {where['gdt']:#x} limit 0x2f",
          rf"^0008  32-bit code  {FLAT} DPL 0 G D/B execute/read accessed  in cs$",
          rf"^0010  32-bit data  {FLAT} .*  in ss ds es$",
          r"^0020  32-bit TSS  base 0x2000 limit 0x67 DPL 0$", r"^0028  empty",
          r"^cs +0008 .*  32-bit code$", r"^cr0 +0x00000011 PE ET$",
          r"the guest is in 64-bit code now",
          rf"^eip +{where['in_long']:#x} ", r"^cr0 .*\[ PE ET PG \]",
          r"^efer .*\[ LME LMA \]",
          rf"^rip +0x0*{where['in_long']:x}$", r"^cs +0018 .*  64-bit code$",
          r"^cr4 +0x00000020 PAE$", r"^efer +0x00000500 LME LMA$",
          r"^0018  64-bit code .*  in cs$", r"^0020  64-bit TSS  base 0x2000 ",
          rf"^idt  base {where['idt']:#x} limit 0x1f",
          r"^00  64-bit interrupt gate  selector 0008 offset 0x1234 DPL 0 .*#DE",
          r"^01  64-bit trap gate  selector 0018 offset 0x1200005678 DPL 0 ",
          r"<in_long>", r"^  PML4E +0 at 0x10000: 0x110.3 P W", r"^  PDPTE ",
          rf"^  PDE +0 at 0x12000: .*-> {where['in_long']:#x}, 2 MiB page",
          r"^no page: PDE 1 is not present",
          r"^vCPU 0  runs  64-bit mode, paging on, ring 0  at .*<in_long>",
          rf"^{where['gdt']:08x}  00 00 00 00 00 00 00 00 ff ff 00 00 00 9b cf 00")
    result.must(7, b"")


@tap.case("long mode: registers that are set, and what KVM does not take")
@needs("long64")
def sets_registers():
    elf = vm.image("hello64.elf")
    with Guest(elf) as guest:
        text = gdb(
            guest.where, "set $eflags |= 0x200", "print $eflags",
            "set $cr0 |= 2", "print $cr0", "set $cr0 = 0x80000010",
            "print $cr0", "set $cr4 = 0x620", "print $cr4",
            "set $gdtr.limit = 0x4f", "print $gdtr", "set $cs_desc.attr = 0xa09a",
            "print $cs_desc.attr", "set $kernel_gs_base = 0x1234567890",
            "print/x $kernel_gs_base", "set $lstar = 0x8000000000000000",
            "print/x $lstar", "set $gs_base = -4096", "print/x $gs_base",
            "set $cr8 = 3", "print $cr8", "set $st0 = 1.5", "print $st0",
            "set $xmm15.v4_int32[1] = 7", "print $xmm15.v4_int32",
            "set $mxcsr = 0x1f81", "print $mxcsr", "info registers fctrl ftag",
            "set var $rsp = 0x8000", "print/x $sp", "monitor info irq",
            "monitor step irqs on", "monitor step", "monitor nonsense", "kill",
            elf=elf)
        check(text, r"= \[ IF \]", r"= \[ PE MP ET .*PG \]",
              r"Could not write register \"cr0\"", r"= \[ PE MP ET .*PG \]",
              r"= \[ PAE OSFXSR OSXMMEXCPT \]", r"limit = 79\}",
              r"= \[ type=1[01] S DPL=0 P L G \]", r"= 0x1234567890",
              r"Could not write register \"lstar\"", r"= 0x0$",
              r"= 0xfffffffffffff000", r"= 3$", r"= 1.5", r"= \{0, 7, 0, 0\}",
              r"= \[ IE IM ", r"^fctrl +0x37f", r"^ftag ", r"= 0x8000$",
              r"there are no interrupt controllers",
              r"^interrupts   come in", r"^steps        KVM_",
              r"^breakpoints  int3", r"^now          0 breakpoints",
              r"^interrupts   come in", r"no such command", r"^info gdt")


def shows_irqs(kind):
    """The 8259s as src/irq1.S has left them, whoever models them."""
    elf = multiboot.assemble("irq1")
    with Guest(f"--irqchip={kind}", elf) as guest:
        text = gdb(guest.where, "break wait", "continue", "monitor info irq",
                   "monitor info idt 0x21", "monitor info devices", "kill",
                   elf=elf)
    check(text, rf"^--irqchip {kind}$",
          r"^8259 master: vectors 20-27  IRR ..  ISR 00  IMR fd",
          r"^8259 slave: vectors 28-2f  IRR ..  ISR 00  IMR ff",
          r"^21  32-bit interrupt gate  selector 0008 offset 0x.* <handler>",
          r"^i8042 +port 0x60  port 0x64  line 1  line 12$")
    tap.equal("I/O APIC: id" in text, kind != "vmm", "an I/O APIC")
    if kind != "vmm":
        check(text, r"^vCPU 0: local APIC at 0xfee00000, xAPIC",
              r"^  LINT0    vector 00  ExtINT$", r"^  timer is one-shot")
    tap.equal(" port 0x20-0x21 " in text, kind != "kernel", "a model")
    tap.equal("in the host kernel: " in text, kind == "kernel", "none")


def irqs():
    for kind in ("kernel", "vmm", "split"):
        text = f"info irq with --irqchip {kind}"
        reason = gdbreal.lacks("prot32")
        if reason or not vm.has_feature(kind, "irqchip"):
            tap.add(text, vm.skip, reason or f"there is no --irqchip {kind}")
        else:
            tap.add(text, shows_irqs, kind)


# --- 1K OS, with its page tables: in the lab ---------------------------------

SCRIPT = """\
mkfifo /tmp/keys
{vmm} --gdb=unix:/tmp/gdb --timeout 100 {os} </tmp/keys >/tmp/out 2>/tmp/err &
exec 2>&1 3>/tmp/keys
until grep -q '> ' /tmp/out; do sleep 0.1; done
{gdb}
"""

ASKED = ["info registers cr0 cr3", "monitor info gdt", "monitor info idt",
         "monitor info tss", "monitor info page 0x80001000",
         "monitor info page 0x400000", "monitor info page 0x7fff6000",
         "monitor info irq", "monitor info cpus", "x/8xb 0x80001000",
         "monitor phys 0x1000 8", "x/xb 0x7fff6000", "kill"]


def asks_os(place):
    elf = vm.image("os-1k.elf")
    words = ["gdb", "-nx", "-q", "-batch", "-ex", "set width 0"]
    for word in ["target remote /tmp/gdb", *ASKED]:
        words += ["-ex", word]
    quoted = " ".join(f"'{word}'" for word in [*words, elf])
    script = SCRIPT.format(vmm=vm.KVM_VMM, os=elf, gdb=quoted)
    return vm.Command("sh", "-c", script, limit=110)


def judges_os(result):
    """After what os-1k/kernel/segments.c, trap.c and layout.h say."""
    at = symbols(vm.image("os-1k.elf"))
    text = result.out.decode("utf-8", "replace")
    page_fault, call = at["trap_stubs"] + 14 * 16, at["trap_stubs"] + 0x80 * 16
    tap.check("warning:" not in text + result.err, text, result.err)
    check(text, r"^cr0 .* PE .*PG \]",
          rf"^gdt  base {at['gdt']:#x} limit 0x2f$", r"^0000  empty$",
          rf"^0008  32-bit code  {FLAT} DPL 0 G D/B execute/read accessed",
          rf"^0010  32-bit data  {FLAT} DPL 0 ", rf"^0018  32-bit code  {FLAT} DPL 3 ",
          rf"^0020  32-bit data  {FLAT} DPL 3 ",
          rf"^0028  busy 32-bit TSS  base {at['tss']:#x} limit 0x67 DPL 0  in tr$",
          rf"^idt  base {at['idt']:#x} limit 0x407$",
          rf"^0e  32-bit interrupt gate  selector 0008 offset {page_fault:#x} DPL 0 "
          r"<trap_stubs\+0xe0>  #PF, page fault$",
          rf"^80  32-bit interrupt gate  selector 0008 offset {call:#x} DPL 3 "
          r"<trap_stubs\+0x800>$",
          rf"^32-bit TSS  tr 0028 base {at['tss']:#x} limit 0x67$",
          r"^ss0:esp0    0010:8[0-9a-f]{7}$", r"^no I/O bitmap",
          r"^linear 0x80001000 ", r"^  PDE +512 at .* PS -> 0x1000, 4 MiB page$",
          r"^physical 0x1000  RAM$", r"^writable, not for ring 3, ",
          r"^linear 0x400000 ", r"^  PDE +1 at ", r"^  PTE +0 at .* 4 KiB page$",
          r"^read only, for ring 3 too|^writable, for ring 3 too",
          r"^linear 0x7fff6000", r"^no page: PTE 1014 is not present$",
          r"^8259 master: vectors 20-27 .* IMR ec  ELCR 00  auto EOI",
          r"^8259 slave: .* IMR ff", r"^vCPU 0  .*  32-bit protected mode, paging on")
    seen = re.search(r"^0x80001000\S*:((\t0x..){8})", text, re.M)
    tap.check(seen, text)
    check(text, "^00001000  " + seen[1].replace("\t0x", " ").strip() + "  ",
          r"Cannot access memory at address 0x7fff6000")


@tap.case("a breakpoint in ROM stops there, or is refused; nothing is put behind it")
@needs("real16")
def in_rom():
    if not vm.is_configured("FIRMWARE"):
        raise tap.Skip("FIRMWARE is not configured")
    jump, begin = 0xfffffff0, 0xfe05b       # the first instruction, and the next
    with gdbclient.Guest(vm.KVM_VMM, "--firmware", "--no-vga", "--timeout=60") as one:
        client = one.client()
        tap.equal(client.reg(8), jump, "eip")
        rom = client.memory(begin, 1)
        for at in (jump, begin):
            tap.equal(client.ask(f"M{at:x},1:cc")[:1], "E")
        have = client.ask(f"Z0,{begin:x},1")
        tap.check(have == "OK" or have[:1] == "E", have)
        client.must(f"Z1,{begin:x},1", "OK")
        tap.equal(client.memory(begin, 1), rom)
        tap.equal(client.run("vCont;c").kind, "T")
        tap.equal(client.reg(8), begin)
        client.must("vKill;1", "OK")


PLAIN = [CORE, SSE, SYSTEM]
description("16 bits: a description, and every register", "real16", "i8086", PLAIN,
            os.path.join(tap.IMAGES, "counter.bin"))
description("32 bits: a description, and every register", "prot32", "i386", PLAIN,
            os.path.join(tap.IMAGES, "hello32.elf"))
description("64 bits: a description, and every register", "long64", "i386:x86-64",
            [CORE, SSE, BASES, SYSTEM], os.path.join(tap.IMAGES, "hello64.elf"))
irqs()
LAB = vm.Table()
LAB.add("1K OS in its shell: tables, pages, interrupts as its source has them",
        asks_os, judges_os)
if gdbreal.lacks() or vm.lab_lacks():
    tap.add("1K OS in its shell", vm.skip, gdbreal.lacks() or vm.lab_lacks())
else:
    LAB.add_cases("lab")

if __name__ == "__main__":
    vm.built()
    tap.main()
