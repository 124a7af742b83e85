"""What is said of each step, as judge/say.py has it."""

HERE = ("exercises/08-fair/README.md", "exercises/08-fair/README.ko.md")
STRIDE = ("Waldspurger and Weihl, \"Stride Scheduling\"",
          "Waldspurger와 Weihl의 \"Stride Scheduling\"")

WHAT = {
    "ended": ("The system ended before, with status {status}.",
              "시스템이 그 전에 끝났습니다(종료 상태 {status})."),
    "ticks": ("Here {who} must get {want:.0f} of {used} ticks, {near} more or less, "
              "and it got {have}.",
              "여기서 {who}은(는) {used}틱 가운데 {want:.0f}틱(±{near})을 받아야 하는데 "
              "{have}틱을 받았습니다."),
}

STEPS = {
    "in proportion": (
        "비례해서",
        ("Who always runs gets ticks in proportion to its shares.",
         "늘 실행되는 프로세스는 몫에 비례해서 틱을 받습니다."), HERE),
    "a late one": (
        "늦게 온 프로세스",
        ("Who comes late gets its part from then on, no more and no less.",
         "늦게 온 프로세스는 그때부터 제 몫을 받습니다. 더도 덜도 아닙니다."), STRIDE),
    "a sleeper": (
        "잠자던 프로세스",
        ("Who has slept gets its part from then on, no more and no less.",
         "자다 깬 프로세스는 그때부터 제 몫을 받습니다. 더도 덜도 아닙니다."), STRIDE),
    "the shell wakes in time": (
        "제때 깨어나는 셸",
        ("Who sleeps and wakes for a moment must not wait long. Here the program in "
         "the shell's place slept {short} ticks, had to go on after {limit} at the "
         "latest, and went on after {late} at best (0: never).",
         "자다가 잠깐 깨어나는 프로세스를 오래 기다리게 하면 안 됩니다. 여기서 셸 자리의 "
         "프로그램은 {short}틱을 자고 늦어도 {limit}틱 뒤에는 이어져야 하는데, 빨라야 "
         "{late}틱 뒤에 이어졌습니다(0은 끝내 이어지지 않음)."), HERE),
}
