"""What is said of each step, as judge/say.py has it."""

TIMER = ("board_timer() in vmm/include/device.h",
         "vmm/include/device.h의 board_timer()")
HERE = ("exercises/05-timer/README.md", "exercises/05-timer/README.ko.md")

STEPS = {
    "the first tick": (
        "첫 틱",
        ("The first tick is due a period after 530h was written.",
         "첫 틱은 530h에 쓴 때부터 한 주기 뒤입니다."), TIMER),
    "ticks in time": (
        "제때의 틱",
        ("Each tick is counted, raises the line, and the next one is due a period "
         "later.",
         "틱마다 세고, 선을 올리고, 다음 틱은 한 주기 뒤입니다."), TIMER),
    "a late call": (
        "늦은 호출",
        ("A tick that came late moves none of those behind it.",
         "늦게 온 틱이 뒤의 틱을 미루지 않습니다."),
        (HERE[0] + ", \"Tick n is due\"", HERE[1] + ", \"n번째 틱의 시각\"")),
    "several at once": (
        "한꺼번에 여럿",
        ("All ticks whose time has passed count when timer() is called, and the next "
         "deadline lies ahead.",
         "timer()가 불리면 시각이 지난 틱을 모두 세고, 다음 시각은 앞으로 올 때입니다."),
        HERE),
    "just now": (
        "바로 지금",
        ("A tick whose time is this very moment has come.",
         "시각이 바로 지금인 틱은 온 것입니다."), HERE),
    "a new period": (
        "새 주기",
        ("Writing 530h begins anew, from now.",
         "530h에 쓰면 지금부터 새로 시작합니다."), HERE),
    "stopped": (
        "멈춤",
        ("A period of 0 stops the timer: no deadline.",
         "주기가 0이면 타이머가 멈추고 울릴 시각이 없습니다."), TIMER),
}
