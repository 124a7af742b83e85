#!/usr/bin/python3
"""The fuzz drivers, a few seeds each: nothing random brings a device or the
archive tool to its knees. Longer runs are `build/tests/fuzz/NAME SEED ROUNDS`.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tap

SEEDS = (1, 2, 3)
ROUNDS = {"fuzz_devices": 1_000_000, "fuzz_initcpio": 4_000}
HERE = os.path.dirname(os.path.abspath(__file__))


def survives(name, seed):
    driver = os.path.join(tap.BUILD, "tests", "fuzz", name)
    tap.check(os.access(driver, os.X_OK),
              f"{driver}: not built; `make test` builds it")
    done = subprocess.run([driver, str(seed), str(ROUNDS.get(name, 1000))],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)
    tap.check(done.returncode == 0, f"exit status {done.returncode}",
              done.stdout[-4000:])


for source in sorted(os.listdir(HERE)):
    if source.endswith(".c"):
        for number in SEEDS:
            tap.add(f"{source[:-2]} with seed {number}", survives,
                    source[:-2], number)
tap.main()
