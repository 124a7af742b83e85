"""What is said of each step, as judge/say.py has it."""

HERE = ("exercises/14-inside/README.md", "exercises/14-inside/README.ko.md")
PROC = "Linux, Documentation/filesystems/proc.rst"
IOMEM = (f"{PROC}, \"iomem\"", f"{PROC}의 \"iomem\"")
INTERRUPTS = (f"{PROC}, \"interrupts\"", f"{PROC}의 \"interrupts\"")

WHAT = {
    "was": ("Here \"{question}\", question {number} of {machine}, must be answered "
            "{want!r}, and it was {have!r}.",
            "여기서 {machine}의 질문 {number}, \"{question}\"의 답은 {want!r}이어야 하는데 "
            "{have!r}입니다."),
    "none": ("No answer came to question {number} of {machine}. {ended}",
             "{machine}의 질문 {number}에 답이 나오지 않았습니다. {ended}"),
    "lines": ("To {asked} questions of {machine} {came} lines came.",
              "{machine}의 질문 {asked}개에 {came}줄이 나왔습니다."),
    "ended": ("Here it did not come to its end. {ended}",
              "여기서 끝까지 가지 못했습니다. {ended}"),
}

STEPS = {
    "the innermost": (
        "가장 안쪽",
        ("Whose an address is says the innermost of them, with its whole name.",
         "주소가 누구의 것인지는 가장 안쪽 것의 온전한 이름으로 답합니다."), IOMEM),
    "both ends": (
        "양 끝",
        ("A range has its first and the last address that belongs to it.",
         "범위에 적힌 것은 거기에 속하는 처음과 마지막 주소입니다."), IOMEM),
    "nobody": (
        "아무도 없음",
        ("Where nobody is, the answer is a word, too.",
         "아무도 없을 때도 답은 단어 하나입니다."), HERE),
    "sizes": (
        "크기",
        ("All areas of one name are taken together, to the byte.",
         "같은 이름의 영역은 모두 더합니다. 한 바이트까지 맞아야 합니다."), HERE),
    "lines": (
        "인터럽트 선",
        ("Devices may share a line, with commas between.",
         "여러 장치가 쉼표로 나뉘어 선 하나를 같이 쓸 수 있습니다."), INTERRUPTS),
    "counts": (
        "횟수",
        ("A line has had the interrupts of all CPUs together.",
         "선에 온 인터럽트는 모든 CPU의 것을 더한 것입니다."), INTERRUPTS),
    "one line each": (
        "질문마다 한 줄",
        ("Each question is answered with one line, and then the script ends.",
         "질문마다 한 줄로 답하고, 그다음 스크립트는 끝나야 합니다."), HERE),
}
