#!/usr/bin/python3
# timeout: 2400
"""Every switch is a true one: off, its objects are not in the program, nothing
else is different, and what it needs cannot be left out from under it.

kvm-vmm is built with everything, then without one switch at a time, in one
tree, where make compiles what that switch concerns. A new switch fails here
until it has a row.
"""

import re

import kconfig
from kconfig import tap
from built import SYMBOLS, Built
from switched import (Row, check_config, check_names, check_objects, check_options,
                      check_rest, check_size, goes, same_lines)

SWITCHES = [symbol for symbol in SYMBOLS.values() if symbol.is_switch()]

NAMES_DEFAULT = {"guest": "holds the word that --irqchip means by default"}
COUNTS_IRQS = {"devices/serial": "says how many interrupt lines it has"}
CLOCK_IRQS = {"devices/cmos": "says how many interrupt lines it has"}
FORGETS = dict.fromkeys(("devices/hypercall", "devices/reset"), "is not remembered")
SAYS_16550A = {"devices/serial": "says that it is a 16550A, not a 16450"}
OF_VIEWERS = "viewers core/ledger reset_button"
NO_CARD = {"pci/i440fx": "has no VGA card to plug in"}
NO_GRAPHICS = {**NO_CARD, "devices/vga": "has no memory and ports of graphics"}
OF_DISPLAYS = "DISPLAY_TEXT=n DISPLAY_SIXEL=n DISPLAY_PNG=n DISPLAY_VNC=n DISPLAY_WEB=n "
BARE = r"device  (debugcon|hypercall|post|reset|serial) .*"


def in_machine(name):
    """Whether a symbol goes with MACHINE."""
    return name != "MACHINE" and \
        kconfig.Result({}).values.get(name) and \
        not kconfig.Result({"MACHINE": False}).values[name]


# How queues are and are reached, which goes with VIRTIO.
OF_QUEUES = "VIRTIO_EVENT_IDX=n VIRTIO_PACKED=n VIRTIO_MMIO=n VIRTIO_PCI=n " \
    "IOEVENTFD=n SHOWN_REGISTERS=n"
# Firmware; memory of devices' own is graphics', too.
OF_FIRMWARE = "pci/i440fx devices/bioslog boot/bios boot/firmware/table_loader " \
    "boot/bzimage16 boot/rom boot/mptable_rom " \
    "x86/cpustate_reset platform_files"
NO_FIRMWARE = " platform_files_none"
TAKES_FIRMWARE = " FIRMWARE=n FIRMWARE_FILE=n BOOT_LINUX16=n"
LOST_OF_FIRMWARE = (r"loader  (bios|disk|bzimage16) .*", r"plug    (firmware|boot) .*")
# Spare slots of PCI, which take a bus, disks, ACPI and somebody to ask.
OF_SPARES = "pci/hotplug virtio/pci_spare virtio/blk_spare virtio/blk_ctl core/spares"
LOST_OF_SPARES = (r"device  hotplug .*", r"plug    spare-(disk|slots) .*")
OF_NET = "NET_USER=n NET_SOCKET=n NET_TAP=n NET_HUB=n "
LOST_OF_NET = r"(plug    net|net    ) .*"
# What goes with VIRTIO_BLK: how disks are stays for IDE.
OF_DISKS = "VIRTIO_BLK=n IO_URING=n "
LOST_OF_DISKS = (r"plug    disk .*", r"feature io-uring .*")
OF_IDE = "IDE_DMA=n IDE_CDROM=n "
LOST_OF_IDE = (r"plug    (ide|cdrom) .*", r"feature ide-dma .*")
# What is behind them, likewise.
VIRTIO_DEVICES = "VIRTIO_RNG=n VIRTIO_CONSOLE=n VIRTIO_BALLOON=n VIRTIO_9P=n " \
    "VIRTIO_NET=n " + OF_NET + OF_DISKS
VIRTIO_PLUGS = "virtio|rng|console|balloon|share"
LOST_OF_QUEUES = r"feature (event-idx|packed|ioeventfd|shown-registers) .*"

ROWS = {
    # Not a part of the program but the program: of the rest a few stay.
    "MACHINE": Row(
        "*", "bare/bare bare/io core/bus_moving_none util/log_plain "
        "devices/serial_irq_none devices/hypercall_none",
        "=n ".join(name for name in SYMBOLS if in_machine(name)) +
        '=n SMP_MAX=n FIRMWARE_FILE=n VGA_ROM_FILE=n DEFAULT_IRQCHIP=n DEFAULT_MEM=n DEFAULT_CPUS=n '
        'DEFAULT_CMDLINE=n', r".*", BARE, changed={**COUNTS_IRQS, **FORGETS},
        keeps="util/static_pie util/lock boot/flat core/memory core/bus "
        "core/cpuregs x86/cpustate_real16 devices/serial devices/serial_fifo "
        "devices/hypercall devices/debugcon devices/post devices/reset"),
    "IRQCHIP": Row(
        "irqchip/kernel irqchip/kernel_state irqchip/vmm irqchip/split boot/firmware/mptable "
        "boot/firmware/acpi boot/firmware/dsdt boot/firmware/vmgenid pci/ecam "
        "irqchip/intr irqchip/bios irqchip/msi irqchip/pit_kernel core/smp "
        "core/unstarted core/irqfds irqchip/routes devices/pic "
        "devices/ioapic devices/pit devices/pit_counter devices/speaker* "
        "devices/wav devices/serial_irq devices/cmos_irq "
        + OF_FIRMWARE + " " + OF_SPARES,
        "core/smp_none core/unstarted_none core/irqfds_none core/spares_none "
        "devices/serial_irq_none devices/cmos_irq_none" + NO_FIRMWARE,
        'IRQCHIP_KERNEL=n IRQCHIP_VMM=n IRQCHIP_SPLIT=n '
        'IRQCHIP_DEFAULT_KERNEL=n DEFAULT_IRQCHIP="none" PIT=n PIT_KERNEL=n '
        'DEV_SPEAKER=n RTC_IRQ8=n SMP=n SMP_MAX=1 UART_IRQ4=n DEV_PIC=n DEV_PIT=n DEV_IOAPIC=n '
        'MPTABLE=n ACPI=n VMGENID=n ECAM=n IRQFD=n PCI_HOTPLUG=n' + TAKES_FIRMWARE,
        (r"irqchip .*", r"device  (pic|ioapic|pit|serial|ecam|cmos) .*",
         r"plug    sound .*",
         r"feature (pit|irq4|irq8|mptable|acpi|vmgenid|irqfd) .*", r"vcpus   64 .*",
         *LOST_OF_FIRMWARE, *LOST_OF_SPARES),
        (r"vcpus   1 .*", r"device  serial .*port 0x3f8\+8",
         r"device  cmos .*port 0x70\+2"),
        {**NAMES_DEFAULT, **COUNTS_IRQS, **CLOCK_IRQS}),
    "IRQCHIP_DEFAULT_VMM": Row(
        takes='IRQCHIP_DEFAULT_KERNEL=n DEFAULT_IRQCHIP="vmm"',
        changed=NAMES_DEFAULT, on=True),
    "IRQCHIP_DEFAULT_SPLIT": Row(
        takes='IRQCHIP_DEFAULT_KERNEL=n DEFAULT_IRQCHIP="split"',
        changed=NAMES_DEFAULT, on=True),
    "IRQCHIP_KERNEL": Row(
        "irqchip/kernel irqchip/kernel_state irqchip/pit_kernel", takes="PIT_KERNEL=n",
        lost=(r"irqchip kernel .*", r"feature pit .*"),
        wish={"IRQCHIP_DEFAULT_VMM": True}),
    "IRQCHIP_VMM": Row("irqchip/vmm", lost=r"irqchip vmm .*"),
    "IRQCHIP_SPLIT": Row("irqchip/split devices/ioapic",
                         takes="DEV_IOAPIC=n", lost=(r"irqchip split .*",
                                                     r"device  ioapic .*")),
    "PIT": Row(
        "irqchip/pit_kernel devices/pit devices/pit_counter devices/speaker* "
        "devices/wav", "irqchip/pit_kernel_none",
        "PIT_KERNEL=n DEV_PIT=n DEV_SPEAKER=n",
        (r"device  pit .*", r"feature pit .*", r"plug    sound .*")),
    "SMP": Row("core/smp core/unstarted", "core/smp_none core/unstarted_none",
               "SMP_MAX=1", r"vcpus   64 .*", r"vcpus   1 .*"),
    "KVMCLOCK": Row("core/cpuid_kvm", "core/cpuid_kvm_none",
                    lost=r"feature kvmclock .*",
                    changed={"boot/linux_short": "keeps Linux its I/O APIC"}),
    "SYNC_REGS": Row("core/regs_sync", "core/regs_sync_none",
                     lost=r"feature sync-regs .*"),
    "CONSOLE_BATCH": Row("terminal/output_batch", "terminal/output_batch_none",
                         lost=r"feature batching .*"),
    "VMM_STATIC": Row("util/static_pie", changed={"*": "compiled for another C library"}),
    "DEV_SERIAL": Row("devices/serial*", takes="UART_IRQ4=n UART_FIFO=n",
                      lost=(r"device  serial .*", r"feature (irq4|fifo) .*")),
    "UART_IRQ4": Row(
        "devices/serial_irq", "devices/serial_irq_none",
        lost=(r"feature irq4 .*", r"device  serial .* IRQ4"),
        gained=r"device  serial .*port 0x3f8\+8", changed=COUNTS_IRQS),
    "UART_FIFO": Row(
        "devices/serial_fifo", "devices/serial_fifo_none",
        lost=(r"feature fifo .*", r"device  serial .* 16550A .*"),
        gained=r"device  serial .* 16450 .*", changed=SAYS_16550A),
    "DEV_HYPERCALL": Row("devices/hypercall devices/hypercall_saved", lost=r"device  hypercall .*"),
    "DEV_I8042": Row("devices/i8042*", takes="DEV_MOUSE=n KEYBOARD_KO=n",
                     changed={"devices/cmos": "tells of no mouse"},
                     lost=(r"device  i8042 .*", r"feature mouse .*",
                           r"plug    keyboard .*")),
    "KEYBOARD_KO": Row("devices/i8042_ko", "devices/i8042_ko_none",
                       lost=r"plug    keyboard .*"),
    "DEV_MOUSE": Row("devices/i8042_mouse", "devices/i8042_mouse_none",
                     lost=r"feature mouse .*",
                     changed={"devices/i8042": "has nothing to point with",
                              "devices/cmos": "tells of no mouse"}),
    "DEV_CMOS": Row("devices/cmos* " + OF_FIRMWARE, NO_FIRMWARE,
                    "RTC_IRQ8=n " + TAKES_FIRMWARE,
                    (r"device  cmos .*", r"feature irq8 .*",
                     *LOST_OF_FIRMWARE)),
    "RTC_IRQ8": Row("devices/cmos_irq", "devices/cmos_irq_none",
                    lost=(r"feature irq8 .*", r"device  cmos .* IRQ8"),
                    gained=r"device  cmos .*port 0x70\+2",
                    changed=CLOCK_IRQS),
    "DEV_DEBUGCON": Row("devices/debugcon", lost=r"device  debugcon .*"),
    "DEV_POST": Row("devices/post", lost=r"device  post .*"),
    "DEV_SPEAKER": Row("devices/speaker devices/speaker_plug devices/wav",
                       "devices/speaker_none",
                       lost=r"plug    sound .*"),
    "DEV_RESET": Row("devices/reset", lost=r"device  reset .*"),
    "DEV_PM": Row("devices/pm boot/firmware/acpi boot/firmware/dsdt "
                  "boot/firmware/vmgenid pci/ecam " + OF_SPARES,
                  "core/spares_none", "ACPI=n VMGENID=n ECAM=n PCI_HOTPLUG=n",
                  (r"device  (pm|ecam) .*", r"feature (acpi|vmgenid) .*",
                   *LOST_OF_SPARES)),
    "PCI_HOTPLUG": Row(OF_SPARES, "core/spares_none", lost=LOST_OF_SPARES),
    "IRQFD": Row("core/irqfds", "core/irqfds_none",
                 lost=r"feature irqfd .*"),
    "PCI": Row("pci/* virtio/pci* core/irqfds core/bus_moving core/board_pci "
               "ide/dma ide/function devices/vga_pci devices/vga_edid " + OF_FIRMWARE + " " + OF_SPARES,
               "devices/vga_pci_none core/irqfds_none core/bus_moving_none core/spares_none "
               "core/board_pci_none ide/dma_none ide/function_none" + NO_FIRMWARE,
               "ECAM=n PCI_HOTPLUG=n DEV_EDU=n VIRTIO_PCI=n IRQFD=n IDE_DMA=n" + TAKES_FIRMWARE,
               (r"device  (pci|ecam) .*", r"plug    edu .*",
                r"virtio  pci .*", r"feature (irqfd|ide-dma) .*", *LOST_OF_FIRMWARE,
                *LOST_OF_SPARES)),
    "ECAM": Row("pci/ecam", lost=r"device  ecam .*"),
    "DEV_EDU": Row("pci/edu", lost=r"plug    edu .*"),
    "VIRTIO": Row("virtio/* net/* "
                  "core/board_queue core/discard core/ioevents core/shown "
                  "boot/linux_windows boot/root " + OF_SPARES,
                  "core/board_queue_none core/spares_none "
                  "core/ioevents_none core/shown_none "
                  "boot/linux_windows_none",
                  VIRTIO_DEVICES + OF_QUEUES + " BOOT_ROOT=n PCI_HOTPLUG=n",
                  (r"virtio  .*", rf"plug    ({VIRTIO_PLUGS}|root) .*",
                   LOST_OF_NET, LOST_OF_QUEUES, *LOST_OF_DISKS,
                   *LOST_OF_SPARES)),
    "IOEVENTFD": Row("core/ioevents", "core/ioevents_none",
                     lost=r"feature ioeventfd .*"),
    "VIRTIO_MMIO": Row("virtio/mmio virtio/mmio_saved boot/linux_windows core/shown",
                       "boot/linux_windows_none core/shown_none",
                       "SHOWN_REGISTERS=n",
                       (r"virtio  mmio .*", r"feature shown-registers .*")),
    "SHOWN_REGISTERS": Row("core/shown", "core/shown_none",
                           lost=r"feature shown-registers .*"),
    "VIRTIO_PCI": Row("virtio/pci* " + OF_SPARES, "core/spares_none",
                      "PCI_HOTPLUG=n", (r"virtio  pci .*", *LOST_OF_SPARES)),
    "VIRTIO_BLK": Row("virtio/blk* " + OF_SPARES, "core/spares_none",
                      OF_DISKS.replace("VIRTIO_BLK=n ", "") + " PCI_HOTPLUG=n",
                      (*LOST_OF_DISKS, *LOST_OF_SPARES)),
    "DEV_IDE": Row("ide/*", takes=OF_IDE, lost=LOST_OF_IDE),
    "IDE_DMA": Row("ide/dma ide/function", "ide/dma_none ide/function_none",
                   lost=r"feature ide-dma .*"),
    "DEV_FLOPPY": Row("floppy/*", lost=r"plug    floppy .*"),
    "IDE_CDROM": Row("ide/packet ide/packet_reply ide/cdrom",
                     "ide/packet_none", lost=r"plug    cdrom .*"),
    "DISK_OVERLAY": Row("disk/overlay disk/changes disk/changes_saved",
                        lost=r"disk    overlay .*"),
    "DISK_NBD": Row("disk/nbd disk/nbd_talk", lost=r"disk    nbd .*"),
    "DISK_MAP": Row("disk/map", "disk/map_none"),
    "IO_URING": Row("virtio/blk_ring", "virtio/blk_ring_none",
                    lost=r"feature io-uring .*"),
    "VIRTIO_EVENT_IDX": Row("virtio/event_idx", "virtio/event_idx_none",
                            lost=r"feature event-idx .*"),
    "VIRTIO_PACKED": Row("virtio/packed", "virtio/packed_none",
                         lost=r"feature packed .*"),
    "VIRTIO_RNG": Row("virtio/rng", lost=r"plug    rng .*"),
    "VIRTIO_CONSOLE": Row("virtio/console", lost=r"plug    console .*"),
    "VIRTIO_BALLOON": Row("virtio/balloon core/discard",
                          lost=r"plug    balloon .*"),
    "VIRTIO_9P": Row("virtio/p9/*", lost=r"plug    share .*"),
    "VIRTIO_NET": Row("virtio/net* net/*", takes=OF_NET, lost=LOST_OF_NET),
    "NET_USER": Row("net/user*", lost=r"net     user .*"),
    "NET_SOCKET": Row("net/socket", lost=r"net     socket .*"),
    "NET_TAP": Row("net/tap", lost=r"net     tap .*"),
    "NET_HUB": Row("net/hub", lost=r"net     hub .*"),
    "DEV_PORT92": Row("devices/port92", lost=r"device  port92 .*"),
    "DEV_FW_CFG": Row("devices/fwcfg* " + OF_FIRMWARE, NO_FIRMWARE,
                      takes="FWCFG_DMA=n" + TAKES_FIRMWARE,
                      lost=(r"device  fwcfg .*", r"feature fwcfg-dma .*",
                            *LOST_OF_FIRMWARE)),
    "FWCFG_DMA": Row("devices/fwcfg_dma boot/bzimage16", "devices/fwcfg_dma_none",
                     "BOOT_LINUX16=n",
                     (r"feature fwcfg-dma .*", r"loader  bzimage16 .*")),
    "FIRMWARE": Row(OF_FIRMWARE, NO_FIRMWARE, "FIRMWARE_FILE=n BOOT_LINUX16=n",
                    LOST_OF_FIRMWARE),
    "EXIT_PORT": Row("devices/exit_port", lost=r"plug    exit-port .*"),
    "DEV_VGA": Row("devices/vga* boot/firmware/screen probes/screen/* "
                   "util/picture display/* view view_terminal terminal/ask core/rest " + OF_VIEWERS + " util/png",
                   "view_none viewers_none terminal/ask_none", OF_DISPLAYS + "VGA_RETRACE_WAIT=n VGA_GRAPHICS=n VGA_VBE=n "
                   "VGA_ROM_FILE=n",
                   (r"device  vga .*", r"feature vga-.*", r"plug    vga .*", r"probe   screen(shot)? .*", r"display .*"),
                   changed=NO_CARD),
    "DISPLAY_PNG": Row("display/png probes/screen/shot util/png",
                       lost=(r"display png .*", r"probe   screenshot .*")),
    "DISPLAY_VNC": Row("display/vnc", lost=r"display vnc .*"),
    "DISPLAY_WEB": Row("display/web", lost=r"display web .*"),
    "VGA_RETRACE_WAIT": Row("devices/vga_wait core/rest",
                            "devices/vga_wait_none",
                            lost=r"feature vga-wait .*"),
    "VGA_GRAPHICS": Row("devices/vga_memory devices/vga_draw devices/vga_vbe "
                        "devices/vga_plug devices/vga_pci devices/vga_edid display/sixel "
                        "terminal/ask",
                        "devices/vga_memory_none devices/vga_vbe_none "
                        "display/sixel_none terminal/ask_none",
                        "VGA_VBE=n VGA_ROM_FILE=n DISPLAY_SIXEL=n",
                        (r"feature vga-.*", r"plug    vga .*",
                         r"device  vga .* address 0xa0000\+.*"),
                        r"device  vga (?!.* (0xa0000|0x1ce)\+).*",
                        NO_GRAPHICS),
    "VGA_VBE": Row("devices/vga_vbe devices/vga_plug devices/vga_pci devices/vga_edid",
                   "devices/vga_vbe_none", "VGA_ROM_FILE=n",
                   (r"feature vga-vbe .*", r"plug    vga .*",
                    r"device  vga .* port 0x1ce\+.*"),
                   r"device  vga (?!.* 0x1ce\+).*", NO_GRAPHICS),
    "DISPLAY_TEXT": Row("display/text display/blocks display/colours "
                        "display/sixel view view_terminal terminal/ask",
                        "view_none terminal/ask_none", "DISPLAY_SIXEL=n",
                        lost=r"display text .*"),
    "DISPLAY_SIXEL": Row("display/sixel terminal/ask",
                         "display/sixel_none terminal/ask_none"),
    "BOOT_FLAT": Row("boot/flat", lost=r"loader  flat .*"),
    "BOOT_MULTIBOOT1": Row("boot/multiboot1", lost=r"loader  multiboot1 .*"),
    "BOOT_MULTIBOOT2": Row("boot/multiboot2", lost=r"loader  multiboot2 .*"),
    "BOOT_PAGED": Row("boot/paged*", takes="PAGES_4M=n",
                      lost=(r"loader  paged .*", r"feature large-pages .*")),
    "PAGES_4M": Row("boot/paged_large", "boot/paged_large_none",
                    lost=r"feature large-pages .*"),
    "BOOT_PROT32": Row("boot/prot32", lost=r"loader  prot32 .*"),
    "BOOT_LONG64": Row("boot/long64", lost=r"loader  long64 .*"),
    "BOOT_LINUX": Row("boot/linux boot/linux_short boot/linux_windows "
                      "boot/bzimage boot/bzimage16 boot/vmlinux boot/root",
                      takes="BOOT_SHORTCUTS=n BOOT_ROOT=n BOOT_LINUX16=n",
                      lost=(r"loader  bzimage(16)? .*", r"loader  vmlinux .*",
                            r"feature shortcuts .*", r"plug    root .*")),
    "BOOT_LINUX16": Row("boot/bzimage16", lost=r"loader  bzimage16 .*"),
    "BOOT_ROOT": Row("boot/root", lost=r"plug    root .*"),
    "ACPI": Row("boot/firmware/acpi boot/firmware/dsdt boot/firmware/vmgenid "
                "pci/ecam " + OF_SPARES, "core/spares_none",
                "VMGENID=n ECAM=n PCI_HOTPLUG=n",
                (r"feature (acpi|vmgenid) .*", r"device  ecam .*",
                 *LOST_OF_SPARES)),
    "VMGENID": Row("boot/firmware/vmgenid", lost=r"feature vmgenid .*"),
    "MPTABLE": Row("boot/firmware/mptable boot/mptable_rom",
                   "boot/mptable_rom_none", lost=r"feature mptable .*"),
    "BOOT_CODE": Row("boot/code", lost=r"loader  code(32|64) .*"),
    "BOOT_PVH": Row("boot/pvh", lost=r"loader  pvh .*"),
    "BOOT_GZIP": Row("boot/gunzip", "boot/gunzip_none",
                     lost=r"feature gzip .*"),
    "BOOT_SHORTCUTS": Row("boot/linux_short", "boot/linux_short_none",
                          lost=r"feature shortcuts .*"),
    "DBG_TRACE": Row("probes/trace/*", lost=r"probe   trace .*"),
    "DBG_EXPLAIN": Row("probes/explain/*", lost=r"probe   explain .*"),
    "DBG_REPORT": Row("probes/report/* core/sample", "core/sample_none",
                      "DBG_RULES=n", r"probe   report .*"),
    "DBG_RULES": Row("probes/report/rules/* core/sample",
                     "probes/report/rules_none core/sample_none"),
    "DBG_SYMBOLS": Row("probes/symbols/* util/symbols* core/symbols",
                       "core/symbols_none", lost=r"plug    symbols .*"),
    "DBG_STATS": Row("probes/stats/*", takes="DBG_STATS_EVERY=n",
                     lost=(r"probe   stats .*", r"service stats-every .*")),
    "DBG_STATS_EVERY": Row("probes/stats/every",
                           lost=r"service stats-every .*"),
    "DBG_STAGES": Row("probes/stages/*", lost=r"probe   stages .*"),
    "DBG_TRACE_FILE": Row("probes/tracefile/*",
                          lost=r"probe   trace-file .*"),
    "DBG_BUDGET": Row("probes/budget/*", lost=r"probe   budget .*"),
    "DBG_GDB": Row("service/gdb/*",
                   lost=r"service gdb.*"),
    "DBG_TRACE_INSN": Row(
        "service/insn/* core/linear",
        lost=(r"service (trace-(insn|from|count|only)|step) .*",
              r"command show-trace .*")),
    "SNAPSHOT": Row(
        "devices/hypercall_saved devices/fwcfg_saved boot/firmware/vmgenid "
        "service/snapshot/* "
        "service/fork/* "
        "core/state* core/slots_saved util/parts util/stash util/pageset words "
        "virtio/saved virtio/*_saved virtio/p9/saved disk/saved disk/*_saved "
        "floppy/saved ide/saved irqchip/kernel_state pci/saved reset_button",
        "words_none reset_button_none service/snapshot/restore_none devices/hypercall_none irqchip/kernel_state_none",
        changed={part + "/*": "is not remembered" for part in ("devices", "disk", "floppy", "ide", "pci", "virtio")},
        takes="VMGENID=n FORK=n", lost=(r"service (restore|copy-of|save|save-on-exit) .*",
                      r"feature (vmgenid|disk-check) .*",
                      r"command show-snapshot .*")),
    "CONTROL": Row("service/control/* service/fork/* service/snapshot/on_command "
                   "service/snapshot/on_reset util/json_read "
                   "probes/stats/ctl probes/stages/ctl " + OF_SPARES,
                   "core/spares_none",
                   "FORK=n PCI_HOTPLUG=n",
                   (r"service (control|name|detached) .*",
                         r"command ctl .*", *LOST_OF_SPARES)),
    "FORK": Row("service/fork/*"),
    "SANDBOX": Row("sandbox/* probes/judge/* judge judge_limits util/sha256 "
                   "util/fixed",
                   "core/sandbox_none judge_none util/fixed_none", "JUDGE=n",
                   (r"feature sandbox .*", r"command show-sandbox .*",
                    r"probe   (judge|input|expect-output) .*")),
    "JUDGE": Row("probes/judge/* judge judge_limits util/sha256 util/fixed",
                 "judge_none util/fixed_none",
                 lost=r"probe   (judge|input|expect-output) .*"),
    "DBG_DOCTOR": Row("doctor/*", lost=r"command doctor .*"),
}
# With every switch on, the choice has its first member: nothing to add.
EVERYTHING = {"IRQCHIP_DEFAULT_KERNEL"}


class Bench:
    """The tree that all builds share, and the programs to compare with."""

    def __init__(self):
        self.out = kconfig.Tree("switches")
        self.whole = {}     # by what had to be wished for

    def everything(self, wish):
        """What there is to know about a kvm-vmm with all switches on."""
        key = tuple(sorted(wish))
        if key not in self.whole:
            self.whole[key] = None      # when it fails, it fails once
            self.whole[key] = Built(self.out, wish)
        tap.check(self.whole[key], "without the whole there is no part; "
                  "see above")
        return self.whole[key]


BENCH = Bench()


def is_true(name):
    row = ROWS[name]
    before = BENCH.everything(row.wish)
    gone, bytes_gone = before.share_of(n for n in before.objects
                                      if goes(n, row))
    after = Built(BENCH.out, {**row.wish, name: row.on})
    check_config(row, name, before, after)
    came = check_objects(row, before, after)
    check_rest(row, before, after)
    new, bytes_new = after.share_of(came)
    check_names(gone, new, before, after)
    if row.out:
        check_size(bytes_gone, bytes_new, before, after)
    same_lines(before.listed - after.listed, row.lost, "--list lost")
    same_lines(after.listed - before.listed, row.gained, "--list gained")
    check_options(row, after)


@tap.case("every switch of kvm-vmm's menus has a row in this test")
def all_there():
    names = {symbol.name for symbol in SWITCHES}
    tap.check(len(names) > 20, "found hardly a switch")
    tap.none_of([f"{SYMBOLS[name].place}: {name} has no row"
                 for name in sorted(names - set(ROWS) - EVERYTHING)] +
                [f"{name} has a row and is no switch"
                 for name in sorted(set(ROWS) - names)])


@tap.case("the switches in their menus: on is the default")
def all_on():
    with kconfig.Tree("switches-refused") as out:
        out.configure({})
        out.made("olddefconfig")
        config = kconfig.parse(out.config())
        tap.none_of(f"{symbol.name} is {config.get(symbol.name)}"
                    for symbol in SWITCHES if not symbol.choice and
                    config.get(symbol.name) != "y")


def without(names):
    """A wish that has none of these; another member of the choice if need
    be, which may select one."""
    members = [s.name for s in SWITCHES if s.choice]
    for member in [None, *members]:
        wish = {name: False for name in names}
        if member and member not in names:
            wish[member] = True
        if not any(kconfig.Result(wish).values[name]
                   for name in names):
            return wish
    raise tap.Failure(f"{names}: they cannot be off together")


def refused(out, values, *words):
    out.configure(values)
    status, text = out.judge()
    tap.check(status != 0, f"{values}: accepted")
    for word in ["mini-kvm: ", *words]:
        tap.check(word in text, f"{values}: the message lacks {word!r}:", text)


def needs(name):
    """Set to y without what it depends on, it is refused by name."""
    symbol = SYMBOLS[name]
    with kconfig.Tree("switches-refused") as out:
        for expression in symbol.depends:
            missing = kconfig.words(expression)
            refused(out, {**without(missing), name: True},
                    f"CONFIG_{name}=y", f"{expression} (",
                    f"{missing[0]} is n")
    # The whole machine is a need that its own help explains.
    tap.none_of(f"{symbol.place}: the help of {name} does not name {need}"
                for need in sorted(symbol.needs() - {"MACHINE"})
                if not symbol.choice and
                not re.search(rf"\b{need}\b", symbol.help))


@tap.case("what another switch selects cannot be off")
def selected():
    pairs = [(symbol.name, target) for symbol in SWITCHES
             for target in symbol.selects]
    tap.check(pairs, "found no select")
    with kconfig.Tree("switches-refused") as out:
        for name, target in pairs:
            refused(out, {name: True, target: False}, f"CONFIG_{target}=n",
                    "selected by", name)


for switch in SWITCHES:
    if switch.name in ROWS:
        state = "on" if ROWS[switch.name].on else "off"
        tap.add(f"{switch.name} {state}: its objects, their symbols and its "
                "lines go, all else stays", is_true, switch.name)
for switch in SWITCHES:
    if switch.depends:
        tap.add(f"{switch.name} without what it needs is refused, and its "
                "help says what that is", needs, switch.name)
with BENCH.out:
    tap.main()
