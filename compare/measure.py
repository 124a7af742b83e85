"""The numbers of a variant, as report.json has them: from kvm-vmm's own JSON,
from the file that was built, from the sources in it."""

import json

SUMS = ("exits", "accesses", "bytes", "guest_ns", "answer_ns")
PORT_KEYS = ("exits", "bytes")
QUEUE_KEYS = ("requests", "buffers", "bytes_out", "bytes_in", "kicks",
              "kicks_saved", "interrupts", "interrupts_saved")


def pick(row, names):
    return {name: row[name] for name in names}


def of_guest(ledger):
    """The guest of a ledger: there is one image, so there is one guest."""
    guests = ledger.get("guests") or [{}]
    return guests[0]


def reasons(guest):
    return [{"reason": row["reason"],
             **pick(row, ("exits", "bytes", "guest_ns", "answer_ns"))}
            for row in guest.get("reasons", [])]


def ports(guest):
    """The ports and pages that were accessed, the busiest first."""
    found = []
    for row in guest.get("rows", []):
        if "direction" in row:
            found.append({
                "reason": row["reason"],
                "where": row.get("port") or row.get("page") or "other",
                "handler": row.get("handler", ""),
                "direction": row["direction"], **pick(row, PORT_KEYS)})
    return sorted(found, key=lambda row: -row["exits"])


def interrupts(guest):
    return [{"what": f"IRQ{line['irq']}", "raised": line["raised"]}
            for line in guest.get("interrupts", [])]


def queues(guest):
    """Sums over the queues of the guest's virtio devices; None: none was used."""
    found = guest.get("queues")
    return {name: sum(queue[name] for queue in found)
            for name in QUEUE_KEYS} if found else None


def stages(guest):
    names = ("stage", "text", "more", "ns", "step_ns", "exits")
    return [{name: stage.get(name, "") for name in names}
            for stage in guest.get("stages", [])]


def numbers(text):
    """What the report takes from kvm-vmm's JSON; `text` may be "" or broken."""
    try:
        ledger = json.loads(text)
    except ValueError:
        ledger = None
    source = ledger or {}
    guest = of_guest(source)
    entry = {name: source.get(name, 0) for name in SUMS}
    entry["bytes_per_exit"] = entry["bytes"] / entry["exits"] \
        if entry["exits"] else None
    entry.update(
        stages=stages(guest), reasons=reasons(guest), ports=ports(guest),
        interrupts=interrupts(guest), queues=queues(guest), injected=guest.get("injected"),
        wall_ns=source.get("wall_ns", 0),
        cpu_ns=source.get("cpu_user_ns", 0) + source.get("cpu_system_ns", 0),
        resident_kib=source.get("peak_resident_kib", 0),
        kernel_exits=guest.get("kernel_exits"),
        beyond_ram_kib=beyond_ram(source), ledger=ledger)
    return entry


def beyond_ram(ledger):
    """KiB of kvm-vmm beyond guest RAM; None where that is not known."""
    if "guest_resident_kib" not in ledger:
        return None
    return ledger["peak_resident_kib"] - ledger["guest_resident_kib"]


def files(own, base):
    """The C files of a variant, against those of the baseline."""
    mine = {file["path"] for file in own}
    theirs = {file["path"] for file in base}
    if not mine or not theirs:      # one of them is not known
        mine = theirs = set()
    return {"files": own, "lines": sum(file["lines"] for file in own),
            "files_out": sorted(theirs - mine),
            "files_in": sorted(mine - theirs)}
