"""What is said of each step, as judge/say.py has it."""

CONTRACT = ("vmm/include/device.h, read() and write()",
            "vmm/include/device.h의 read()와 write()")
TABLE = ("exercises/01-port/README.md, the table",
         "exercises/01-port/README.ko.md의 표")

STEPS = {
    "power-on": (
        "전원을 켠 직후",
        ("At power-on 520h reads as the table of README.md says.",
         "전원을 켠 직후 520h를 읽으면 README.ko.md의 표에 적힌 값이 나옵니다."),
        ("exercises/01-port/README.md and init() in vmm/include/device.h",
         "exercises/01-port/README.ko.md, vmm/include/device.h의 init()")),
    "a byte is kept": (
        "바이트를 간직하기",
        ("520h keeps what was written last.", "520h는 마지막으로 쓴 것을 간직합니다."),
        CONTRACT),
    "writes are counted": (
        "쓰기를 세기",
        ("521h counts writes to 520h.", "521h는 520h에 쓴 횟수를 셉니다."), CONTRACT),
    "reading the counter clears it": (
        "읽으면 0으로",
        ("521h counts from its own last reading on.",
         "521h는 자신을 마지막으로 읽은 뒤부터 셉니다."), TABLE),
    "the counter is not written": (
        "카운터는 쓸 수 없음",
        ("A write to 521h does nothing to either port.",
         "521h에 써도 두 포트 모두 아무것도 달라지지 않습니다."),
        ("@off in vmm/include/device.h: which register is meant",
         "vmm/include/device.h의 @off: 어느 레지스터를 말하는지")),
    "256 is 0": (
        "256은 0",
        ("The counter has one byte.", "카운터는 1바이트입니다."), TABLE),
}
