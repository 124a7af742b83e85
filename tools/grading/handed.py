"""What was handed in: FOLDER/STUDENT/EXERCISE/files, copied to where it is judged.

Names and files are a stranger's. Only folders and plain files are taken, within
limits; whatever else is there has a submission refused, by name and with a reason,
and the others go on.
"""

import contextlib
import errno
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
# A copy that fails by these does so for its names; by others, for the disk.
BY_NAME = errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL
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


@contextlib.contextmanager
def opened(name, within=None):
    """A folder, open: by its number all that is in it is reached, so that it may be
    renamed, or a link be put in its place, while it is read. Refused."""
    follow = os.O_NOFOLLOW if within is not None else 0     # the class is a teacher's
    try:
        fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follow,
                     dir_fd=within)
    except OSError as error:
        raise Refused(error.strerror) from error
    try:
        yield fd
    finally:
        os.close(fd)


def entries(folder):
    """[(name, kind)] of what is in an open one, in order."""
    found = []
    try:
        for name in sorted(os.listdir(folder), key=os.fsencode):
            if not LEFT.fullmatch(name):
                mode = os.lstat(name, dir_fd=folder).st_mode
                found.append((name, kind_of(mode)))
    except OSError as error:    # a folder may show names, and no more
        raise Refused(error.strerror) from error
    return found


def read_file(folder, name, below, room):
    """Its bytes, unless it is larger, or no plain file any more."""
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK |
                     os.O_CLOEXEC, dir_fd=folder)
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Refused(f"{below}: not a plain file")
            data = file.read(room + 1)
    except OSError as error:
        raise Refused(f"{below}: {error.strerror}") from error
    if len(data) > room:
        raise Refused(f"more than {BYTES_MAX >> 20} MiB in all")
    return data


def read_tree(folder, prefix="", depth=0):
    """[(name below the folder, bytes)] of a submission, an open folder."""
    files, total = [], 0
    for name, kind in entries(folder):
        below = prefix + name
        check_name(name)
        if kind == "a folder":
            if depth == DEPTH_MAX:
                raise Refused(f"more than {DEPTH_MAX} folders deep")
            with opened(name, folder) as inner:
                files += read_tree(inner, below + "/", depth + 1)
        elif kind == "a plain file":
            files.append((below, read_file(folder, name, below, BYTES_MAX)))
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


def take(submission, student, kind, judge_of, place):
    """Reads one of an open folder, and copies it below `place`; or refuses it.
    OSError: nothing can be copied there."""
    name = submission.exercise
    try:
        check_name(submission.student)
        judge = judge_of(submission.exercise)
        if not judge:
            submission.exercise = ""
            raise Refused(f"{shown(name)[:NAME_MAX]}: " +
                          (NO_EXERCISE if kind == "a folder" else
                           f"{kind}; {NO_FOLDER}"))
        if kind != "a folder":
            raise Refused(f"{kind}; {NO_FOLDER}")
        with opened(name, student) as folder:
            files = read_tree(folder)
        if not files:
            raise Refused("there is no file in it")
        submission.key = key_of(judge, submission.exercise, files)
        copy_to(os.path.join(place, submission.key), files)
    except Refused as refused:
        submission.refused = str(refused)
    except OSError as error:
        if error.errno not in BY_NAME:
            raise
        submission.refused = error.strerror
    return submission


def collect_of(student, folder, judge_of, place):
    """Those of one student, whose folder is in the open one."""
    try:
        with opened(student, folder) as own:
            return [take(Submission(student, exercise), own, kind, judge_of, place)
                    for exercise, kind in entries(own)]
    except Refused as refused:
        lost = Submission(student, "")
        lost.refused = str(refused)
        return [lost]


def collect(folder, judge_of, place):
    """All submissions below the folder; OSError: they cannot be copied.

    judge_of(exercise) is what the exercise and its judge are, as a sum, or None.
    """
    found = []
    with opened(folder) as everybody:
        for student, kind in entries(everybody):
            if kind == "a folder":
                found += collect_of(student, everybody, judge_of, place)
                continue
            lost = Submission(student, "")
            lost.refused = f"{kind}, and no student's folder; archives are not " \
                "unpacked"
            found.append(lost)
    return found
