"""What is said of each step, as judge/say.py has it."""

FIELDS = ("boot.rst, \"Details of Header Fields\"",
          "boot.rst의 \"Details of Header Fields\"")
PAGE = ("zero-page.rst, and vmm/boot/linux.c", "zero-page.rst, vmm/boot/linux.c")
E820 = ("zero-page.rst, e820_table, and vmm/boot/linux.c",
        "zero-page.rst의 e820_table, vmm/boot/linux.c")

WHAT = {
    "get": ("the {size} bytes at {val:#x} must be", "{val:#x}에 있는 {size}바이트"),
    "fill": ("zero_page() must return", "zero_page()의 반환값"),
}

STEPS = {
    "the header": (
        "헤더",
        ("The kernel's setup header is copied, as far as it says that it goes.",
         "커널의 setup header를, 스스로 말하는 길이만큼 복사합니다."),
        ("boot.rst, \"The Real-Mode Kernel Header\", jump, and \"64-bit Boot "
         "Protocol\"",
         "boot.rst의 \"The Real-Mode Kernel Header\"에서 jump, 그리고 \"64-bit Boot "
         "Protocol\"")),
    "zeros": (
        "0으로 채우기",
        ("All else of the page is zero, whatever was there, and whatever else is in "
         "the image.",
         "페이지의 나머지는, 전에 무엇이 있었고 이미지에 무엇이 더 있든, 모두 0입니다."),
        PAGE),
    "the loader": (
        "로더",
        ("type_of_loader is that of a loader without a number, and the heap may be "
         "used.",
         "type_of_loader는 번호가 없는 로더의 것이고, 힙을 쓸 수 있습니다."), FIELDS),
    "the command line": (
        "커널 명령줄",
        ("cmd_line_ptr is where the command line lies.",
         "cmd_line_ptr는 커널 명령줄이 있는 곳입니다."), FIELDS),
    "the initrd": (
        "initrd",
        ("ramdisk_image and ramdisk_size are the initrd's.",
         "ramdisk_image와 ramdisk_size는 initrd의 위치와 크기입니다."), FIELDS),
    "one range": (
        "구간 하나",
        ("The map of memory begins with the first range, and its length is told.",
         "메모리 지도는 첫 구간으로 시작하고, 구간의 개수를 알립니다."), E820),
    "the map": (
        "메모리 지도",
        ("The ranges of memory lie one behind the other.",
         "메모리의 구간은 하나 바로 뒤에 다음 것이 있습니다."), E820),
    "no kernel": (
        "커널이 아닌 것",
        ("What has not the marks of a kernel, or is too old, is refused.",
         "커널의 표시가 없거나 너무 오래된 것은 거절합니다."),
        (FIELDS[0] + ", boot_flag, header, version",
         FIELDS[1] + "에서 boot_flag, header, version")),
}
