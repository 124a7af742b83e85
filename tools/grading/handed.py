"""What was handed in: FOLDER/STUDENT/EXERCISE/files, copied to where it is judged.

Names and files are a stranger's. Only folders and plain files are taken, within
limits; whatever else is there has a submission refused, by name and with a reason,
and the others go on.
"""

import hashlib
import os
import re
import shutil
import stat
import tempfile

FILES_MAX = 200
BYTES_MAX = 4 << 20     # of all files of a submission
DEPTH_MAX = 8
NAME_MAX = 100
# What programs leave in folders by themselves: no submission, and no fault.
LEFT = re.compile(r"\._.*|\.DS_Store|__MACOSX|Thumbs\.db|desktop\.ini|\.git")
EXERCISE = re.compile(r"([0-9]{1,3})-[a-z0-9][a-z0-9-]*")


NO_EXERCISE = "there is no such exercise; folders are called as in exercises/, such " \
    "as 01-port"
NO_FOLDER = "a student's folder has a folder for each exercise, such as " \
    "01-port/port.c; archives are not unpacked"


class Refused(Exception):
    """Cannot be judged; the text is the reason."""


class Submission:
    """One student's files for one exercise."""

    def __init__(self, student, exercise):
        self.student = student
        self.exercise = exercise    # "": none that there is
        self.refused = ""
        self.key = ""       # names its result; the same files have the same


def shown(name):
    """A name that can be printed: what is no text is written as a number."""
    return name if is_text(name) else ascii(name)[1:-1]


def is_text(name):
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:      # not UTF-8 on the disk
        return False
    return name.isprintable()


def check_name(name):
    if not is_text(name):
        raise Refused("its name is not printable UTF-8")
    if len(name) > NAME_MAX:
        raise Refused(f"its name has more than {NAME_MAX} characters")


def kind_of(mode):
    for is_kind, text in ((stat.S_ISLNK, "a symbolic link"),
                          (stat.S_ISFIFO, "a fifo"),
                          (stat.S_ISSOCK, "a socket"),
                          (stat.S_ISDIR, "a folder")):
        if is_kind(mode):
            return text
    return "a plain file" if stat.S_ISREG(mode) else "a device"


def entries(folder):
    """[(name, path, kind)] of what is in it, in order."""
    found = []
    try:
        for name in sorted(os.listdir(folder), key=os.fsencode):
            path = os.path.join(folder, name)
            found.append((name, path, kind_of(os.lstat(path).st_mode)))
    except OSError as error:    # a folder may show names, and no more
        raise Refused(error.strerror) from error
    return [entry for entry in found if not LEFT.fullmatch(entry[0])]


def read_file(path, name, room):
    """Its bytes, unless it is larger, or no plain file any more."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK |
                 os.O_CLOEXEC)
    with open(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Refused(f"{shown(name)}: not a plain file")
        data = file.read(room + 1)
    if len(data) > room:
        raise Refused(f"more than {BYTES_MAX >> 20} MiB in all")
    return data


def read_tree(folder, prefix="", depth=0):
    """[(name below the folder, bytes)] of a submission."""
    files, total = [], 0
    for name, path, kind in entries(folder):
        below = prefix + name
        check_name(name)
        if kind == "a folder":
            if depth == DEPTH_MAX:
                raise Refused(f"more than {DEPTH_MAX} folders deep")
            files += read_tree(path, below + "/", depth + 1)
        elif kind == "a plain file":
            files.append((below, read_file(path, below, BYTES_MAX)))
        else:
            raise Refused(f"{below}: {kind}; plain files are handed in")
        total = sum(len(data) for _, data in files)
        if total > BYTES_MAX:
            raise Refused(f"more than {BYTES_MAX >> 20} MiB in all")
        if len(files) > FILES_MAX:
            raise Refused(f"more than {FILES_MAX} files")
    return files


def key_of(judge, exercise, files):
    """The same for the same files, exercise and judge, and for nothing else."""
    sha = hashlib.sha256()
    for part in (judge, exercise, *(part for file in files for part in file)):
        data = part if isinstance(part, bytes) else part.encode()
        sha.update(b"%d:" % len(data))
        sha.update(data)
    return sha.hexdigest()[:32]


def copy_to(place, files):
    """Makes the folder `place` of them, at once."""
    if os.path.isdir(place):
        return
    os.makedirs(os.path.dirname(place), exist_ok=True)
    work = tempfile.mkdtemp(dir=os.path.dirname(place))
    try:
        os.chmod(work, 0o755)
        for name, data in files:
            path = os.path.join(work, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        os.rename(work, place)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def take(submission, folder, kind, judge_of, place):
    """Reads one, and copies it below `place`; or refuses it."""
    try:
        check_name(submission.student)
        judge = judge_of(submission.exercise)
        if not judge:
            name, submission.exercise = submission.exercise, ""
            raise Refused(f"{shown(name)[:NAME_MAX]}: " +
                          (NO_EXERCISE if kind == "a folder" else
                           f"{kind}; {NO_FOLDER}"))
        if kind != "a folder":
            raise Refused(f"{kind}; {NO_FOLDER}")
        files = read_tree(folder)
        if not files:
            raise Refused("there is no file in it")
        submission.key = key_of(judge, submission.exercise, files)
        copy_to(os.path.join(place, submission.key), files)
    except Refused as refused:
        submission.refused = str(refused)
    except OSError as error:
        submission.refused = error.strerror or str(error)
    return submission


def collect(folder, judge_of, place):
    """All submissions below the folder.

    judge_of(exercise) is what the exercise and its judge are, as a sum, or None.
    """
    found = []
    for student, path, kind in entries(folder):
        if kind != "a folder":
            lost = Submission(student, "")
            lost.refused = f"{kind}, and no student's folder; archives are not " \
                "unpacked"
            found.append(lost)
            continue
        try:
            inside = entries(path)
        except Refused as refused:
            lost = Submission(student, "")
            lost.refused = str(refused)
            found.append(lost)
            continue
        for exercise, below, what in inside:
            found.append(take(Submission(student, exercise), below, what,
                              judge_of, place))
    return found
