"""The place: where the image boots, and with which words for kvm-vmm.

tools/run decides, as for `make run`; here its decision is read.
"""

import os
import re
import subprocess

from .errors import Failure, Refusal

# What the lab has for itself has to be shared by name.
OWN_OF_LAB = ("/tmp/", "/run/", "/dev/shm/")
LAB_OWN_MIB = 512
# Options whose value begins with a file or folder.
PATHS = ("--disk", "--share", "--root", "--ide", "--cdrom", "--firmware",
         "--initrd")
CLOCKS = {
    "host": "wall clock of this machine: varies from run to run",
    "lab": "instructions counted in the lab, 2 ns each: repeats, is not "
           "KVM's speed",
}


class Plan:
    """What tools/run would do."""

    def __init__(self, lines):
        fields = dict(line.split(" ", 1) for line in lines
                      if not line.startswith("arg "))
        self.place = fields["place"]    # "host" or "lab"
        self.why = fields["why"]
        self.image = fields["image"]
        self.need = fields["need"]      # "linux", "real16", ...
        self.initrd = fields["initrd"]
        self.mem = fields["mem"]        # of the lab
        self.words = [line[4:] for line in lines if line.startswith("arg ")]

    @property
    def clock(self):
        return CLOCKS[self.place]

    def has(self, option):
        """Whether kvm-vmm gets this option."""
        return any(word.split("=")[0] == option for word in self.words)

    def transport(self, variant, variants):
        """Words by which what VIRTIO_PCI is compared with, is PCI: kernels that
        are built here would have their devices over MMIO."""
        wanted = any(one.name == "VIRTIO_PCI" for one in variants) and \
            variant.name != "VIRTIO_PCI" and not self.has("--virtio")
        return ["--virtio", "pci"] if wanted else []

    def absolute_words(self):
        """The words, for a session that has a directory of its own: of disks
        and directories, from the top on."""
        words, before = [], ""
        for word in self.words:
            option, equals, value = word.partition("=")
            if before in PATHS:
                word = word if word in self.files() else absolute(word)
            elif equals and option in PATHS:
                word = f"{option}={absolute(value)}"
            before = word
            words.append(word)
        return words

    def paths(self):
        """What the words name by options for files and directories."""
        before = ""
        for word in self.words:
            option, equals, value = word.partition("=")
            if before in PATHS:
                yield word.partition(",")[0]
            elif equals and option in PATHS:
                yield value.partition(",")[0]
            before = word

    def files(self):
        """What the guest is made of."""
        return [self.image, *([self.initrd] if self.initrd else [])]


def absolute(value):
    """FILE,OPTIONS as it is meant here; what is no file stays."""
    name, comma, options = value.partition(",")
    return (os.path.abspath(name) if os.path.exists(name) else name) + \
        comma + options


def plan(top):
    """Asks tools/run, which takes IMG, RUN and ARGS from the environment."""
    done = subprocess.run([os.path.join(top, "tools", "run"), "--plan"],
                          cwd=top, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, text=True)
    if done.returncode:     # it has said why
        raise Refusal() if done.returncode == Refusal.status else Failure()
    return Plan(done.stdout.splitlines())


def lab_mem(plan_mem, sizes):
    """Memory for a lab that also holds guests of these --mem sizes."""
    most = int(plan_mem.rstrip("M"))
    for size in sizes:
        found = re.fullmatch(r"(\d{1,9})([KMG])", size.upper())
        if found:
            scale = {"K": 1 / 1024, "M": 1, "G": 1024}[found.group(2)]
            most = max(most, int(int(found.group(1)) * scale) + LAB_OWN_MIB)
    return f"{most}M"


def shares(paths):
    """Directories of files that the lab would not see by itself."""
    folders = {os.path.dirname(os.path.realpath(path)) for path in paths}
    return sorted(f for f in folders
                  if (f + "/").startswith(OWN_OF_LAB) and os.path.isdir(f))
