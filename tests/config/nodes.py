"""Machines for tools/spread: each an sshd on loopback, with processes, /run and a home
of its own (bubblewrap), keys and ports of the test's own, and the files of all.

Nothing of the user's ~/.ssh is read, nothing is left: a machine ends with whoever
has started it, and all of its processes with it.
"""

import functools
import os
import pwd
import shutil
import socket
import subprocess
import time

import stock
import vm
from stock import tap

SSHD = "usr/sbin/sshd"
LINES = ("AuthorizedKeysFile {folder}/user.pub", "HostKey {folder}/host",
         "PidFile none", "UsePAM no", "StrictModes no", "MaxStartups 100",
         "PasswordAuthentication no", "ListenAddress 127.0.0.1")


@functools.lru_cache(None)
def sshd():
    """Its path. The package is unpacked and not installed, which would have every
    machine on which tests run listen at port 22."""
    return shutil.which("/" + SSHD) or stock.one(
        stock.package("openssh-server", "amd64", "./" + SSHD), SSHD)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def answers(port):
    """Whether an sshd does."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            return one.recv(4) == b"SSH-"
    except OSError:
        return False


class Nodes:
    """Some machines and an ssh that knows them by name."""

    def __init__(self, folder):
        self.folder = folder
        self.running = {}
        self.ports = {}
        for name in "host", "user":
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                            os.path.join(folder, name)], check=True)
        me = pwd.getpwuid(os.getuid())
        self.passwd = write(
            os.path.join(folder, "passwd"),
            f"{me.pw_name}:x:{me.pw_uid}:{me.pw_gid}::/run:/bin/bash\n"
            "sshd:x:65533:65534::/run/sshd:/bin/false\n")
        self.shadow = write(os.path.join(folder, "shadow"),
                            f"{me.pw_name}:*:19000::::::\n")
        self.lines = write(os.path.join(folder, "sshd_config"), "\n".join(
            LINES).format(folder=folder) + "\n")
        self.config = write(
            os.path.join(folder, "config"),
            f"IdentityFile {folder}/user\nIdentitiesOnly yes\n"
            f"UserKnownHostsFile {folder}/known\nStrictHostKeyChecking no\n"
            f"LogLevel ERROR\nHostName 127.0.0.1\nUser {me.pw_name}\n")
        # A loaded machine may be slow; who is silent need not be waited for.
        script = write(os.path.join(folder, "ssh"), f"""\
case " $* " in
*" silent "*) set -- -o ConnectTimeout=1 "$@" ;;
*) set -- -o ConnectTimeout=100 "$@" ;;
esac
exec ssh -F {self.config} "$@"
""")
        self.ssh = f"sh {script}"

    def name(self, name, port):
        """What the name of a machine stands for."""
        with open(self.config, "a", encoding="utf-8") as file:
            file.write(f"Host {name}\n    Port {port}\n")

    def walls(self, name, hidden):
        """Words that have it see all files but those; its name is in /run/me."""
        shadow = ["--ro-bind", self.shadow, "/etc/shadow"] \
            if os.path.exists("/etc/shadow") else []
        root = ["--cap-add", "ALL"] if os.getuid() == 0 else []
        me = write(os.path.join(self.folder, f"me-{name}"), name)
        return ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev",
                "--proc", "/proc", "--tmpfs", "/run", "--dir", "/run/sshd",
                "--ro-bind", me, "/run/me", "--ro-bind", self.passwd,
                "/etc/passwd", *shadow, *root, "--unshare-pid",
                "--die-with-parent", "--clearenv", "--setenv", "PATH",
                os.defpath, *(w for path in hidden for w in ("--tmpfs", path))]

    def start(self, name, hidden=()):
        if name not in self.ports:
            self.ports[name] = vm.free_port()
            self.name(name, self.ports[name])
        port = self.ports[name]
        log = os.path.join(self.folder, f"log-{name}")
        with open(log, "wb") as file:
            self.running[name] = subprocess.Popen(
                [*self.walls(name, hidden), "--", sshd(), "-D", "-e", "-p",
                 str(port), "-f", self.lines], stdin=subprocess.DEVNULL,
                stdout=file, stderr=file)
        for _ in range(600):
            if answers(port):
                return
            if self.running[name].poll() is not None:
                break
            time.sleep(0.05)
        with open(log, encoding="utf-8") as file:
            raise tap.Skip(f"no sshd here: {file.read().strip()[-200:]!r}")

    def stop(self, name):
        """At once, as if it had lost its power."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def close(self):
        for name in list(self.running):
            self.stop(name)
