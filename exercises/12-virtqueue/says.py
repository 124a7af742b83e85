"""What is said of each step, as judge/say.py has it."""

RING = ("virtio 1.2, \"The Virtqueue Available Ring\", and docs/virtqueue.md",
        "virtio 1.2의 \"The Virtqueue Available Ring\", docs/virtqueue.md")
CHAIN = ("virtio 1.2, \"The Virtqueue Descriptor Table\"",
         "virtio 1.2의 \"The Virtqueue Descriptor Table\"")
GIVEN = ("virtio 1.2, \"The Virtqueue Used Ring\"",
         "virtio 1.2의 \"The Virtqueue Used Ring\"")
HOSTILE = ("docs/virtqueue.md, \"What a hostile guest could try\"",
           "docs/virtqueue.md의 \"What a hostile guest could try\"")

WHAT = {
    "get": ("guest memory at {val:#x} must hold", "게스트 메모리의 {val:#x}에 있는 값"),
    "take": ("queue_take() must return", "queue_take()의 반환값"),
    "head": ("the head must be", "head의 값"),
    "begins": ("piece {val} must begin at", "조각 {val}의 시작 주소"),
    "bytes": ("piece {val} must have so many bytes:", "조각 {val}의 바이트 수"),
    "writable": ("whether piece {val} may be written must be",
                 "조각 {val}에 써도 되는지"),
    "taken": ("taken must be", "taken의 값"),
}
WORDS = {"0, empty": "0(비었음)", "-1, broken": "-1(잘못됨)"}

STEPS = {
    "nothing": (
        "빈 큐", ("An empty queue is empty.", "빈 큐는 비어 있습니다."), RING),
    "one piece": (
        "조각 하나",
        ("A chain of one descriptor is one piece.",
         "디스크립터 하나짜리 체인은 조각 하나입니다."), CHAIN),
    "a chain": (
        "체인",
        ("A chain goes on where bit NEXT says so, in the order of next.",
         "체인은 비트 NEXT가 1이면 next의 순서대로 이어집니다."), CHAIN),
    "in order": (
        "순서대로",
        ("Chains are taken in the order in which they were made available.",
         "체인은 드라이버가 내놓은 순서대로 받습니다."), RING),
    "around": (
        "한 바퀴 돌기",
        ("Indices run from 65535 to 0, and the ring's place is the index modulo its "
         "size.",
         "인덱스는 65535 다음에 0이고, 링의 자리는 인덱스를 링의 크기로 나눈 나머지입니다."),
        RING),
    "given back": (
        "돌려주기",
        ("What is done stands in the used ring, and the index says how many there "
         "were.",
         "끝난 것은 used 링에 있고, 인덱스가 모두 몇 개였는지 말합니다."), GIVEN),
    "given back, around": (
        "한 바퀴 돌아 돌려주기",
        ("The used ring goes on at its beginning, the index does not.",
         "used 링은 처음으로 돌아가지만 인덱스는 그렇지 않습니다."), GIVEN),
    "another size": (
        "다른 크기",
        ("How large a queue is the driver decides.",
         "큐의 크기는 드라이버가 정합니다."), RING),
    "a head that is none": (
        "head가 아닌 head",
        ("A head is less than the size of the queue.",
         "head는 큐의 크기보다 작습니다."), HOSTILE),
    "a next that is none": (
        "next가 아닌 next",
        ("A next, where it counts, is less than the size of the queue.",
         "쓰이는 next는 큐의 크기보다 작습니다."), HOSTILE),
    "a circle": (
        "원",
        ("A chain has no more descriptors than the queue.",
         "체인의 디스크립터는 큐의 것보다 많을 수 없습니다."), HOSTILE),
    "as long as can be": (
        "가장 긴 체인",
        ("A chain may have as many descriptors as the queue.",
         "체인의 디스크립터는 큐의 것만큼 많을 수 있습니다."), CHAIN),
    "not RAM": (
        "RAM이 아닌 곳",
        ("A piece lies in RAM as a whole.", "조각은 전체가 RAM에 있습니다."), HOSTILE),
    "too many": (
        "너무 많음",
        ("No more can be available than the queue is large.",
         "큐의 크기보다 많은 체인이 나와 있을 수는 없습니다."), HOSTILE),
}
