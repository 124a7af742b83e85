#!/usr/bin/python3
"""The shape of the sources: lengths, layout, comments, forbidden words."""

import ast
import re
import shutil
import subprocess

import sources
from sources import tap

FILE_MAX = 500
FUNCTION_MAX = 60

# What must not stand in the code of a folder, and what to do instead.
FORBIDDEN = [
    ("vmm/", r"^\s*#\s*(if|ifdef|ifndef|elif)\b.*\bCONFIG_",
     "a feature is an object, not a condition"),
    ("vmm/", r"\bvolatile\b(?! sig_atomic_t)",
     "use a lock or an atomic; only a signal flag is volatile"),
    ("vmm/", r"\b(sleep|usleep|nanosleep)\(", "wait for an event instead"),
    ("vmm/", r"\bstrncat\(", "gcc 12 may lose what it copies: use memcpy()"),
    ("", r"\b(gets|strcpy|strcat|sprintf|vsprintf|atoi|alloca)\(",
     "use the form that checks the length or the value"),
]
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def c_files():
    return sources.files(".c", ".h")


def numbered(code):
    return enumerate(code.splitlines(), 1)


def c_functions(path):
    """(name, first line, length) of each function, K&R layout assumed.

    A body opens with a brace alone in column 0, which is what keeps tables
    of data out: theirs stands behind an equals sign.
    """
    code = sources.bare(sources.read(path)).splitlines()
    start = None
    for number, line in enumerate(code, 1):
        if line.rstrip() == "{":
            start = number - 1
            while start > 1 and not re.match(r"$|[}#]|.*[;/]\s*$",
                                             code[start - 2]):
                start -= 1
        elif line.startswith("}") and start:
            head = " ".join(code[start - 1:number])
            name = re.search(r"(\w+)\s*\(", head)
            yield name.group(1) if name else "?", start, number - start + 1
            start = None


def python_functions(path):
    for node in ast.walk(ast.parse(sources.read(path))):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


@tap.case(f"no file has more than {FILE_MAX} lines")
def file_length():
    paths = set(sources.files(".c", ".h", ".S", ".mk", ".py", ".sh",
                              "Makefile", "Kconfig"))
    paths.update(sources.scripts("sh", "bash", "python3"))
    sizes = [(p, len(sources.read(p).splitlines())) for p in sorted(paths)]
    tap.none_of(f"{p}:{n}: the file has {n} lines" for p, n in sizes
                if n > FILE_MAX)


@tap.case(f"no function has more than {FUNCTION_MAX} lines")
def function_length():
    found = [(p, f) for p in c_files() for f in c_functions(p)]
    tap.check(found, "found no C function: the measure is wrong")
    found += [(p, f) for p in sources.scripts("python3")
              for f in python_functions(p)]
    tap.none_of(f"{path}:{line}: {name}() has {length} lines"
                for path, (name, line, length) in found
                if length > FUNCTION_MAX)


@tap.case("every C file and script starts by saying what it is")
def top_comment():
    bad = []
    for path in sources.files(".c", ".h", ".S"):
        if not re.match(r"/\*\s+\*? ?\S+|/\* \S+", sources.read(path)):
            bad.append(f"{path}:1: no comment at the top")
    for path in sources.scripts("sh", "bash"):
        if not re.match(r"#!.*\n(#\s*\n)?# \S+", sources.read(path)):
            bad.append(f"{path}:2: no comment at the top")
    for path in sources.scripts("python3"):
        if not ast.get_docstring(ast.parse(sources.read(path))):
            bad.append(f"{path}:2: no docstring at the top")
    tap.none_of(bad)


@tap.case("nothing forbidden in C code")
def forbidden():
    bad = []
    for path in c_files():
        code = sources.bare(sources.read(path))
        for folder, pattern, instead in FORBIDDEN:
            if path.startswith(folder):
                bad += [f"{path}:{number}: {line.strip()}: {instead}"
                        for number, line in numbered(code)
                        if re.search(pattern, line)]
    tap.none_of(bad)


@tap.case("nothing is marked as unfinished")
def unfinished():
    tap.none_of(f"{path}:{number}: {line.strip()}"
                for path in sources.files()
                for number, line in sources.lines(path)
                if UNFINISHED.search(line))


@tap.case("C code is laid out as clang-format lays it out")
def layout():
    if not shutil.which("clang-format"):
        raise tap.Skip("clang-format is not installed")
    tap.check(sources.files("/.clang-format", ".clang-format"),
              ".clang-format: missing, so nothing decides the layout")
    done = subprocess.run(["clang-format", "--dry-run", *c_files()],
                          cwd=tap.TOP, capture_output=True, text=True,
                          check=False)
    tap.none_of(line for line in done.stderr.splitlines()
                if re.match(r"\S+:\d+:\d+: ", line))
    tap.equal(done.returncode, 0, "exit status of clang-format")


@tap.case("shell scripts are shellcheck clean and stop at errors")
def shell():
    if not shutil.which("shellcheck"):
        raise tap.Skip("shellcheck is not installed")
    paths = sorted(sources.scripts("sh", "bash", "dash"))
    tap.none_of(f"{path}:1: no `set -eu`" for path in paths
                if not re.search(r"^set -eu", sources.read(path), re.M)
                and not path.startswith("initramfs/"))
    if paths:
        done = subprocess.run(["shellcheck", "-x", "-f", "gcc", *paths],
                              cwd=tap.TOP, capture_output=True, text=True,
                              check=False)
        tap.none_of(done.stdout.splitlines())


@tap.case("a script that tidies up at its end does so after Ctrl-C, too")
def tidying():
    # dash forgets a trap of EXIT where a signal ends it.
    tap.none_of(f"{path}: has a trap of EXIT, which bash keeps"
                for path in sources.scripts("sh", "dash")
                if re.search(r"^\s*trap .* EXIT", sources.read(path), re.M))


def unquoted(words):
    """What a shell would split and expand in the words of a command."""
    return re.findall(r"\$\S*|`\S*|%s", re.sub(r"'[^']*'|\"[^\"]*\"", "", words))


@tap.case("what is removed with its folders stands in quotes")
def removal():
    bad = []
    for path in sources.files():
        for number, line in sources.lines(path):
            if path.endswith(".c") and '"rm -' in line:     # for system()
                line = line.split('"')[1]
            for words in re.findall(r"\brm (-\w*[rR]\w* [^;&|]*)", line):
                bad += [f"{path}:{number}: {word}" for word in unquoted(words)
                        if not path.endswith(".md")]
    tap.none_of(bad)


# With CDPATH exported, `cd lab` may go elsewhere, and prints where it went.
@tap.case("a script that changes its directory unsets CDPATH first")
def cdpath():
    bad = []
    for path in [*sources.scripts("sh", "bash", "dash"), *sources.files(".sh")]:
        text = sources.read(path)
        found = re.search(r"(?:^|[(;&]|\bthen)\s*cd\s", text, re.M)
        if found and not path.startswith("initramfs/") and \
                "\nunset CDPATH\n" not in text[:found.start() + 1]:
            bad.append(f"{path}: cd without `unset CDPATH` before it")
    tap.none_of(bad)


tap.main()
