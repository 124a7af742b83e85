"""What is said of each step, as judge/say.py has it."""

HERE = ("exercises/07-syscall/README.md", "exercises/07-syscall/README.ko.md")
WALK = ("docs/os-1k.md, \"One system call\"", "docs/os-1k.md의 \"One system call\"")
KERNEL = "os-1k/kernel/kernel.h"

WHAT = {
    "was": ("Here try.c's line \"{key}\" must be {value!r}, and it was {have!r}.",
            "여기서 try.c의 \"{key}\" 줄은 {value!r}이어야 하는데 {have!r}입니다."),
    "ended": ("Here try.c's line \"{key}\" must be {value!r}, and it did not come, the "
              "system had ended.",
              "여기서 try.c의 \"{key}\" 줄은 {value!r}이어야 하는데, 나오지 않았습니다. "
              "그 전에 시스템이 끝났습니다."),
}

STEPS = {
    "it is there": (
        "콜이 있음",
        ("Call 10 copies the name of the program and returns its length.",
         "10번 콜은 프로그램의 이름을 복사하고 그 길이를 돌려줍니다."), WALK),
    "whose name": (
        "누구의 이름",
        ("The name is that of the program which calls.",
         "부른 프로그램의 이름이어야 합니다."),
        (f"struct process in {KERNEL}", f"{KERNEL}의 struct process")),
    "cut": (
        "자르기",
        ("A name that does not fit is cut, and a 0 is behind it all the same, within "
         "the buffer.",
         "다 들어가지 않는 이름은 자르되, 그때도 버퍼 안에서 그 뒤에 0을 붙입니다."),
        HERE),
    "no bytes": (
        "0바이트",
        ("Of a buffer of 0 bytes nothing is written.",
         "0바이트 버퍼에는 아무것도 쓰지 않습니다."), HERE),
    "bad pointers": (
        "나쁜 포인터",
        ("A pointer to what the program cannot touch is refused, the whole buffer "
         "counts.",
         "프로그램이 건드릴 수 없는 곳을 가리키는 포인터는 거절합니다. 버퍼 전체를 "
         "봅니다."),
        (f"space_allows() in {KERNEL}", f"{KERNEL}의 space_allows()")),
    "read-only memory": (
        "읽기 전용 메모리",
        ("What the program may only read is not written for it.",
         "프로그램이 읽을 수만 있는 곳에 대신 써 주지 않습니다."),
        (f"WRITABLE in {KERNEL}", f"{KERNEL}의 WRITABLE")),
    "the others": (
        "다른 콜",
        ("All other calls are as they were, and numbers without a call are refused.",
         "다른 콜은 모두 그대로이고, 콜이 없는 번호는 거절합니다."), WALK),
}
