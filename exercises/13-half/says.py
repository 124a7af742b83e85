"""What is said of each step, as judge/say.py has it."""

HERE = ("exercises/13-half/README.md", "exercises/13-half/README.ko.md")

STEPS = {
    "the numbers": (
        "숫자",
        ("There must be a line for each of the 40 numbers, the first is {first}; "
         "{lines} lines came, the first is {have!r}.",
         "숫자 40개가 한 줄에 하나씩 있어야 하고, 첫째는 {first}입니다. 나온 것은 "
         "{lines}줄이고, 첫째는 {have!r}입니다."), HERE),
    "the sum": (
        "합",
        ("After the numbers comes one line with their sum, {sum}, and nothing more; "
         "the output ends {have!r}.",
         "숫자 뒤에는 합({sum})이 한 줄로 나오고, 그것으로 끝입니다. 출력의 끝은 "
         "{have!r}입니다."), HERE),
    "it ends": (
        "끝내기",
        ("The guest must end with status 0, and it was {status}.",
         "게스트의 종료 상태는 0이어야 하는데 {status}입니다."),
        ("docs/guide.md, \"How a guest ends\"",
         "docs/guide.md의 \"How a guest ends\"")),
    "half of the exits": (
        "exit를 절반으로",
        ("The skeleton needs {before} VM exits, at most {most} are allowed, and these "
         "were {exits}.",
         "뼈대는 VM exit가 {before}번이고 {most}번까지 허용되는데, {exits}번이었습니다."),
        ("vmm/abi/hypercall.h, and docs/stats.md, \"The ledger\"",
         "vmm/abi/hypercall.h, docs/stats.md의 \"The ledger\"")),
    "no work left out": (
        "빠뜨린 일이 없음",
        ("A line needs a VM exit at least.",
         "한 줄에는 적어도 VM exit 한 번이 필요합니다."),
        ("docs/guide.md, \"The life of a VM exit\"",
         "docs/guide.md의 \"The life of a VM exit\"")),
}
