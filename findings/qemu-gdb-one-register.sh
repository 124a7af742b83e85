#!/bin/bash
# QEMU 7.2: its gdb server knows no single register until its description was read.
#
# Debian 12's qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3. The packets `p` and `P`, which
# read and write one register, get the empty answer of a packet that is not known, as
# long as the client of this connection has not asked for target.xml; that the
# client has said xmlRegisters=i386 in qSupported changes nothing. In gdb's manual
# ("Packets") both stand for themselves, and `g` and `G` work from the start. Seen for
# register 16, RIP, after reset:
#
#     p10 at once:                       empty
#     P10=0010000000000000 at once:      empty, and RIP stays what it was
#     p10 after qXfer:features:read:     f0ff000000000000
#     P10=... after it:                  OK
#
# So a small client that writes one register believes that this cannot be done.
#
# Unpacks the packages in a temporary folder; needs python3 and the libraries of QEMU.
# Exits with 0 while it is so, 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

command -v python3 >/dev/null || {
	echo "python3 is missing" >&2
	exit 2
}
apt-get download -q qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3 \
	qemu-system-common=1:7.2+dfsg-7+deb12u18+b3 \
	qemu-system-data=1:7.2+dfsg-7+deb12u18 seabios=1.16.2-1 >log 2>&1 || {
	cat log >&2
	exit 2
}
for package in *.deb; do
	dpkg-deb -x "$package" root
done

cat >client.py <<'END'
import socket
import subprocess
import sys
import time

qemu = subprocess.Popen(
    ["root/usr/bin/qemu-system-x86_64", "-L", "root/usr/share/seabios", "-L",
     "root/usr/share/qemu", "-accel", "tcg", "-display", "none", "-nic", "none",
     "-S", "-gdb", "unix:gdb,server=on,wait=off"], stdin=subprocess.DEVNULL)
sock = socket.socket(socket.AF_UNIX)
sock.settimeout(60)
data = b""


def ask(text):
    global data
    packet = text.encode()
    sock.sendall(b"$" + packet + b"#%02x" % (sum(packet) & 255))
    while True:
        start = data.find(b"$")
        end = data.find(b"#", start)
        if 0 <= start < end and len(data) >= end + 3:
            answer, data = data[start + 1:end], data[end + 3:]
            sock.sendall(b"+")
            return answer.decode("latin-1")
        more = sock.recv(65536)
        if not more:
            sys.exit(2)
        data += more


try:
    for _ in range(400):
        try:
            sock.connect("gdb")
            break
        except OSError:
            if qemu.poll() is not None:
                sys.exit(2)
            time.sleep(0.05)
    ask("qSupported:xmlRegisters=i386")
    rip = ask("g")[16 * 16:17 * 16]
    at_once = ask("p10"), ask("P10=0010000000000000")
    still = ask("g")[16 * 16:17 * 16] == rip
    if not ask("qXfer:features:read:target.xml:0,ffb").startswith(("l", "m")):
        sys.exit(2)
    after = ask("p10"), ask("P10=0010000000000000")
finally:
    qemu.kill()
    qemu.wait()
print("g has RIP", rip)
print("p10 and P10 at once:", at_once)
print("after the description:", after)
if after != (rip, "OK") or not still:
    sys.exit(2)
sys.exit(at_once != ("", ""))
END
QEMU_MODULE_DIR=$folder/root/usr/lib/x86_64-linux-gnu/qemu python3 client.py
