"""Kernel images made by an enemy: a good one, and what to change in it.

Both kinds are a few KB, made here, and end with exit status 5 when they run:
that shows that a refusal is due to the change and to nothing else.
"""

import struct

GOOD_STATUS = 5
# mov dx, 0x500; mov al, 8 (HC_EXIT_STATUS); mov bl, 5; out dx, al; hlt. The same
# bytes do in 32- and 64-bit mode.
CODE = bytes.fromhex("66ba0005 b008 b305 ee f4")

# --- bzImage (boot.rst, "The Real-Mode Kernel Header") ----------------------

SECTOR = 512
PAYLOAD = 4096      # bytes of the protected-mode part
ENTRY_64 = 0x200

# name: (offset, format, value of the good image)
FIELDS = {
    "setup_sects": (0x1f1, "B", 1),
    "syssize": (0x1f4, "I", PAYLOAD // 16),
    "boot_flag": (0x1fe, "H", 0xaa55),
    "jump": (0x200, "H", 0x66eb),
    "header": (0x202, "4s", b"HdrS"),
    "version": (0x206, "H", 0x020f),
    "loadflags": (0x211, "B", 1),
    "code32_start": (0x214, "I", 0x100000),
    "initrd_addr_max": (0x22c, "I", 0x7fffffff),
    "kernel_alignment": (0x230, "I", 0x200000),
    "relocatable_kernel": (0x234, "B", 0),
    "xloadflags": (0x236, "H", 1),
    "cmdline_size": (0x238, "I", 2047),
    "payload_offset": (0x248, "I", 0),
    "payload_length": (0x24c, "I", 0),
    "setup_data": (0x250, "Q", 0),
    "pref_address": (0x258, "Q", 0x1000000),
    "init_size": (0x260, "I", 0x100000),
    "handover_offset": (0x264, "I", 0),
}

# Changes that must be refused, and a word that the message must have.
BZIMAGE_REFUSED = [
    ({"version": 0x0100}, "boot protocol: version is older than 2.10"),
    ({"version": 0}, "2.10"),
    ({"setup_sects": 255}, "truncated: setup_sects and syssize"),
    ({"setup_sects": 0}, "truncated"),
    ({"syssize": 0}, "truncated"),
    ({"syssize": 0xffffffff}, "truncated"),
    ({"syssize": PAYLOAD // 16 + 1}, "truncated"),
    ({"kernel_alignment": 0}, "kernel_alignment"),
    ({"kernel_alignment": 3}, "boot protocol: kernel_alignment"),
    ({"kernel_alignment": 0x80000000}, "kernel_alignment"),
    ({"cmdline_size": 0}, "boot protocol: cmdline_size"),
    ({"cmdline_size": 10}, "--cmdline"),
    ({"initrd_addr_max": 0}, "boot protocol: initrd_addr_max"),
    ({"initrd_addr_max": 0x1000}, "initrd"),
    ({"pref_address": 0}, "too low"),
    ({"pref_address": 0x1000001}, "boot protocol: pref_address"),
    ({"pref_address": 0x40000000}, "--mem 1025M"),
    ({"pref_address": 0xc0000000}, "too high"),
    ({"pref_address": 0xffffffffffe00000}, "too high"),
    ({"init_size": 0xffffffff}, "too large"),
    ({"init_size": 0x8000000}, "--mem 144M"),
]
# Those of kernels that firmware starts.
BZIMAGE16_REFUSED = [
    ({"setup_sects": 255}, "no kernel behind its setup"),
    ({"cmdline_size": 10}, "--cmdline"),
    ({"initrd_addr_max": 0x1000}, "initrd"),
]
# Changes that are none of a loader's business, or have no effect.
BZIMAGE_ACCEPTED = [
    {}, {"jump": 0xffff}, {"code32_start": 0xffffffff}, {"init_size": 0},
    {"payload_offset": 0xffffffff, "payload_length": 0xffffffff},
    {"setup_data": 0xffffffffffffffff}, {"handover_offset": 0xffffffff},
    {"cmdline_size": 0xffffffff}, {"version": 0xffff},
    {"initrd_addr_max": 0xffffffff}, {"xloadflags": 0},
]


def bzimage(code=CODE, **changes):
    """One whose both entries have the code."""
    image = bytearray(2 * SECTOR + PAYLOAD)
    for name, (offset, form, value) in FIELDS.items():
        struct.pack_into("<" + form, image, offset, changes.get(name, value))
    for entry in (0, ENTRY_64):
        start = 2 * SECTOR + entry
        image[start:start + len(code)] = code
    return bytes(image)


# --- vmlinux (ELF-64 Object File Format) -------------------------------------

HEADER = "<16sHHIQQQIHHHHHH"
SEGMENT = "<IIQQQQQQ"
LOAD = 0x1000000    # where it loads and is entered
HIGH = 0xffffffff80000000

ELF_REFUSED = [
    ({"ident": b"\x7fELF\x02\x02\x01"}, ""),        # big endian
    ({"ident": b"\x7fELF\x01\x01\x01"}, ""),        # 32-bit, x86-64 inside
    ({"ident": b"\x7fELF\xff\x01\x01"}, ""),
    ({"machine": 40}, ""),                          # ARM
    ({"type": 1}, ""),                              # relocatable
    ({"phoff": 0xffffffffffffffff}, ""),
    ({"phoff": 0x10000}, ""),
    ({"phnum": 0}, ""),
    ({"phnum": 0xffff}, ""),
    ({"phentsize": 1}, ""),
    ({"phentsize": 0xffff}, ""),
    ({"entry": 0}, ""),
    ({"entry": HIGH + LOAD}, ""),
    ({"offset": 0xffffffffffffffff}, "truncated"),
    ({"filesz": 0x100000, "memsz": 0x100000}, "truncated"),
    ({"filesz": 0xffffffffffffffff, "memsz": 0xffffffffffffffff}, ""),
    ({"memsz": 1}, "truncated"),
    ({"memsz": 0xffffffffffffffff}, ""),
    ({"memsz": 0x8000000}, "--mem 144M"),
    ({"paddr": 0, "entry": 0}, "too low"),
    ({"paddr": 0x40000000, "entry": 0x40000000}, "--mem 1025M"),
    ({"paddr": 0xfffffffffffff800, "entry": 0xfffffffffffff800}, ""),
    ({"segment_type": 2}, ""),                      # nothing to load
]


def vmlinux(**changes):
    fields = {"ident": b"\x7fELF\x02\x01\x01", "type": 2, "machine": 62,
              "entry": LOAD, "phoff": 64, "phentsize": 56, "phnum": 1,
              "segment_type": 1, "offset": 0x1000, "vaddr": HIGH + LOAD,
              "paddr": LOAD, "filesz": 0x1000, "memsz": 0x2000}
    fields.update(changes)
    f = fields
    header = struct.pack(HEADER, f["ident"], f["type"], f["machine"], 1,
                         f["entry"], f["phoff"], 0, 0, 64, f["phentsize"],
                         f["phnum"], 0, 0, 0)
    segment = struct.pack(SEGMENT, f["segment_type"], 7, f["offset"],
                          f["vaddr"], f["paddr"], f["filesz"], f["memsz"],
                          0x1000)
    body = (header + segment).ljust(0x1000, b"\0") + CODE
    return body.ljust(0x2000, b"\0")


# --- PVH (Xen: "x86/HVM direct boot ABI") ------------------------------------

NOTE_AT = 0x800     # in the file
PVH_REFUSED = [
    ({"type": 4}, "no program"),
    ({"note_type": 17}, "no note"),
    ({"owner": b"Xem\0"}, "no note"),
    ({"owner_size": 3}, "no note"),
    ({"owner_size": 0}, "no note"),
    ({"owner_size": 0xffffffff}, "no note"),
    ({"descriptor_size": 0}, "entry point"),
    ({"descriptor_size": 5}, "no note"),
    ({"descriptor_size": 0xffffffff}, "no note"),
    ({"notes_size": 0}, "no note"),
    ({"notes_size": 11}, "no note"),
    ({"notes_size": 12}, "no note"),
    ({"notes_size": 19}, "no note"),
    ({"notes_size": 0x10000}, "no note"),
    ({"notes_size": 0xffffffffffffffff}, "no note"),
    ({"notes_offset": 0x10000}, "no note"),
    ({"notes_offset": 0xffffffffffffffff}, "no note"),
    ({"notes_type": 2}, "no note"),
    ({"pvh_entry": 0}, "entry point"),
    ({"pvh_entry": LOAD - 1}, "entry point"),
    ({"pvh_entry": LOAD + 0x2000}, "entry point"),
    ({"filesz": 0x100000, "memsz": 0x100000}, "truncated"),
    ({"paddr": 0x9f000, "pvh_entry": 0x9f000}, "too low"),
    ({"paddr": 0x400, "pvh_entry": 0x400}, "too low"),
    ({"paddr": 0x40000000, "pvh_entry": 0x40000000}, "--mem 1025M"),
    ({"paddr": 0xfffff000, "pvh_entry": 0xfffff000}, "too high"),
    ({"memsz": 0x8000000}, "--mem 144M"),
]
PVH_ACCEPTED = [
    {}, {"type": 3}, {"entry": 0}, {"entry": 0xffffffff81000000}, {"notes_align": 0},
    {"notes_align": 8}, {"notes_align": 3}, {"vaddr": 0},
    {"vaddr": HIGH + LOAD}, {"paddr": 0x500, "pvh_entry": 0x500},
]


def pvh(**changes):
    """An ELF file of 64 bits whose note says where its code is."""
    f = {"type": 2, "entry": 0, "vaddr": LOAD, "paddr": LOAD, "filesz": 0x1000,
         "memsz": 0x2000, "notes_type": 4, "notes_offset": NOTE_AT,
         "notes_size": 20, "notes_align": 4, "note_type": 18,
         "owner": b"Xen\0", "owner_size": 4, "descriptor_size": 4,
         "pvh_entry": LOAD}
    assert not set(changes) - set(f), changes
    f.update(changes)
    image = struct.pack(HEADER, b"\x7fELF\x02\x01\x01", f["type"], 62, 1,
                        f["entry"], 64, 0, 0, 64, 56, 2, 0, 0, 0)
    image += struct.pack(SEGMENT, 1, 7, 0x1000, f["vaddr"], f["paddr"],
                         f["filesz"], f["memsz"], 0x1000)
    image += struct.pack(SEGMENT, f["notes_type"], 4, f["notes_offset"], 0, 0,
                         f["notes_size"], f["notes_size"], f["notes_align"])
    image = image.ljust(NOTE_AT, b"\0") + struct.pack(
        "<III4sI", f["owner_size"], f["descriptor_size"], f["note_type"],
        f["owner"], f["pvh_entry"])
    return (image.ljust(0x1000, b"\0") + CODE).ljust(0x2000, b"\0")


# --- Multiboot, both versions -------------------------------------------------

BASE = 0x100000     # where it loads and is entered
MB_AT = 0x80        # the header, in the file
MB_BODY = 0x200     # the code, in the file
MB_END = 0x1000

MB1_REFUSED = [
    ({"flags": 8}, "flags 0x8"),
    ({"flags": 0xfff8}, "flags 0xfff8"),
    ({"type": 4}, "no program"),
    ({"machine": 62}, "not for x86"),
    ({"entry": BASE - 1}, "no segment holds the entry point"),
    ({"entry": BASE + 0x2000}, "no segment holds the entry point"),
    ({"filesz": MB_END, "memsz": MB_END}, "truncated"),
    ({"memsz": 0}, "no segment"),
    ({"other": 0x7fffff8}, "needs more RAM"),
    ({"paddr": 0x400}, "too low"),
    ({"paddr": 0xa0000}, "too low"),
    ({"paddr": 0x9f000}, "too low"),
    ({"paddr": 0xbffff}, "too low"),
    ({"paddr": 0xdfff0}, "too low"),
    ({"paddr": 0xf7fff}, "too low"),
    ({"paddr": 0x40000000}, "--mem 1025M"),
    ({"paddr": 0xc0000000}, "too high"),
    ({"paddr": 0xfffff000}, "too high"),
    ({"other": BASE + 0x1fff}, "overlap"),
    ({"fields": ()}, "truncated: its header is cut off"),
    ({"fields": (BASE, BASE + 1, 0, 0, BASE)}, "before the file's beginning"),
    ({"fields": (BASE + MB_AT + 1, BASE, 0, 0, BASE)},
     "before the file's beginning"),
    ({"fields": (BASE, BASE, BASE - 1, 0, BASE)}, "load_end_addr is below"),
    ({"fields": (BASE, BASE, BASE + MB_END, 0, BASE)}, "truncated: "),
    ({"fields": (BASE, BASE, 0xffffffff, 0, BASE)}, "truncated: "),
    ({"fields": (BASE, BASE, BASE + 32, BASE + 31, BASE)},
     "bss_end_addr is below"),
    ({"fields": (BASE, BASE, 0, 0xffffffff, BASE)}, "too large"),
    ({"fields": (BASE, BASE, 0, 0x40000000, BASE)}, "--mem 1024M"),
    ({"fields": (BASE, BASE, 0, 0, BASE - 1)}, "entry_addr is outside"),
    ({"fields": (BASE, BASE, 0, 0, 2 * BASE)}, "entry_addr is outside"),
    ({"fields": (BASE, BASE, BASE, 0, BASE)}, "entry_addr is outside"),
    ({"fields": (0, 0, 0, 0, 0)}, "too low"),
    ({"fields": (0x9fc00, 0x9fc00, 0, 0, 0x9fc00)}, "too low"),
]
MB1_ACCEPTED = [
    {}, {"flags": 7}, {"flags": 0xfffe0000}, {"type": 3}, {"memsz": 0x100000},
    {"vaddr": 0x80000000, "entry": 0x80000000}, {"vaddr": 0x80000000},
    {"paddr": 0x500, "vaddr": 0x500, "entry": 0x500},
    {"paddr": 0xff000}, {"paddr": 0xc0000},
    {"shoff": 0xffffffff, "shnum": 0xffff}, {"shoff": 0, "shnum": 3},
    {"shoff": 0, "shnum": 25, "shstrndx": 0xffff}, {"shnum": 3, "shentsize": 1},
    {"fields": (BASE + MB_AT, BASE, 0, 0, BASE + MB_BODY)},
    {"fields": (BASE, BASE, BASE + MB_BODY, 0, BASE + MB_BODY - MB_AT)},
]

# Tags: (type, flags, contents), and an end tag.
MB2_REFUSED = [
    ({"length": 0}, "cut off"),
    ({"length": 15}, "cut off"),
    ({"length": 16}, "no end tag"),
    ({"length": 23}, "no end tag"),
    ({"length": 0x2000}, "cut off"),
    ({"length": 0xfffffff8}, "cut off"),
    ({"tags": [(1, 0, (1, 21, 22))]}, "information 22"),
    ({"tags": [(1, 0, (0xffffffff,))]}, "information 4294967295"),
    ({"tags": [(11, 0, ())]}, "tag 11"),
    ({"tags": [(0xffff, 0xfffe, ())]}, "tag 65535"),
    ({"tags": [(1, 0, (), 7)]}, "wrong size"),
    ({"tags": [(1, 0, (), 0)]}, "wrong size"),
    ({"tags": [(1, 0, (), 0xffffffff)]}, "wrong size"),
    ({"tags": [(6, 0, (), 0x100)]}, "wrong size"),
    ({"tags": [(2, 0, (BASE,) * 3)]}, "wrong size"),
    ({"tags": [(3, 0, ())]}, "wrong size"),
    ({"tags": [(5, 0, (80, 25))]}, "wrong size"),
    ({"tags": [(10, 0, (0, 0, 0))]}, "wrong size"),
    ({"tags": [(3, 0, (BASE - 1,))]}, "no segment holds the entry point"),
    ({"tags": [(2, 0, (BASE, BASE, 0, 0))]}, "no entry address"),
    ({"tags": [(2, 0, (BASE, BASE + 1, 0, 0)), (3, 0, (BASE,))]},
     "before the file's beginning"),
    ({"tags": [(2, 0, (0, 0xffffffff, 0, 0)), (3, 0, (BASE,))]},
     "before the file's beginning"),
    ({"tags": [(2, 0, (BASE, BASE, BASE + MB_END, 0)), (3, 0, (BASE,))]},
     "truncated: "),
    ({"tags": [(2, 0, (BASE, BASE, 0, 0)), (3, 0, (BASE - 1,))]},
     "entry_addr is outside"),
    ({"tags": [(10, 0, (BASE, BASE, 1, 0))]}, "no RAM is left where"),
    ({"tags": [(10, 0, (0xc0000000, 0xffffffff, 1, 0))]},
     "no RAM is left where"),
    ({"tags": [(10, 0, (BASE, 0xffffffff, 0x80000000, 2))]},
     "no RAM is left where"),
    ({"tags": [(10, 0, (BASE, 2 * BASE, 3, 0))]}, "no power of 2"),
    ({"other": 0x7fffff8}, "needs more RAM"),
    ({"entry": BASE + 0x2000}, "no segment holds the entry point"),
]
MB2_ACCEPTED = [
    {}, {"tags": []}, {"tags": [(11, 1, ())]}, {"tags": [(0xffff, 1, (1, 2))]},
    {"tags": [(1, 1, (4711,))]}, {"tags": [(1, 0, tuple(range(22)))]},
    {"tags": [(3, 0, (BASE,))], "entry": 0},
    {"tags": [(7, 0, ()), (8, 0, (0,)), (9, 0, (0,))]},
    {"tags": [(2, 0, (BASE + MB_AT, BASE, 0, 0)), (3, 0, (BASE + MB_BODY,))]},
    {"tags": [(2, 0, (BASE + MB_AT, 0xffffffff, 0, 0)),
              (3, 0, (BASE + MB_BODY,))]},
    {"tags": [(10, 0, (BASE, 0xffffffff, 0, 2))]},
    {"tags": [(10, 0, (0, 0xffffffff, 0, 1))]},
    {"tags": [(10, 0, (0xfff, 0x7fffff, 0x400000, 0x12345))]},
]


def padded(data):
    return data + b"\0" * (-len(data) % 8)


def multiboot_elf(header, f):
    """An ELF file of 32 bits with a header, and a second segment far away."""
    image = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", f["type"],
                        f["machine"], 1, f["entry"], 52, f["shoff"], 0, 52, 32,
                        2, f["shentsize"], f["shnum"], f["shstrndx"])
    for at, paddr, vaddr, filesz, memsz in (
            (MB_BODY, f["paddr"], f["vaddr"], f["filesz"], f["memsz"]),
            (0, f["other"], f["other"], 0x10, 0x10)):
        image += struct.pack("<8I", 1, at, vaddr, paddr, filesz, memsz, 7, 0)
    image = image.ljust(MB_AT, b"\0") + header
    assert len(image) <= MB_BODY
    return (image.ljust(MB_BODY, b"\0") + CODE).ljust(MB_END, b"\0")


ELF_FIELDS = {"type": 2, "machine": 3, "entry": BASE, "paddr": BASE,
              "vaddr": BASE, "filesz": 0x100, "memsz": 0x2000,
              "other": 0x300000, "shoff": 0, "shentsize": 40, "shnum": 0,
              "shstrndx": 0}


def multiboot1(**changes):
    f = {**ELF_FIELDS, "flags": 3, "fields": None}
    assert not set(changes) - set(f), changes
    f.update(changes)
    cut = f["fields"] == ()
    flags = f["flags"] | (0 if f["fields"] is None else 1 << 16)
    header = struct.pack("<III", 0x1badb002, flags,
                         -(0x1badb002 + flags) & 0xffffffff)
    if f["fields"]:
        header += struct.pack("<5I", *f["fields"])
    image = multiboot_elf(header, f)
    return image[:MB_AT + len(header)] if cut else image


def multiboot2(**changes):
    f = {**ELF_FIELDS, "length": None, "tags": [(1, 0, (1, 4, 6)), (6, 0, ())]}
    assert not set(changes) - set(f), changes
    f.update(changes)
    tags = b""
    for kind, flags, words, *size in f["tags"] + [(0, 0, ())]:
        tags += padded(struct.pack(f"<HHI{len(words)}I", kind, flags,
                                   size[0] if size else 8 + 4 * len(words),
                                   *words))
    length = 16 + len(tags) if f["length"] is None else f["length"]
    header = struct.pack("<IIII", 0xe85250d6, 0, length,
                         -(0xe85250d6 + length) & 0xffffffff) + tags
    return multiboot_elf(header, f)
