#!/usr/bin/python3
"""What the PC's speaker says, and the timer behind it: src/beep.inc measures a time
by counter 2, as Linux does, and plays two tones, in real mode and with each kind of
interrupt controllers, with --sound and without. Python's own wave module reads the
file."""

import os
import signal
import subprocess
import tempfile
import time
import wave

import multiboot
import vm
from vm import tap

PLAYED = 7      # the guest's status
TONES = (440, 880)
HEADER = 72
CHIPS = ("kernel", "split", "vmm")
WORK = tempfile.TemporaryDirectory(prefix="mkvm-sound-")
SOUND = os.path.join(WORK.name, "out.wav")


def lacks():
    if not vm.has_feature("sound", "plug"):
        raise tap.Skip("kvm-vmm was configured without DEV_SPEAKER")
    if vm.host_lacks("real16"):
        raise tap.Skip(vm.host_lacks("real16"))


def samples(path):
    with wave.open(path) as file:
        tap.equal((file.getnchannels(), file.getsampwidth(),
                   file.getframerate()), (1, 2, 44100), "the file's form")
        return memoryview(file.readframes(file.getnframes())).cast("h")


def pitches(heard):
    """The frequencies of the tones, by the zeroes that are crossed upwards: [(Hz,
    seconds)] of each stretch of equal periods."""
    found, last, low = [], None, False
    for at, value in enumerate(heard):
        if value < -1000:
            low = True
        elif value > 1000 and low:
            low = False
            if last is not None:
                period = at - last
                if found and abs(found[-1][0] / found[-1][1] - period) <= 2:
                    found[-1] = (found[-1][0] + period, found[-1][1] + 1)
                else:
                    found.append((period, 1))
            last = at
    return [(44100 * count / total, total / 44100) for total, count in found
            if count > 20]


def check(path):
    found = pitches(samples(path))
    tap.equal([round(hz) for hz, _ in found], list(TONES), "tones")
    tap.check(all(seconds > .1 for _, seconds in found), found)


def play(*words):
    lacks()
    if words and not vm.has_feature(words[1], "irqchip"):
        raise tap.Skip(f"configured without the irqchip {words[1]}")
    image = multiboot.assemble("beep") if words else vm.assemble("beep16")
    done = subprocess.run([vm.KVM_VMM, *words, "--sound", SOUND, image],
                          capture_output=True, timeout=60, check=False)
    tap.equal(done.returncode, PLAYED, done.stderr)
    check(SOUND)


tap.add("in real mode: two tones, each as high as it was set", play)
for name in CHIPS:
    tap.add(f"--irqchip {name}: two tones, each as high as it was set", play,
            "--irqchip", name)


@tap.case("two guests of one run cannot be heard in one file")
def twice():
    lacks()
    image = vm.assemble("beep16")
    done = subprocess.run([vm.KVM_VMM, "--sound", SOUND, image, image],
                          capture_output=True, text=True, timeout=60,
                          check=False)
    tap.equal(done.returncode, vm.USAGE, done.stderr)
    tap.check("another guest records there" in done.stderr, done.stderr)


@tap.case("a recording that somebody else has made is left alone")
def others():
    """A recording of the same form, by Python: it is somebody's."""
    vm.on_host()    # first comes what the machine lacks
    path = os.path.join(WORK.name, "others.wav")
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes(bytes(2000))
    with open(path, "rb") as file:
        data = file.read()
    done = subprocess.run([vm.KVM_VMM, "--sound", path, vm.assemble("halt")],
                          capture_output=True, text=True, check=False)
    tap.equal(done.returncode, vm.USAGE, done.stderr)
    tap.check("kvm-vmm has not written it" in done.stderr, done.stderr)
    with open(path, "rb") as file:
        tap.check(file.read() == data, "it was changed")


@tap.case("killed in the middle of a tone, it leaves a whole file")
def killed():
    lacks()
    path = os.path.join(WORK.name, "killed.wav")
    with subprocess.Popen([vm.KVM_VMM, "--sound", path, vm.assemble("beep16")],
                          stderr=subprocess.PIPE) as program:
        while program.poll() is None and \
                (not os.path.exists(path) or os.path.getsize(path) <= HEADER):
            time.sleep(.005)
        program.send_signal(signal.SIGKILL)
        program.communicate(timeout=60)
    heard = samples(path)
    tap.check(len(heard), "nothing in the file")
    tap.equal(os.path.getsize(path), HEADER + 2 * len(heard), "bytes")


TABLE = vm.Table()
for name in CHIPS:
    TABLE.add(f"counter 2 is a stop-watch at port 0x61: --irqchip {name}",
              lambda place, name=name: vm.Command(
                  vm.KVM_VMM, "--irqchip", name, multiboot.assemble("beep"),
                  limit=60), lambda result: result.must(PLAYED))
TABLE.add_cases(*vm.places("prot32")[:1])
with WORK:
    tap.main()
