"""What is said of each step, as judge/say.py has it."""

PAGING = ("SDM 3A, \"4-Level Paging\"", "SDM 3A의 \"4-Level Paging\"")
RIGHTS = ("SDM 3A, \"Determination of Access Rights\"",
          "SDM 3A의 \"Determination of Access Rights\"")
FAULTS = ("SDM 3A, \"Page-Fault Exceptions\"", "SDM 3A의 \"Page-Fault Exceptions\"")

WHAT = {
    "leads": ("where the address leads must be", "주소가 이르는 곳"),
    "fault": ("what the fault says must be", "폴트가 말하는 것"),
    "astray": ("reads outside of the tables must be", "테이블 밖을 읽은 횟수"),
}
WORDS = {"a page fault": "페이지 폴트", "no fault": "폴트 없음"}

STEPS = {
    "4 KiB": (
        "4KiB",
        ("Four tables lead to a page of 4 KiB.",
         "테이블 네 개를 거치면 4KiB 페이지에 이릅니다."), PAGING),
    "not the address": (
        "주소가 아닌 비트",
        ("Only bits 51 to 12 of an entry, and of CR3, are an address.",
         "엔트리와 CR3에서 주소는 비트 51부터 12까지뿐입니다."), PAGING),
    "bit 7 of the last": (
        "마지막 테이블의 비트 7",
        ("In the last table bit 7 is the PAT's.",
         "마지막 테이블에서 비트 7은 PAT의 것입니다."), PAGING),
    "2 MiB": (
        "2MiB",
        ("An entry of the third table with bit 7 is a page of 2 MiB, and its bit 12 "
         "is no address.",
         "세 번째 테이블에서 비트 7이 1인 엔트리는 2MiB 페이지이고, 그 비트 12는 주소가 "
         "아닙니다."), PAGING),
    "1 GiB": (
        "1GiB",
        ("An entry of the second table with bit 7 is a page of 1 GiB.",
         "두 번째 테이블에서 비트 7이 1인 엔트리는 1GiB 페이지입니다."), PAGING),
    "not present": (
        "없는 엔트리",
        ("An entry without bit 0 ends the walk, whatever else is in it, and the error "
         "code says so.",
         "비트 0이 0인 엔트리는 다른 비트가 무엇이든 탐색을 끝내고, 오류 코드가 그것을 "
         "말합니다."), FAULTS),
    "writing": (
        "쓰기",
        ("Writing needs bit 1 at every level.",
         "쓰려면 모든 단계의 비트 1이 1이어야 합니다."), RIGHTS),
    "ring 3": (
        "링 3",
        ("Ring 3 needs bit 2 at every level.",
         "링 3에서는 모든 단계의 비트 2가 1이어야 합니다."), RIGHTS),
    "instructions": (
        "명령어",
        ("Bit 63 at any level forbids to fetch instructions.",
         "어느 단계에서든 비트 63이 1이면 명령어를 인출할 수 없습니다."), RIGHTS),
    "what was wanted": (
        "하려던 일",
        ("The error code says what the access was, present or not.",
         "오류 코드는 엔트리가 있든 없든 무엇을 하려던 접근인지 말합니다."), FAULTS),
}
