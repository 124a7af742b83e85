#!/usr/bin/python3
"""make trend and the history: what is kept, and what is drawn of it, over the
commits of a repository made up for that."""

import json
import multiprocessing
import os
import re
import tempfile

from repository import LAB, case, result, tap

from compare import commits, kept, origin, results, trend, trend_html, \
    trend_plots, trend_text

NASTY = "\x1b[31mred\x07 <script>alert(1)</script> \u202e $(touch hit)"
UNKNOWN = "12" * 20

# --- Keeping ------------------------------------------------------------------

def write_many(folder, number):
    for n in range(40):
        results.append(folder, [result(UNKNOWN, exits=n, how="x" * number * 97)]
                       * 3 if n % 2 else [result(UNKNOWN, exits=n + 1000,
                                                 how=f"{number}")])


@case("lines of eight writers at once are whole, and none is lost")
def at_once(repository):
    writers = [multiprocessing.Process(target=write_many,
                                       args=(repository.kept, number))
               for number in range(1, 9)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with open(os.path.join(repository.kept, results.FILE), "rb") as file:
        lines = file.read().splitlines()
    tap.equal(len(lines), 8 * (20 + 3 * 20))
    for line in lines:
        results.result_of(line + b"\n")
    found = results.read(repository.kept)
    tap.equal((len(found.results), found.damaged), (8 * 40, 0))


@case("a line that a kill has torn is skipped and counted; the next is whole")
def torn(repository):
    repository.keep(result(UNKNOWN, size=1))
    path = os.path.join(repository.kept, results.FILE)
    with open(path, "rb+") as file:
        file.truncate(os.path.getsize(path) - 30)
    repository.keep(result(UNKNOWN, size=2))
    found = results.read(repository.kept)
    tap.equal(([one["size"] for one in found.results], found.damaged), ([2], 1))
    with open(path, "rb+") as file:     # torn, and nothing behind it
        file.truncate(os.path.getsize(path) - 1)
    tap.equal(results.read(repository.kept).damaged, 2)


def line_of(**members):
    whole = {"program": results.PROGRAM, "schema": 1,
             **result(UNKNOWN, size=1), **members}
    return json.dumps(whole).encode()


DAMAGED = [b"{", b"[]", b"null", b"\xff\xfe{}", b"{}", b"[" * 5000,
           b'{"a":' * 5000, b"x" * (3 * results.LINE_MAX),
           line_of(program="other"), line_of(commit="HEAD"),
           line_of(commit=7), line_of(commit="-" * 40), line_of(size=-1),
           line_of(size=1.5), line_of(size=True), line_of(size="1"),
           line_of(size=float("nan")), line_of(size=1 << 64),
           line_of(exits=[1]), line_of(config=[]), line_of(config=None),
           line_of(host={"place": "moon"}), line_of(host={}),
           line_of(image="x"), line_of(toggle=None),
           line_of(config={"name": "a", "symbols": "abc"}),
           line_of(size=1).replace(b'"size": 1', b'"size": ' + b"9" * 9000)]


@case("what is no line of ours is skipped and counted, another schema, too")
def damaged(repository):
    os.mkdir(repository.kept)
    good = line_of(size=5)
    with open(os.path.join(repository.kept, "a.jsonl"), "wb") as file:
        file.write(b"\n".join(DAMAGED + [good, b"", good, line_of(schema=2),
                                         line_of(schema=True)]) + b"\n")
    with open(os.path.join(repository.kept, "b.jsonl"), "wb") as file:
        file.write(good + b"\n")        # a copy of another machine's
    os.mkfifo(os.path.join(repository.kept, "c.jsonl"))
    os.symlink("nowhere", os.path.join(repository.kept, "d.jsonl"))
    os.mkdir(os.path.join(repository.kept, "\x1b[2Je.jsonl"))
    os.mkfifo(os.path.join(os.fsencode(repository.kept), b"f\xff.jsonl"))
    found = results.read(repository.kept)
    tap.equal([one["size"] for one in found.results], [5])
    tap.equal((found.damaged, found.other, len(found.unread)),
              (len(DAMAGED), 2, 4))
    repository.row(1)
    status, out, err = repository.draw()
    tap.equal(status, 0, err)
    out = re.sub(r"\n  (?! )", " ", out)
    for said in (f"{len(DAMAGED)} lines torn or damaged", "2 lines of another",
                 "c.jsonl: no plain file", "d.jsonl: No such file",
                 "e.jsonl: Is a directory", "f\ufffd.jsonl: no plain file"):
        tap.check(said in out, f"no {said!r} in:", out)
    tap.check("\x1b" not in out, "a file's name reaches the terminal")


@case("a history that cannot be written is a note, and the result stays")
def unwritable(repository):
    with open(repository.kept, "w", encoding="utf-8"):
        pass
    tap.equal(kept.keep(repository.kept, lambda: [result(UNKNOWN)]), None)
    tap.equal(results.read(os.path.join(repository.top, "no")).results, [])
    tap.equal(len(results.read(repository.kept).unread), 1)


@case("sources that differ make a result dirty, documents do not")
def dirty(repository):
    for path in "vmm/a.c", "README.md":
        full = os.path.join(repository.top, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write("one\n")
    repository.git("add", ".")
    sha = repository.commit("both")
    tap.equal(origin.commit(repository.top), (sha, False))
    with open(os.path.join(repository.top, "README.md"), "a",
              encoding="utf-8") as file:
        file.write("two\n")
    tap.equal(origin.commit(repository.top), (sha, False))
    new = os.path.join(repository.top, "vmm", "b.c")
    with open(new, "w", encoding="utf-8") as file:
        file.write("new\n")
    tap.equal(origin.commit(repository.top), (sha, True))
    # Unpacked in there, it is none of its commits.
    tap.equal(origin.commit(os.path.join(repository.top, "vmm")), ("", True))
    tap.equal(origin.commit(repository.folder), ("", True))


@case("a tree that was not the same to the end of a run counts as changed")
def moved(repository):
    config = os.path.join(tap.TOP, "configs", "default_defconfig")
    old, new = ((sha, False) for sha in repository.row(2))
    real, origin.commit = origin.commit, lambda top: new
    try:
        for begun, want in ((None, new), (new, new), (old, (old[0], True)),
                            ((new[0], True), (new[0], True))):
            one = kept.common(tap.TOP, repository.folder, config, "host", begun)
            tap.equal((one["commit"], one["dirty"]), want)
    finally:
        origin.commit = real


@tap.case("a preset is known by its name, whatever it runs; else by a digest")
def presets():
    known = origin.Presets(tap.TOP)
    for name in ("default", "std", "tiny", "level-3"):
        path = os.path.join(tap.TOP, "configs", f"{name}_defconfig")
        tap.equal(known.of(path)["name"], name)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write("CONFIG_RUN_HELLO=y\n")
        file.flush()
        tap.equal(known.of(file.name)["name"], "default")
        file.write("# CONFIG_UART_FIFO is not set\n")
        file.flush()
        own = known.of(file.name)
    tap.check(re.fullmatch("own-[0-9a-f]{6}", own["name"]), own)
    tap.equal(own["symbols"], ["# CONFIG_UART_FIFO is not set"])


# --- Commits ------------------------------------------------------------------

@case("commits stand as git log --first-parent has them, not by their time")
def order(repository):
    first, second = repository.row(2)
    repository.git("checkout", "-q", "-b", "side")
    side = repository.commit("side")
    repository.git("checkout", "-q", "main")
    third = repository.commit("third")
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    repository.keep(*(result(sha, size=n) for n, sha in
                      enumerate((third, side, first, second, UNKNOWN, ""))))
    trends = repository.trends()
    series, = trends.of["size"]
    tap.equal(series.values(), [2, 3, 0])
    tap.equal((dict(trends.missing), dict(trends.aside), trends.nowhere),
              ({UNKNOWN: 1}, {side: 1}, 1))
    said = " ".join(trend.left_out(trends))
    tap.check("1212121" in said and side[:7] in said, said)
    since = repository.trends(since=second)
    tap.equal((since.of["size"][0].values(), since.earlier), ([3, 0], 1))
    repository.git("tag", "v1", third)
    tap.equal(repository.trends(since="v1").of["size"][0].values(), [0])


@case("SINCE is a commit or a day; what is neither is refused in a sentence")
def since(repository):
    first, second = repository.row(2)
    repository.keep(result(first, size=1), result(second, size=2))
    for word, said in (("soon", "neither a commit nor a day"),
                       ("--all", "neither"), ("2030-01-01", "no commit"),
                       (UNKNOWN, "neither"), ("HEAD~9", "neither")):
        status, out, err = repository.draw(SINCE=word)
        tap.equal((status, out), (64, ""), word)
        tap.check(said in err and err.count("\n") == 1, err)
    for words in {"WHAT": "speed"}, {"PERCENT": "-1"}, {"PERCENT": "a"}:
        status, _, err = repository.draw(**words)
        tap.check(status == 64 and err.count("\n") == 1, words, err)
    status, out, _ = repository.draw(SINCE="2026-11-27")
    tap.check(status == 0 and "2 commits from" in out, out)
    status, out, _ = repository.draw(SINCE="HEAD")
    tap.check(status == 0 and "1 commit from" in out, out)


@case("without a history one sentence says what to do next; without git, too")
def nothing(repository):
    status, out, err = repository.draw()
    tap.equal((status, out, err.count("\n")), (0, "", 1), err)
    tap.check("make compare TOGGLE=" in err, err)
    repository.keep(result(UNKNOWN, size=1))
    status, out, err = repository.draw()
    tap.equal((status, out, err.count("\n")), (70, "", 1), err)


@case("a tree that lies in somebody's repository has none of its commits")
def inside(repository):
    repository.keep(result(repository.row(1)[0], size=1))
    status, out, err = repository.draw()
    tap.equal(status, 0, err)
    handout = os.path.join(repository.top, "handout")
    os.mkdir(handout)
    for words in {}, {"FILL": "1", "WHAT": "size"}:
        status, out, err = repository.draw(MKVM_TOP=handout, **words)
        tap.equal((status, out, err.count("\n")), (70, "", 1), err)
        tap.check("no git repository" in err, err)


# --- Series -------------------------------------------------------------------

OTHERS = [
    {"host": {**LAB, "cpu": "B"}}, {"host": {**LAB, "lab": "QEMU 8"}},
    {"host": {**LAB, "place": "pvm"}}, {"host": {**LAB, "place": "kvm"}},
    {"host": {**LAB, "place": "kvm", "kernel": "6.2"}},
    {"config": {"name": "std", "digest": "e", "symbols": []}},
    {"image": {"name": "bzImage", "digest": "i", "from": "tree"}},
    {"image": {"name": "vmlinux", "digest": "i", "from": "/boot/vmlinux"}},
    {"image": {"name": "vmlinux", "digest": "j", "from": "/boot/vmlinux"}},
    {"args": "--smp 2"}, {"exits_until": "/init"},
]


@case("what is configured or counted otherwise is another series")
def series(repository):
    shas = repository.row(2)
    for sha in shas:
        repository.keep(result(sha, exits=100),
                        *(result(sha, exits=200, **more) for more in OTHERS))
    found = repository.trends().of["exits"]
    tap.equal(len(found), 1 + len(OTHERS))
    tap.equal(len({one.label for one in found}), len(found), "labels")
    for one in found:
        tap.equal((len(one.points), len(set(one.values()))), (2, 1), one.label)
        tap.equal(one.moves(), [])
    labels = [one.label for one in found]
    tap.check(any("on PVM" in one for one in labels) and
              any("on KVM" in one for one in labels), labels)


@case("sizes go by the compiler, and not by the image that was booted")
def sizes(repository):
    sha, = repository.row(1)
    repository.keep(result(sha, size=1), result(sha, size=1, cc="clang 14"),
                    result(sha, size=1, args="--smp 2"))
    found = repository.trends().of["size"]
    tap.equal(sorted(len(one.points[0]) for one in found), [1, 2])
    tap.check(all("1" in one.label for one in found), found[0].label)


@case("toggles are drawn for who asks for them by name")
def toggled(repository):
    sha, = repository.row(1)
    repository.keep(result(sha, exits=1), result(sha, exits=2, toggle="PIT=n"),
                    result(sha, exits=3, toggle="PCI=n"))
    trends = repository.trends()
    tap.equal([one.parts["toggle"] for one in trends.of["exits"]], [""])
    tap.equal(trends.hidden, 2)
    trends = repository.trends("pit vmlinux")
    tap.equal([one.parts["toggle"] for one in trends.of["exits"]], ["PIT=n"])
    tap.equal(repository.trends("nothing").of["exits"], [])


@case("a move is told with its commit, and what nobody measured; noise is none")
def moves(repository):
    shas = repository.row(6)
    for sha, values in ((shas[0], (1000, 1040)), (shas[1], (1030, 1060)),
                        (shas[4], (1100, 1120)), (shas[5], (1121,))):
        repository.keep(*(result(sha, exits=n) for n in values))
    one, = repository.trends().of["exits"]
    tap.equal([(m.before, m.after, m.old, m.new) for m in one.moves()],
              [(1, 4, 1045, 1110)])
    tap.equal(one.moves(7), [])
    tap.equal([m.after for m in one.moves(0.5)], [4, 5])
    status, out, _ = repository.draw(WHAT="exits")
    tap.equal(status, 0)
    for said in ("+6.2 %  1,045 to 1,110", f"{shas[4][:7]} 2026-11-23 commit 4",
                 "2 commits before it: git log --first-parent",
                 f"{shas[1][:7]}..{shas[4][:7]}"):
        tap.check(said in " ".join(out.split()) or said in out, said, out)
    tap.check("size:" not in out, out)
    tap.equal(repository.draw(PERCENT="7")[1].count("+6.2 %"), 0)


@case("an image that changed as well, and a guest that ended otherwise, are told")
def beside(repository):
    shas = repository.row(3)
    image = {"name": "vmlinux", "digest": "j", "from": "tree"}
    repository.keep(result(shas[0], exits=100),
                    result(shas[1], exits=200, image=image),
                    result(shas[2], outcome="crashed", image=image))
    trends = repository.trends()
    one, = trends.of["exits"]
    tap.equal([move.image for move in one.moves()], [True])
    tap.equal([(turn.place, turn.old, turn.new) for turn in trends.turns],
              [(2, "shell", "crashed")])
    out = repository.draw()[1]
    tap.check("image is another one" in out and "shell before, crashed at"
              in " ".join(out.split()), out)


@case("what is not committed is no point, but is told against HEAD")
def uncommitted(repository):
    shas = repository.row(2)
    repository.keep(*(result(sha, size=1000) for sha in shas),
                    result(shas[1], size=1100, dirty=True),
                    result(shas[0], size=5000, dirty=True))
    trends = repository.trends()
    one, = trends.of["size"]
    tap.equal((one.values(), trends.changed), ([1000, 1000], 1))
    out = repository.draw()[1]
    tap.check("1,100 with what is not committed" in out and
              "+10.0 % against HEAD" in " ".join(out.split()), out)


# --- What is seen ---------------------------------------------------------------

@case("the terminal's lines fit 80 columns and have no escapes when piped")
def terminal(repository):
    shas = repository.row(90)
    shas.append(repository.commit(NASTY + "\uac00 " + "long " * 40))
    repository.keep(*(result(sha, exits=10 ** 9 + n ** 3, size=n // 10,
                             toggle=NASTY if n % 2 else "",
                             host={**LAB, "cpu": NASTY})
                      for n, sha in enumerate(shas)))
    for words in {}, {"MATCH": "script"}:
        status, out, err = repository.draw(**words)
        tap.equal((status, err), (0, ""))
        tap.none_of(line for line in out.splitlines() if len(line) > 80 or
                    not line.isprintable() or line != line.rstrip())
        tap.check("*" in out, out)
    status, out, err = repository.draw(PYTHONIOENCODING="ascii")
    tap.check(status == 0 and "\\uac00" in out, out, err)
    colourful = "\n".join(trend_text.lines(repository.trends(), 1, True))
    tap.check("\x1b[1m" in colourful and "\x1b[31m" not in colourful)


@case("each point of the plot stands in its commit's column, at its height")
def plotted(repository):
    shas = repository.row(8)
    repository.keep(*(result(sha, exits=n) for n, sha in
                      zip((10, 20, 70, 40, 50, 60, 30, 10), shas)))
    one, = repository.trends().of["exits"]
    lines = list(trend_text.plot(one, commits.History(repository.top)))
    rows = [line.split("|")[1] for line in lines if "|" in line]
    heights = {row.index("*", at) // 6: 7 - number for number, row in
               enumerate(rows) for at in range(len(row)) if row[at] == "*"}
    tap.equal([heights[n] for n in range(8)], [1, 2, 7, 4, 5, 6, 3, 1])
    tap.check(shas[0][:7] in lines[-1] and shas[7][:7] in lines[-1], lines[-1])


@case("marks of a scale are whole numbers within it, however large it is")
def marks(_):
    for low, high in ((5, 6), (0, 1), (7, 7), (0, 100), (999, 12345),
                      (1 << 61, (1 << 61) + 1),
                      (results.NUMBER_MAX - 300, results.NUMBER_MAX)):
        found = trend_plots.scale(low, high)
        tap.check(found == sorted(set(found)) and 0 < len(found) < 12 and
                  all(isinstance(mark, int) and low <= mark <= high
                      for mark in found), f"{low} to {high}: {found}")


@case("the page has every series and value, no script, and no markup of others")
def page(repository):
    shas = repository.row(3) + [repository.commit(NASTY)]
    repository.keep(*(result(sha, exits=1000 + 100 * n, size=7, how=NASTY)
                      for n, sha in enumerate(shas)),
                    result(shas[3], exits=1, args=NASTY))
    text = trend_html.render(repository.trends(), 1)
    tap.check("<script" not in text and "\x1b" not in text, "markup")
    tap.check("&lt;script&gt;alert(1)" in text, "the subject is not escaped")
    for said in ("1,300", "+10.0 %", shas[3][:7], "default-src 'none'",
                 "7 at all of 4 commits"):
        tap.check(said in text, f"no {said!r}")
    if "gnuplot" not in text:           # which is installed
        tap.equal(text.count("<svg"), 2, "charts, wide and narrow")
    tap.check(not re.search(r"(?:src|href)=\"(?!#)", text), "something is fetched")


tap.main()
