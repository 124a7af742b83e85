"""SPREAD=local: processes of this machine, some at once; each has a group of its own."""

import os
import signal
import subprocess
import threading
import time
from concurrent import futures

USAGE = ("local", "on this machine, N at once (as many as it has CPUs); the default")
GRACE = 5       # seconds for a job to end that is no longer wanted


class Engine:
    """As the package says."""

    def __init__(self, words, workers, _):
        if words:
            raise ValueError("local has no words behind a colon")
        self.workers = workers or len(os.sched_getaffinity(0))
        self.environment = {name: value for name, value in os.environ.items()
                            if name != "SPREAD"}
        self.running = set()
        self.lock = threading.Lock()
        self.over = False

    def begin(self, job):
        with self.lock:
            if self.over:
                return None
            process = subprocess.Popen(
                job.argv(), stdin=subprocess.DEVNULL, env=self.environment,
                stdout=subprocess.DEVNULL, start_new_session=True)
            self.running.add(process)
            return process

    def run_one(self, job, finished):
        process = self.begin(job)
        if not process:
            return
        status = process.wait()
        with self.lock:
            self.running.discard(process)
        if self.over:
            return
        job.said = f"signal {-status}" if status < 0 else f"status {status}"
        finished(job, job.is_done())

    def run(self, jobs, finished):
        with futures.ThreadPoolExecutor(self.workers) as pool:
            try:
                for future in [pool.submit(self.run_one, job, finished)
                               for job in jobs]:
                    future.result()
            except BaseException:
                self.close()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def close(self):
        """Ends all that runs, and what those have started."""
        with self.lock:
            self.over = True
            running = list(self.running)
        for wanted in signal.SIGTERM, signal.SIGKILL:
            for process in running:
                try:
                    os.killpg(process.pid, wanted)
                except ProcessLookupError:
                    pass
            until = time.monotonic() + GRACE
            for process in running:
                try:
                    process.wait(max(0, until - time.monotonic()))
                except subprocess.TimeoutExpired:
                    pass
