"""A Slurm cluster of this machine: slurmctld, and a slurmd for each node, all real.

Each node has a network, a name, processes and mounts of its own, and a wire to the
machine of slurmctld; they share the files. All of it lives in the namespaces that
enter() makes for the program that calls it, and so ends with it however that ends.
Nothing is written outside the folder; a munge that this host may have is not used.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import time

import tap

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged", "mungekey", "ip", "unshare")
UNSHARE = ["unshare", "--net", "--uts", "--ipc", "--mount", "--pid", "--fork",
           "--kill-child", "--mount-proc"]
CONTROLLER = "10.77.0.100"
CONF = """\
ClusterName=mkvm
SlurmctldHost=ctl({controller})
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/ctl.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
{more}
"""
# The node waits for its end of the wire, which comes from outside.
NODE = """\
hostname {name} && ip link set lo up
until ip link show eth-{name} >/dev/null 2>&1; do sleep 0.02; done
ip addr add {address}/32 dev eth-{name} && ip link set eth-{name} up
ip route add {controller}/32 dev eth-{name}
[ -z '{hidden}' ] || mount -t tmpfs none '{hidden}'
exec {pin} slurmd -D
"""


def why_not():
    """Why there can be no cluster here; "" if there can."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing:
        return f"{', '.join(missing)} missing (tools/deps test)"
    if os.geteuid():
        return "needs root, for slurmd"
    probe = "ip link add v0 type veth peer name v1 && ip link set lo up"
    done = subprocess.run(UNSHARE + ["sh", "-c", probe], capture_output=True,
                          text=True, errors="replace", check=False)
    return "" if not done.returncode else \
        f"no namespaces with a network: {done.stderr.strip()[-100:]}"


def enter():
    """Begins the program again, in namespaces of its own; why not, if it cannot."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return ""
    reason = why_not()
    if not reason:
        os.execvp("unshare", UNSHARE + [sys.executable, *sys.argv])
    return reason


def until(true, what, seconds=60):
    """Waits for a condition to come true."""
    end = time.monotonic() + seconds
    while not true():
        tap.check(time.monotonic() < end, f"does not come: {what}")
        time.sleep(0.02)


def run(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


class Node:
    """A machine with slurmd: on until off()."""

    def __init__(self, cluster, number, hidden="", pin=""):
        self.name = f"n{number}"
        self.folder = cluster.folder
        address = f"10.77.0.{number}"
        os.makedirs(os.path.join(cluster.folder, self.name), exist_ok=True)
        script = NODE.format(name=self.name, address=address, controller=CONTROLLER,
                             hidden=hidden, pin=pin)
        with open(os.path.join(cluster.folder, f"{self.name}.log"), "ab") as log:
            self.process = subprocess.Popen(
                UNSHARE + ["sh", "-euc", script], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        here = os.readlink("/proc/self/ns/net")
        until(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != here,
              "a network")
        run("ip", "link", "add", f"to-{self.name}", "type", "veth", "peer", "name",
            f"eth-{self.name}", "netns", str(self.process.pid))
        run("ip", "link", "set", f"to-{self.name}", "up")
        run("ip", "route", "add", f"{address}/32", "dev", f"to-{self.name}")

    def off(self):
        """As if somebody had pulled the plug."""
        self.process.kill()
        self.process.wait()


class Cluster:
    """slurmctld and its nodes; the environment has SLURM_CONF from then on.

    `nodes` are lines of slurm.conf without NodeName and NodeAddr, `partitions` those
    without PartitionName; `hidden` is {number of a node: a folder it does not see},
    `pin` {number of a node: words before slurmd}.
    """

    def __init__(self, folder, nodes, partitions, more="", hidden=None, pin=None):
        self.folder = folder
        os.chmod(folder, 0o755)
        for path in ("/usr/sbin", "/sbin"):
            os.environ["PATH"] += ":" + path
        self.hidden, self.pin = hidden or {}, pin or {}
        run("hostname", "ctl")
        run("ip", "link", "set", "lo", "up")
        run("ip", "addr", "add", f"{CONTROLLER}/32", "dev", "lo")
        os.environ["SLURM_CONF"] = self.configure(nodes, partitions, more)
        self.daemons, self.nodes = [], {}
        atexit.register(self.stop)
        self.daemons = [self.munge(), self.daemon("slurmctld", "-D", "-c")]
        self.nodes = {number: self.node(number)
                      for number in range(1, len(nodes) + 1)}
        self.ready(len(nodes))

    def configure(self, nodes, partitions, more):
        """The path of slurm.conf."""
        os.mkdir(os.path.join(self.folder, "state"))
        lines = CONF.format(folder=self.folder, controller=CONTROLLER, more=more)
        for number, words in enumerate(nodes, 1):
            lines += f"NodeName=n{number} NodeAddr=10.77.0.{number} {words}\n"
        for words in partitions:
            lines += f"PartitionName={words}\n"
        path = os.path.join(self.folder, "slurm.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(lines)
        return path

    def daemon(self, *argv):
        log = os.path.join(self.folder, f"{argv[0]}.log")
        with open(log, "wb") as file:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file,
                                    stderr=file)

    def munge(self):
        folder = os.path.join(self.folder, "munge")
        os.mkdir(folder, 0o755)
        run("mungekey", "-c", "-k", f"{folder}/key")
        return self.daemon("munged", "-F", "-f", "-S", f"{folder}/socket",
                           f"--key-file={folder}/key", f"--pid-file={folder}/pid",
                           f"--log-file={folder}/log", f"--seed-file={folder}/seed")

    def node(self, number):
        return Node(self, number, self.hidden.get(number, ""),
                    self.pin.get(number, ""))

    def ready(self, nodes):
        """Waits for so many nodes to be idle."""
        def idle():
            done = subprocess.run(["sinfo", "-h", "-N", "-o", "%N %T"],
                                  capture_output=True, text=True, check=False)
            return len({line.split()[0] for line in done.stdout.splitlines()
                        if line.endswith(" idle")}) == nodes
        until(idle, f"{nodes} nodes that are idle")

    def lose(self, number):
        """A node is off, and slurmctld, which finds that out when SlurmdTimeout is
        over, knows it at once. A short one would lose nodes that are merely slow."""
        node = self.nodes[number]
        node.off()
        run("scontrol", "update", f"NodeName={node.name}", "State=DOWN",
            "Reason=lost")

    def stop(self):
        """Before the folder goes; they would end with us in any case."""
        for node in self.nodes.values():
            node.off()
        for daemon in self.daemons:
            daemon.kill()
            daemon.wait()
        self.nodes, self.daemons = {}, []

    def queue(self):
        """What squeue shows."""
        return subprocess.run(["squeue", "-h"], capture_output=True, text=True,
                              check=True).stdout
