"""Run-time forms: the options of kvm-vmm that do for one run what a toggle does
for a build."""

import re

FEATURES = {
    "ACPI": "acpi",
    "BOOT_LINUX16": "bzimage16",
    "BOOT_GZIP": "gzip",
    "BOOT_FLAT": "flat",
    "BOOT_LONG64": "long64",
    "BOOT_MULTIBOOT1": "multiboot1",
    "BOOT_MULTIBOOT2": "multiboot2",
    "BOOT_PAGED": "paged",
    "BOOT_PROT32": "prot32",
    "BOOT_PVH": "pvh",
    "BOOT_SHORTCUTS": "shortcuts",
    "CONSOLE_BATCH": "batching",
    "DBG_REPORT": "report",
    "DEV_EDU": "",      # only there when an option asks for it
    "DEV_FLOPPY": "",   # likewise
    "DEV_FW_CFG": "fwcfg",
    "FWCFG_DMA": "fwcfg-dma",
    "DEV_IDE": "",      # as DEV_EDU
    "DEV_SPEAKER": "",  # likewise
    "ECAM": "ecam",
    "IDE_DMA": "ide-dma",
    "IOEVENTFD": "ioeventfd",
    "IO_URING": "io-uring",
    "IRQFD": "irqfd",
    "KEYBOARD_KO": "",  # as DEV_EDU
    "KVMCLOCK": "kvmclock",
    "MPTABLE": "mptable",
    "PAGES_4M": "large-pages",
    "PCI": "pci",
    "PCI_HOTPLUG": "",  # likewise
    "PIT": "pit",
    "RTC_IRQ8": "irq8",
    "SANDBOX": "sandbox",
    "SHOWN_REGISTERS": "shown-registers",
    "SYNC_REGS": "sync-regs",
    "UART_FIFO": "fifo",
    "UART_IRQ4": "irq4",
    "VGA_GRAPHICS": "vga-graphics",
    "VGA_RETRACE_WAIT": "vga-wait",
    "VGA_VBE": "vga-vbe",
    "VIRTIO_EVENT_IDX": "event-idx",
    "VIRTIO_PACKED": "packed",
}
# Toggles with values: option, and what --help calls its argument.
VALUES = {
    "DEFAULT_CMDLINE": ("--cmdline", "TEXT"),
    "DEFAULT_CPUS": ("--smp", "N"),
    "DEFAULT_MEM": ("--mem", "SIZE"),
    "IRQCHIP": ("--irqchip", "KIND"),
}
# Switches that are off with an option's value.
SETTINGS = {
    "DISPLAY_SIXEL": "--display text,blocks",
    "DISPLAY_TEXT": "--display none",
    "SMP": "--smp 1",
    "VIRTIO_MMIO": "--virtio pci",
    "VIRTIO_PCI": "--virtio mmio",
}


def feature(name):
    """The NAME of --no-NAME that goes without this symbol's part, or ""."""
    if name.startswith("DEV_") and name not in FEATURES:
        return name[4:].lower().replace("_", "-")
    return FEATURES.get(name, "")


def shown(name):
    """The run-time form as people are told of it; "" when there is none."""
    if name in VALUES:
        return " ".join(VALUES[name])
    if name in SETTINGS:
        return SETTINGS[name]
    return "--no-" + feature(name) if feature(name) else ""


def options(name, value):
    """Words for kvm-vmm that give the symbol this value; None: no such form."""
    if name in VALUES:
        return [VALUES[name][0], value]
    if name in SETTINGS and value == "n":
        return SETTINGS[name].split()
    if feature(name) and value == "n":
        return ["--no-" + feature(name)]
    return None


def known(help_text):
    """Every NAME of --no-NAME that a kvm-vmm's --help has."""
    found = re.search(r"^  --no-NAME((?:\s+[\w-]+)+)\n\n", help_text, re.M)
    return set(found.group(1).split()) if found else set()


def conflict(name, words):
    """The word of kvm-vmm's command line that decides this toggle already."""
    heads = [shown(name).split(" ")[0]] if shown(name) else []
    for word in words:
        if word.split("=")[0] in heads:
            return word.split("=")[0]
    return ""
