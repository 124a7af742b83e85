"""What is said of each step, as judge/say.py has it."""

STEPS = {
    "all of it is printed": (
        "모두 출력하기",
        ("{length} bytes from the label text on must go to port 3f8h, zeros like all "
         "others; {sends} were written there, and the output {begin}.",
         "레이블 text부터 {length}바이트가, 0도 다른 바이트와 똑같이, 포트 3f8h로 나가야 "
         "합니다. 거기에 쓴 것은 {sends}바이트이고, 출력은 {begin}."),
        ("guests/hello.S, and where its loop ends",
         "guests/hello.S, 그 루프가 어디에서 끝나는지")),
    "nothing else is printed": (
        "다른 것은 출력하지 않기",
        ("After the {length} bytes nothing more may be printed; {rest} bytes more "
         "came.",
         "{length}바이트 뒤에는 아무것도 출력하면 안 되는데 {rest}바이트가 더 나왔습니다."),
        ("exercises/02-hello/README.md, TEXT_LENGTH",
         "exercises/02-hello/README.ko.md의 TEXT_LENGTH")),
    "it asks before each byte": (
        "바이트마다 먼저 묻기",
        ("The line status register must be read before each byte; {sends} bytes were "
         "sent and port 3fdh was read {asks} times.",
         "바이트마다 먼저 라인 상태 레지스터를 읽어야 하는데, 보낸 것은 {sends}바이트이고 "
         "포트 3fdh를 읽은 것은 {asks}번입니다."),
        ("PC16550D, \"Line Status Register\", bit 5",
         "PC16550D의 \"Line Status Register\", 비트 5")),
    "it halts": (
        "멈추기",
        ("A guest of real mode ends with hlt; this one ended with status {status}.",
         "리얼 모드 게스트는 hlt로 끝나야 하는데, 이 게스트의 종료 상태는 {status}입니다."),
        ("docs/guide.md, \"How a guest ends\"",
         "docs/guide.md의 \"How a guest ends\"")),
}
