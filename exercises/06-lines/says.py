"""What is said of each step, as judge/say.py has it."""

HERE = ("exercises/06-lines/lines.h", "exercises/06-lines/lines.h")
SEQUENCE = ("8259A data sheet, \"Interrupt Sequence\"",
            "8259A 데이터 시트의 \"Interrupt Sequence\"")
MODES = ("8259A data sheet, \"Edge and Level Triggered Modes\"",
         "8259A 데이터 시트의 \"Edge and Level Triggered Modes\"")

WHAT = {
    "asks": ("whether the CPU is asked must be", "CPU에 요청하고 있는지"),
    "takes": ("the line that is taken must be", "CPU가 받은 선의 번호"),
}

STEPS = {
    "an edge": (
        "에지",
        ("A line that rises asks once.", "올라간 선은 한 번 요청합니다."), MODES),
    "a short edge": (
        "짧은 에지",
        ("An edge is remembered even if the line falls.",
         "선이 내려가도 에지는 기억됩니다."), HERE),
    "the first": (
        "첫째",
        ("Of those that ask the lowest number is first.",
         "요청하는 선 가운데 번호가 가장 작은 것이 먼저입니다."), SEQUENCE),
    "in service": (
        "처리 중",
        ("While a line is in service, it and those behind it wait.",
         "어떤 선이 처리되는 동안 그 선과 그 뒤의 선은 기다립니다."), SEQUENCE),
    "before it": (
        "앞의 선",
        ("Those before the line in service do not wait, and are done first.",
         "처리 중인 선보다 앞의 선은 기다리지 않고, 먼저 끝납니다."), SEQUENCE),
    "a level": (
        "레벨",
        ("A level asks again, for as long as it is high.",
         "레벨 트리거 선은 높은 동안 다시 요청합니다."), MODES),
    "two devices": (
        "장치 둘",
        ("A device that raises what is high already is not lost, if the line is a "
         "level.",
         "레벨 트리거라면, 이미 높은 선을 올린 장치의 인터럽트도 사라지지 않습니다."),
        MODES),
    "a level that falls": (
        "내려간 레벨",
        ("A level that falls before it is taken asks no more.",
         "CPU가 받기 전에 내려간 레벨 트리거 선은 더는 요청하지 않습니다."), MODES),
    "each its own": (
        "선마다 따로",
        ("Each line has its own mode.", "모드는 선마다 따로 있습니다."), MODES),
    "another mode": (
        "모드 바꾸기",
        ("The mode counts from when it is set: a line that is high asks as soon as it "
         "is a level.",
         "모드는 정한 때부터 적용됩니다. 높은 선은 레벨 트리거가 되자마자 요청합니다."),
        HERE),
}
