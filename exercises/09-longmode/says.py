"""What is said of each step, as judge/say.py has it."""

ENTERING = ("SDM 3A, \"Initializing IA-32e Mode\"",
            "SDM 3A의 \"Initializing IA-32e Mode\"")

WHAT = {
    "behind": ("The guest crashed behind the first output of arrived.",
               "게스트는 arrived의 첫 출력 뒤에 크래시했습니다."),
    "before": ("The guest crashed before the first output of arrived.",
               "게스트는 arrived의 첫 출력 앞에서 크래시했습니다."),
}

STEPS = {
    "no triple fault": (
        "트리플 폴트 없이",
        ("From the first instruction to the last no fault may come: there is nobody "
         "yet to handle one.",
         "첫 명령어부터 마지막까지 폴트가 나면 안 됩니다. 아직 처리할 코드가 없습니다."),
        ("docs/debugging.md, and what kvm-vmm says about the crash",
         "docs/debugging.md, 그리고 kvm-vmm이 크래시에 대해 말하는 것")),
    "it arrives": (
        "도착하기",
        ("The far jump must lead to arrived, in a code segment; nothing was printed "
         "there.",
         "far jump는 코드 세그먼트에서 arrived로 가야 하는데, 거기서 출력된 것이 없습니다."),
        (ENTERING[0] + ", the steps in their order",
         ENTERING[1] + "에 나오는 순서")),
    "64-bit code": (
        "64비트 코드",
        ("The segment that arrived is entered in must be one of 64-bit code: the "
         "product must be {product}, and the output was {have!r}.",
         "arrived로 들어갈 때의 세그먼트는 64비트 코드여야 합니다. 곱은 {product}이어야 "
         "하는데 출력은 {have!r}입니다."),
        ("SDM 3A, \"Segment Descriptors\", L and D",
         "SDM 3A의 \"Segment Descriptors\"에서 L과 D")),
    "long mode is active": (
        "롱 모드가 켜져 있음",
        ("EFER.LMA must be 1 in the end, and the guest halt; the output ends {have!r}, "
         "the status was {status}.",
         "마지막에 EFER.LMA가 1이고 게스트가 멈추어야 합니다. 출력의 끝은 {have!r}, 종료 "
         "상태는 {status}입니다."), ENTERING),
}
