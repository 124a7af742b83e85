"""Linux for exercises of the kind "linux": booted once, saved where it waits for a
submission, and restored for each, which is much quicker.

What an exercise gives lies in /judge there, the file `run` among it. begin() starts
Linux, which prints its /proc/iomem and /proc/interrupts before anything of a student's
is there: those are the facts that a judge compares with. Then it is saved. Where it
goes on it reads commands from its serial line: typed() makes them of a submission.
"""

import fcntl
import glob
import hashlib
import os
import shlex
import tempfile

import places

FOLDER = os.path.join(places.BUILD, "exercise-linux")
MEMORY = "128M"
LIMITS = "--max-exits 400000 --max-output 4096".split()
KEPT = 6            # of the saved ones, those that were used last
FACTS = ["iomem", "interrupts"]
CMDLINE = 'console=ttyS0 quiet run="sh /judge/begin"'
BIG = 1 << 32       # what a shell with 32 bits makes 0 of

# A guest that is booted to be saved waits then, too, and --eof ends it: so it need not
# know which of the two it is.
BEGIN = """\
stty raw -echo
for file in %s; do
	echo "=$file"
	cat "/proc/$file"
done
echo "=big"
echo $((%#x))
echo "=end"
export HANDED_IN=/tmp/handed-in
mkdir "$HANDED_IN"
vmctl save >/dev/null 2>&1 || :
. /dev/ttyS0
""" % (" ".join(FACTS), BIG)


def image(*patterns):
    """The newest file of the first pattern that there is."""
    for pattern in patterns:
        found = glob.glob(os.path.join(glob.escape(places.IMAGES), pattern))
        if found:
            return max(found, key=os.path.getmtime)
    raise places.Broken(f"{patterns[0]}: not built; this exercise runs in Linux, which "
                        "`make` builds in a configuration that has it, as of "
                        "`make tiny_defconfig`")


class Saved:
    """A Linux that waits for a submission."""

    def __init__(self, place, given):
        self.place, self.given = place, dict(given, begin=BEGIN)
        self.kernel = image("vmlinux", "bzImage")
        self.initrd = image("initramfs.cpio*")
        self.tool = os.path.join(places.BUILD, "host", "initcpio")
        self.base = os.path.join(FOLDER, self.key())
        self.snapshot, self.archive = self.base + ".snap", self.base + ".cpio"
        self.facts = None

    def key(self):
        """What it depends on, as a sum."""
        sha = hashlib.sha256()
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            cpu = [line for line in file
                   if line.startswith(("model name", "flags"))][:2]
        for part in (self.place, MEMORY, CMDLINE, *cpu, *sum(
                sorted(self.given.items()), ())):
            sha.update(part.encode() + b"\0")
        for path in (places.KVM_VMM, self.kernel, self.initrd, self.tool,
                     *([places.lab_kernel()] if self.place == "lab" else [])):
            with open(path, "rb") as file:
                sha.update(hashlib.sha256(file.read()).digest())
        return sha.hexdigest()[:32]

    def boot_argv(self, *words):
        """kvm-vmm, where nothing is saved yet."""
        return [places.KVM_VMM, *words, "--mem", MEMORY, "--cmdline", CMDLINE,
                "--initrd", self.archive, self.kernel]

    def restore_argv(self, typed_file, seconds):
        """kvm-vmm that judges what is in a file of commands."""
        return [places.KVM_VMM, "--judge", "--timeout", str(seconds), *LIMITS,
                "--eof", "wait", "--input", typed_file, "--restore",
                self.snapshot]

    def begin(self):
        """Sees that it is there, and fills in the facts."""
        os.makedirs(FOLDER, exist_ok=True)
        with open(os.path.join(FOLDER, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(self.base + ".facts"):
                self.save()
            os.utime(self.snapshot)
            self.keep()
        with open(self.base + ".facts", encoding="utf-8") as file:
            self.facts = facts_of(file.read())

    def save(self):
        with tempfile.TemporaryDirectory(dir=FOLDER) as work:
            self.pack(work)
            new = os.path.join(work, "snap")
            out = places.run_shell(
                self.place, shlex.join(self.boot_argv(
                    "--timeout", "120", "--eof", "poweroff", "--save", new)),
                work)
            facts = facts_of(out)
            if facts["big"].strip() != str(BIG) or not os.path.exists(new):
                raise places.Broken(
                    "Linux could not be saved for the exercise; its initramfs must "
                    "have vmctl and the larger BusyBox: " + out[-300:].strip())
            os.replace(new, self.snapshot)
            with open(os.path.join(work, "facts"), "w", encoding="utf-8") as file:
                file.write(out)
            os.replace(os.path.join(work, "facts"), self.base + ".facts")

    def pack(self, work):
        """The initramfs and what is given; Linux takes one archive after the other."""
        lines = ["dir /judge 0755 0 0"]
        for name, text in self.given.items():
            with open(os.path.join(work, name), "w", encoding="utf-8") as file:
                file.write(text)
            lines.append(f'file /judge/{name} "{work}/{name}" 0644 0 0')
        own, listed = os.path.join(work, "cpio"), os.path.join(work, "list")
        with open(listed, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        places.run_tool([self.tool, "create", "-o", own, listed])
        with open(own + ".new", "wb") as whole:
            for path in self.initrd, own:
                with open(path, "rb") as file:
                    data = file.read()
                whole.write(data + b"\0" * (-len(data) % 512))
        os.replace(own + ".new", self.archive)

    def keep(self):
        """Removes what was not used lately."""
        saved = sorted((name for name in os.listdir(FOLDER)
                        if name.endswith(".snap")), key=lambda name: -os.stat(
                            os.path.join(FOLDER, name)).st_mtime)
        for name in saved[KEPT:]:
            for end in ".facts", ".snap", ".cpio":
                try:
                    os.remove(os.path.join(FOLDER, name[:-5] + end))
                except FileNotFoundError:
                    pass


def facts_of(text):
    """{name: text} of what Linux has printed before it was saved."""
    facts, here = dict.fromkeys([*FACTS, "big", "end"], ""), None
    for line in text.split("\n"):
        if line[:1] == "=" and line[1:] in facts:
            here = line[1:]
        elif here:
            facts[here] += line + "\n"
    return facts


def typed(files):
    """The commands that take the files of a submission ({name: bytes}) and judge it.
    The word that ends a file is a sum of it, and so not in it."""
    text = b""
    for name, data in files.items():
        end = hashlib.sha256(data).hexdigest()
        text += (f'cat >"$HANDED_IN/{name}" <<\'{end}\'\n'.encode() + data +
                 (b"" if data.endswith(b"\n") else b"\n") + f"{end}\n".encode())
    return text + b". /judge/run; vmexit 0\n"
