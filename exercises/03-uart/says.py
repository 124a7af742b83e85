"""What is said of each step, as judge/say.py has it."""

FCR = ("PC16550D, \"FIFO Control Register\"", "PC16550D의 \"FIFO Control Register\"")
INPUT = ("input() and board_rx_more() in vmm/include/device.h",
         "vmm/include/device.h의 input()과 board_rx_more()")
HERE = ("exercises/03-uart/README.md", "exercises/03-uart/README.ko.md")

STEPS = {
    "one byte": (
        "바이트 하나",
        ("A byte that was typed is ready, and is read once.",
         "입력된 바이트는 읽을 수 있게 되고, 한 번만 읽힙니다."), HERE),
    "sending": (
        "보내기",
        ("A byte that is written to 540h is sent.", "540h에 쓴 바이트는 보내집니다."),
        ("board_tx() in vmm/include/device.h", "vmm/include/device.h의 board_tx()")),
    "in order": (
        "순서대로",
        ("The oldest byte is read first.", "가장 오래된 바이트가 먼저 읽힙니다."), HERE),
    "full": (
        "가득 찼을 때",
        ("A full FIFO takes nothing and loses nothing.",
         "가득 찬 FIFO는 아무것도 받지 않고 아무것도 잃지 않습니다."), INPUT),
    "several at once": (
        "한꺼번에 여럿",
        ("Of bytes that come together as many are taken as there is room for.",
         "함께 온 바이트는 자리가 있는 만큼 받습니다."), INPUT),
    "around the end": (
        "끝에서 처음으로",
        ("The FIFO goes on where it ends, for ever.",
         "FIFO는 끝에 이르면 처음으로 돌아가 언제까지나 이어집니다."), HERE),
    "room again": (
        "다시 생긴 자리",
        ("When a byte was refused and there is room, the console is told.",
         "거절한 바이트가 있었고 자리가 생기면 콘솔에 알립니다."), INPUT),
    "the line at power-on": (
        "전원을 켠 직후의 인터럽트 선",
        ("At power-on one byte raises the line, and reading it lowers it.",
         "전원을 켠 직후에는 바이트 하나가 선을 올리고, 그것을 읽으면 선이 내려갑니다."),
        FCR),
    "the trigger level": (
        "트리거 레벨",
        ("The line is high from the trigger level on, and low below it.",
         "선은 트리거 레벨부터 높고 그 아래에서는 낮습니다."), FCR),
    "a new trigger level": (
        "새 트리거 레벨",
        ("The line follows from what is in the FIFO now, and a new level counts at "
         "once.",
         "선은 지금 FIFO에 있는 것으로 정해지고, 새 레벨은 바로 적용됩니다."), FCR),
    "emptied": (
        "비우기",
        ("Bit 1 of 542h empties the FIFO.", "542h의 비트 1은 FIFO를 비웁니다."), FCR),
}
