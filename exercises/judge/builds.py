"""Makes a guest of a submission.

A compiler reads whatever the source tells it to, so it works behind walls
(tools/jail): it sees the system, the judge's files and the contracts of vmm/, and
neither solutions nor other submissions.
"""

import functools
import os
import re
import shlex
import stat
import subprocess

import inside
import places
import say

TOP = places.TOP
JUDGE = os.path.join(TOP, "exercises", "judge")
JAIL = os.path.join(TOP, "tools", "jail")
TEMPORARY = re.compile(r"/tmp/cc\w{6}\.\w+")   # a compiler's, and by chance
FILE_MAX = 65536    # bytes that one file of a submission may have
TYPED_MAX = 8192    # the same where it is typed, a VM exit or two for each
CC = os.environ.get("EXERCISE_CC", "gcc")

C_FLAGS = ("-std=gnu11 -m64 -O1 -mno-red-zone -mgeneral-regs-only -ffreestanding "
           "-fno-builtin -fno-pic -no-pie -fno-stack-protector "
           "-fcf-protection=none -fno-asynchronous-unwind-tables "
           "-fno-strict-aliasing -Wall -Wextra -nostdlib -static "
           "-Wl,--build-id=none,-n,--no-warn-rwx-segments").split()
ASM_FLAGS = ("-ffreestanding -nostdlib -static -D__ASSEMBLY__ "
             "-Wl,--build-id=none,-n,--no-warn-rwx-segments").split()

SENTENCES = {
    "no file": ("{name} is to be handed in, and there is no such file: {why}. The "
                "folder has: {found}.",
                "{name}을(를) 제출해야 하는데 그런 파일이 없습니다({why}). 폴더에 있는 것: "
                "{found}."),
    "another kind": ("{name} is not a file.", "{name}은(는) 파일이 아닙니다."),
    "too large": ("{name} has more than {bytes} bytes.",
                  "{name}이(가) {bytes}바이트보다 큽니다."),
    "no text": ("{name} is no text: there is a byte 0 in it.",
                "{name}은(는) 글이 아닙니다. 바이트 0이 들어 있습니다."),
    "error": ("It does not build: {error}. Read: what the compiler says, from its "
              "first line on.",
              "빌드되지 않습니다: {error}. 읽어 볼 곳: 컴파일러의 메시지, 첫 줄부터."),
}


class Refused(Exception):
    """The submission cannot be built; a sentence of SENTENCES is for its author, and
    so is what a compiler has said."""

    def __init__(self, which, compiler="", **values):
        super().__init__(which)
        self.compiler = compiler
        self.sentence = say.fill(SENTENCES[which], values)


NAMES_SHOWN = 5


def names_in(folder):
    """What is there instead, for a sentence, as a pair."""
    names = sorted(map(printable, os.listdir(folder)))
    if not names:
        return "nothing", "없음"
    if len(names) > NAMES_SHOWN:
        names[NAMES_SHOWN:] = ["..."]
    text = ", ".join(name[:60] for name in names)
    return text, text


def take(folder, names, stage):
    """Copies the files that are handed in, and nothing else."""
    for name in names:
        path = os.path.join(folder, name)
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise Refused("no file", name=name, why=error.strerror,
                          found=names_in(folder)) from None
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Refused("another kind", name=name)
            content = file.read(FILE_MAX + 1)
        if len(content) > FILE_MAX:
            raise Refused("too large", name=name, bytes=FILE_MAX)
        with open(os.path.join(stage, name), "wb") as copy:
            copy.write(content)


@functools.lru_cache(None)
def has_walls():
    """Whether this machine can make them; a container may not."""
    return subprocess.run([JAIL, "--", "true"], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False).returncode == 0


def walled(stage, reads, own, script):
    """The command that builds in @stage behind walls. A student's own files are
    built without where this machine has no means to make them."""
    if own and not has_walls():
        return ["sh", "-ec", script]
    argv = [JAIL, "--out", stage, "--time", "60"]
    for path in reads:
        argv += ["--read", path]
    return argv + ["--", "sh", "-ec", script]


def printable(line):
    """What a stranger's file has a compiler say, harmless for a terminal."""
    return "".join(c if c.isprintable() else " " for c in line)


def first_error(text, stage):
    """The first line of a compiler's that says what is wrong."""
    text = TEMPORARY.sub("another file", text.replace(stage + "/", ""))
    lines = [line for line in map(printable, text.splitlines())
             if not line.startswith("collect2:")]
    for pattern in (r"\berror\b|Error:", r"undefined reference|multiple def", "."):
        for line in lines:
            if re.search(pattern, line):
                return re.sub(r"^\S*/ld: ", "", line.strip())[:300]
    return "the compiler said nothing"


def compile_in(exercise, stage, own, reads, commands):
    """Runs the commands; the first that fails is the author's matter."""
    script = "\n".join(shlex.join(command) for command in commands)
    done = subprocess.run(
        walled(stage, [JUDGE, exercise.folder, os.path.join(TOP, "vmm"), *reads],
               own, script),
        cwd=stage, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        env=dict(os.environ, LC_ALL="C.UTF-8"))
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode in (64, 70, 127):
        raise places.Broken("building does not work here: " + said[-500:].strip())
    if done.returncode:
        raise Refused("error", said.replace(stage + "/", ""),
                      error=first_error(said, stage))


def includes(exercise, stage):
    return ["-I", stage, "-I", exercise.folder, "-I", JUDGE,
            "-I", os.path.join(TOP, "vmm", "include"),
            "-I", os.path.join(TOP, "vmm")]


def build_c(exercise, stage, own):
    """C code with the judge's table and board."""
    image = os.path.join(stage, "guest.elf")
    brought = os.path.join(JUDGE, "board.c") if exercise.kind == "device" else \
        os.path.join(exercise.folder, "harness.c")
    compile_in(exercise, stage, own, [], [
        [CC, *C_FLAGS, *includes(exercise, stage),
         f"-Wl,-T,{JUDGE}/guest.ld", "-o", image, f"{JUDGE}/start.S",
         f"{JUDGE}/run.c", brought, os.path.join(stage, "judge_ops.c"),
         *(os.path.join(stage, name) for name in exercise.rules.FILES
           if name.endswith(".c"))]])
    return image


def build_real16(exercise, stage, own):
    """A guest in assembly for real mode: a flat binary at 0."""
    elf, image = (os.path.join(stage, name) for name in ("guest.elf", "guest.bin"))
    guests = os.path.join(TOP, "guests")
    compile_in(exercise, stage, own, [guests], [
        [CC, "-m16", *ASM_FLAGS, *includes(exercise, stage), "-I", guests,
         f"-Wl,-T,{guests}/real16.ld", "-Wl,-e,0", "-Wl,-melf_i386",
         "-o", elf, os.path.join(stage, exercise.rules.FILES[0])],
        ["objcopy", "-O", "binary", elf, image]])
    return image


OS_FLAGS = ("-std=gnu11 -m32 -Os -march=i686 -mno-80387 -mno-mmx -mno-sse "
            "-ffreestanding -fno-pic -fno-stack-protector -fno-strict-aliasing "
            "-fno-asynchronous-unwind-tables -ffunction-sections -Wall -Wextra "
            "-Wno-unused-parameter -nostdlib").split()
OS_LINK = ("-m32 -nostdlib -static -Wl,--build-id=none,--no-warn-rwx-segments,-z,"
           "noexecstack,-z,max-page-size=4096").split()
OS_LIBRARY = "start print format text number line input".split()


def os_objects(folder):
    """What `make os-1k` has compiled of one of its folders."""
    built = os.path.join(places.BUILD, "os-1k", folder)
    try:
        return [os.path.join(built, name) for name in sorted(os.listdir(built))
                if name.endswith(".o")]
    except OSError:
        raise places.Broken("1K OS is not built; `make os-1k` builds it") from None


def os_program(source, stage, flags):
    """The commands that make a program of 1K OS of one C file of the judge's."""
    base = os.path.join(stage, os.path.basename(source)[:-2])
    library = [path for path in os_objects("user")
               if os.path.basename(path)[:-2] in OS_LIBRARY]
    return [[CC, *OS_FLAGS, *flags, "-c", "-o", base + ".o", source],
            [CC, *OS_LINK, "-Wl,--gc-sections",
             f"-Wl,-T,{TOP}/os-1k/user/program.ld", "-o", base + ".elf", base + ".o",
             *library, *os_objects("lib")],
            ["objcopy", "-O", "binary", base + ".elf", base + ".flat"]]


def os_archive(exercise, programs, stage, flags):
    """The commands that make the archive of programs, and its object."""
    commands = []
    for source in sorted(set(programs.values())):
        commands += os_program(os.path.join(exercise.folder, source), stage, flags)
    commands.append(["mkdir", f"{stage}/bin"])
    for name, source in programs.items():
        commands.append(["cp", f"{stage}/{source[:-2]}.flat", f"{stage}/bin/{name}"])
    commands.append(["ar", "rcSD", f"{stage}/programs.a",
                     *(f"{stage}/bin/{name}" for name in programs)])
    commands.append([CC, "-m32", f'-DARCHIVE="{stage}/programs.a"', "-c", "-o",
                     f"{stage}/archive.o", f"{TOP}/os-1k/user/archive.S"])
    return commands


def build_os(exercise, stage, own, programs):
    """1K OS with a part of the student's, and programs of the judge's alone."""
    rules = exercise.rules
    flags = ["-I", stage, "-I", f"{TOP}/os-1k", "-I", f"{TOP}/vmm",
             *getattr(rules, "DEFINES", [])]
    replaced = rules.PART[:-2] + ".o"
    kernel = [path for path in os_objects("kernel") + os_objects("boot")
              if os.path.basename(path) != replaced]
    compile_in(exercise, stage, own,
               [os.path.join(TOP, "os-1k"), os.path.join(places.BUILD, "os-1k")],
               [[CC, *OS_FLAGS, *flags, "-c", "-o", f"{stage}/part.o",
                 f"{stage}/{rules.PART}"],
                *os_archive(exercise, programs, stage, flags),
                [CC, *OS_LINK, f"-Wl,-T,{TOP}/os-1k/boot/kernel.ld", "-o",
                 f"{stage}/os.elf", f"{stage}/archive.o", f"{stage}/part.o",
                 *kernel, *os_objects("lib")],
                ["objcopy", "-O", "binary", "-j", ".image", f"{stage}/os.elf",
                 f"{stage}/os.bin"]])
    return os.path.join(stage, "os.bin")


def typed(exercise, stage):
    """What is typed to a Linux that waits for a submission: a file."""
    files = {}
    for name in exercise.rules.FILES:
        with open(os.path.join(stage, name), "rb") as file:
            files[name] = file.read()
        if b"\0" in files[name]:
            raise Refused("no text", name=name)
        if len(files[name]) > TYPED_MAX:
            raise Refused("too large", name=name, bytes=TYPED_MAX)
    path = os.path.join(stage, "typed")
    with open(path, "wb") as file:
        file.write(inside.typed(files))
    return path


def build(exercise, stage, own, seed):
    """The image of a submission whose files are in @stage; for Linux, what is
    typed."""
    if exercise.kind == "linux":
        return typed(exercise, stage)
    if exercise.kind == "os":
        programs = exercise.rules.programs(exercise.random(seed))
        return build_os(exercise, stage, own, programs)
    if exercise.in_c:
        return build_c(exercise, stage, own)
    return build_real16(exercise, stage, own)
