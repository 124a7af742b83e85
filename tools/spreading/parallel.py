"""SPREAD=parallel[:hosts]: GNU parallel, over ssh where hosts are given.

Hosts are as parallel's -S has them: [N/][user@]host[:port], with commas between them;
":" is this machine. N jobs run at once there, which is -j or as many as it has CPUs.
PARALLEL_SSH is the ssh to use, with its options.

Each host is asked first, whether it answers and whether it sees our files. One that
does not answer is named and left out; one that has other files ends it all, since that
is wrong for each job. Parallel then runs job numbers (jobs.Place), in rounds: a job
that has not come to its end, with a host that does not answer any more, has not been
tried, and goes to another host in the next round. One that has failed is tried again
somewhere else: a host may be sick, and fail at whatever it is given.
"""

import collections
import ctypes
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent import futures

from . import jobs as lists

USAGE = ("parallel[:HOSTS]", "GNU parallel, here or over ssh: parallel:one,4/me@two,:")
# No word of a host may mean something to a shell: parallel has one read it.
HOST = re.compile(r"(?:([1-9][0-9]{0,3})/)?"
                  r"(:|(?:([A-Za-z0-9_][A-Za-z0-9._-]*)@)?"
                  r"([A-Za-z0-9_][A-Za-z0-9._-]*)(?::([0-9]{1,5}))?)")
# Nobody is there to type; a host that is gone is missed after 45 s.
SSH_OPTIONS = [word for option in (
    "BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=15",
    "ServerAliveCountMax=3") for word in ("-o", option)]
ASK_SECONDS = 60        # a host that takes longer to answer does not
ASKED_AT_ONCE = 16
NOT_SEEN, SSH_FAILED = 69, 255
POLL = 0.1
NEEDS_PERL = ("command -v perl >/dev/null || "
              "{ echo no perl, which GNU parallel needs there >&2; exit 69; }")
SIGHT_SECONDS = 60      # in which a result comes into sight here (NFS)
LOST_MAX = 3            # as often a job may be lost with its host
# A job that is stopped has five seconds to end. Parallel looks only between two of
# these whether it has, so that most are signals that do nothing.
ENDING = "TERM,200,CONT,200,CONT,400,CONT,1000,CONT,3000,KILL,25"
GRACE = 20              # seconds for parallel to end all that
INSTALL = "`tools/deps parallel` installs it"
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1    # <linux/prctl.h>


def end_with_us():
    """In a child: it has SIGTERM when we are gone, by SIGKILL as well."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Host:
    """One of the machines."""

    def __init__(self, text, workers):
        match = HOST.fullmatch(text)
        if not match:
            raise ValueError(
                f"{ascii(text)} is no host; it is [N/][user@]host[:port] or "
                "':', and what else ssh needs goes to ~/.ssh/config")
        count, self.name, self.user, self.host, self.port = match.groups()
        self.shown = "this machine" if self.name == ":" else self.name
        self.workers = workers or int(count or 0)
        self.lost = False

    def ssh(self, words):
        """Words that run a line for a shell there, or here."""
        if self.name == ":":
            return ["sh", "-c"]
        return [*words, *(["-p", self.port] if self.port else []),
                *(["-l", self.user] if self.user else []), self.host, "--"]

    def sshlogin(self, group):
        return f"@{group}/{self.workers}/{self.name}"


def last_line(text):
    lines = text.decode(errors="replace").split("\n")
    return next((ascii(line.strip())[1:-1] for line in reversed(lines)
                 if line.strip()), "no answer")


class Log:
    """What parallel writes of jobs that have ended, as it comes."""

    def __init__(self, path):
        self.path = path
        self.read = 0

    def ended(self):
        """[(place in what it was given, host, status)], of whole new lines."""
        try:
            with open(self.path, "rb") as file:
                file.seek(self.read)
                text = file.read()
        except FileNotFoundError:
            return []
        text = text[:text.rfind(b"\n") + 1]
        self.read += len(text)
        found = []
        for line in text.decode(errors="replace").split("\n"):
            cells = line.split("\t")
            if cells[0].isdigit() and len(cells) > 7:
                status = int(cells[6])
                found.append((int(cells[0]) - 1, cells[1],
                              status or 128 + int(cells[7])
                              if int(cells[7]) else status))
        return found


class Engine:
    """As the package says."""

    def __init__(self, words, workers, place):
        texts = words.split(",") if words else [":"]
        self.hosts = {host.name: host for host in
                      (Host(text, workers) for text in texts)}
        self.place = place
        self.process = None
        self.asking = set()
        self.failed_at = {}     # job's number: host's name
        self.patience = SIGHT_SECONDS
        self.lost = collections.Counter()
        self.rounds = 0
        self.ssh = [*shlex.split(os.environ.get("PARALLEL_SSH") or "ssh"),
                    *SSH_OPTIONS]
        self.need_programs()
        self.runner = place.runner(place.jobs)
        self.first_look()

    def need_programs(self):
        """GNU's, since there is another parallel; and an ssh for other hosts."""
        version = b""
        if shutil.which("parallel"):
            version = subprocess.run(
                ["parallel", "--version"], stdin=subprocess.DEVNULL,
                capture_output=True, env=self.environment(), check=False).stdout
        if not version.startswith(b"GNU parallel"):
            raise lists.Unable("GNU parallel is not here; " + INSTALL)
        if set(self.hosts) != {":"} and not shutil.which(self.ssh[0]):
            raise lists.Unable(f"{ascii(self.ssh[0])} is not here; " + INSTALL)

    def environment(self):
        """Parallel keeps its notes in our folder, and reads no profile."""
        return dict(os.environ, PARALLEL_HOME=self.place.path("parallel"),
                    PARALLEL_SHELL="/bin/sh", SHELL="/bin/sh")

    # --- Hosts ---

    def ask(self, host, what):
        """(status, its output, what went wrong) of on-machine there."""
        line = f"{NEEDS_PERL}; {self.runner} {what}"
        with tempfile.TemporaryFile() as output, \
                tempfile.TemporaryFile() as errors:
            # No pipes: a master of ssh's ControlPersist would keep one open.
            process = subprocess.Popen(
                [*host.ssh(self.ssh), f"sh -c {shlex.quote(line)}"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                start_new_session=True)
            self.asking.add(process)
            try:
                status = process.wait(ASK_SECONDS)
            except subprocess.TimeoutExpired:
                return SSH_FAILED, b"", f"no answer in {ASK_SECONDS} s"
            finally:
                process.kill()
                process.wait()
                self.asking.discard(process)
            output.seek(0)
            errors.seek(0)
            return status, output.read(), last_line(errors.read())

    def ask_all(self, hosts, what):
        """ask() of each, at once; Ctrl-C ends it."""
        with futures.ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
            try:
                return list(pool.map(lambda host: self.ask(host, what), hosts))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for process in list(self.asking):
                    process.kill()
                raise

    def tell(self, host, answer):
        """Notes whether it can run jobs, and says so once when it cannot; whether
        it is there and has other files."""
        status, output, why = answer
        lost = status != 0 or not output.strip().isdigit()
        if lost and not host.lost:
            print(f"mini-kvm: spread: {host.shown}: {why}; its jobs go to others",
                  file=sys.stderr)
        host.lost = lost
        if not lost:
            host.workers = host.workers or int(output)
        return lost and status != SSH_FAILED

    def look(self):
        """The hosts that can run jobs now; who has not been asked just now is."""
        hosts = list(self.hosts.values())
        if self.rounds:
            for host, answer in zip(hosts, self.ask_all(hosts, "look")):
                self.tell(host, answer)
        return [host for host in hosts if not host.lost]

    def first_look(self):
        """The same, before any job: what is wrong with a host that answers is wrong
        for all of its jobs."""
        hosts = list(self.hosts.values())
        self.place.mark()
        try:
            answers = self.ask_all(hosts, "look")
        finally:
            self.place.unmark()
        odd = [host for host, answer in zip(hosts, answers)
               if self.tell(host, answer)]
        if odd:
            raise lists.Unable(
                f"{', '.join(host.shown for host in odd)}: the list, the results "
                f"and {lists.TOP} must be there as they are here, and the same "
                "files (NFS, say)")
        if all(host.lost for host in hosts):
            raise lists.Unable("no host can run jobs; `ssh HOST true` must work "
                               "without a question")

    # --- Rounds ---

    def numbers(self, hosts, numbers):
        """A line for each job; one that has failed is tried somewhere else, if there
        is another host. These are hostgroups, as parallel has them."""
        groups = {host.name: f"h{at}" for at, host in enumerate(hosts)}
        lines = []
        for number in numbers:
            others = dict(groups)
            if others.pop(self.failed_at.get(number), None) and others:
                number = f"{number}@{'+'.join(others.values())}"
            lines.append(f"{number}\n")
        return "".join(lines)

    def begin(self, hosts, numbers):
        """Starts parallel with these jobs; its log."""
        self.rounds += 1
        listed = self.place.write(f"numbers{self.rounds}",
                                  self.numbers(hosts, numbers))
        log = self.place.path(f"joblog{self.rounds}")
        with open(self.place.path(f"said{self.rounds}"), "wb") as said:
            self.process = subprocess.Popen(
                ["parallel", "--plain", "-u", "-a", listed, "--joblog", log,
                 "--termseq", ENDING, "--ssh", shlex.join(self.ssh), "--hgrp",
                 *(word for at, host in enumerate(hosts)
                   for word in ("-S", host.sshlogin(f"h{at}"))), self.runner],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=said, env=self.environment(), start_new_session=True,
                preexec_fn=end_with_us)
        return Log(log)

    def one_ended(self, job, host, status, finished):
        """Whether it has been tried; else it went with its host."""
        ran = self.place.ended(job)
        if ran is None and status in (SSH_FAILED, NOT_SEEN):
            job.said = f"{host.shown}: no answer"
            return False
        job.said = f"{host.shown}: status {status if ran is None else ran}"
        if ran == 0 and not job.is_done() and \
                lists.wait_for([job], self.patience):
            self.patience = 0       # for the others
            job.said += ", but its result is not to be seen here"
        if not job.is_done():
            self.failed_at[job.number] = host.name
        finished(job, job.is_done())
        return True

    def round(self, hosts, waiting, finished):
        """Runs the jobs of {number: job}, and takes out those that have ended or
        were lost too often; whether any was tried or lost."""
        jobs = list(waiting.values())
        for job in jobs:
            self.place.forget(job)
        if self.rounds:
            self.place.sweep()
        log = self.begin(hosts, waiting)
        moved, over = False, False
        while not over:
            over = self.process.poll() is not None
            for at, name, status in log.ended():
                moved = True
                job, host = jobs[at], self.hosts[name]
                if self.one_ended(job, host, status, finished):
                    del waiting[job.number]
                    continue
                self.lost[job.number] += 1
                if not host.lost and not over:
                    self.tell(host, self.ask(host, "look"))
                    if host.lost:   # ends the round; what runs goes on
                        self.process.send_signal(signal.SIGHUP)
            if not over:
                time.sleep(POLL)
        self.process = None
        return moved

    def run(self, jobs, finished):
        waiting = {job.number: job for job in jobs}
        for job in jobs:
            job.said = "no host left"
        self.lost = collections.Counter()
        while waiting:
            hosts = self.look()
            if not hosts or not self.round(hosts, waiting, finished):
                break
            for number in [number for number in waiting
                           if self.lost[number] >= LOST_MAX]:
                del waiting[number]
        if waiting and hosts:
            self.show_said()

    def show_said(self):
        """What parallel said of the last round, when it has not done its work."""
        with open(self.place.path(f"said{self.rounds}"), "rb") as said:
            text = said.read(lists.SAID_MAX).decode(errors="replace")
        for line in text.splitlines():
            print(f"mini-kvm: spread: {ascii(line)[1:-1]}", file=sys.stderr)

    def close(self):
        """Parallel ends its jobs, as far as it knows of them; then each host does."""
        if not self.process:
            return
        self.process.terminate()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        hosts = list(self.hosts.values())
        for host, answer in zip(hosts, self.ask_all(hosts, "end")):
            if answer[0]:
                print(f"mini-kvm: spread: {host.shown}: {answer[2]}; jobs may "
                      "still be running there", file=sys.stderr)
