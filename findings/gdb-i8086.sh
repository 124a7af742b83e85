#!/bin/bash
# gdb 13.1: `set architecture i8086` is said to be done and is not, when the target's
# description says i386.
#
# Debian 12's gdb-minimal=13.1-3. A server of the remote protocol that describes an
# i386 (gdb manual, "Target Description Format", <architecture>) is asked for code in
# real mode, B8 34 12: in 16 bits `mov $0x1234,%ax`. gdb answers
#
#     The target architecture is set to "i8086".
#
# and `show architecture` says so again, without a warning; what is decoded stays
# 32 bits. (Of two compatible machines gdb takes the one with the larger number,
# whichever the user chose.) A description that says i8086 is taken, decodes 16 bits
# from the start, and lets `set architecture i386` and back; it has to say
# <osabi>none</osabi>, or gdb warns that it has no handler of "GNU/Linux" for it.
# Seen:
#
#     described as i386, set to i8086: 32 bits
#     described as i8086: 16 bits
#     described as i8086, set to i386: 32 bits
#
# Unpacks the package, and what it depends on, in a temporary folder; needs apt and
# python3. Exits with 0 while it is so, 1 when it has changed, 2 when it cannot be
# tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# As if nothing were installed, so that all of it comes.
mkdir -p archives/partial
: >status
apt-get install -q -y --download-only --no-install-recommends \
	-o "Dir::State::status=$folder/status" \
	-o "Dir::Cache::archives=$folder/archives" -o Debug::NoLocking=true \
	gdb-minimal=13.1-3 >log 2>&1 || {
	tail -n 5 log >&2
	exit 2
}
for package in archives/*.deb; do
	dpkg-deb -x "$package" root
done

# A server with as many registers as gdb wants, all zero, and that code at 0.
cat >server.py <<'END'
import re
import socket
import sys

CODE = bytes.fromhex("b83412") + bytes(61)
names = "eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs".split()
regs = "".join(f'<reg name="{name}" bitsize="32"/>' for name in names)
regs += "".join(f'<reg name="st{i}" bitsize="80" type="i387_ext"/>'
                for i in range(8))
regs += "".join(f'<reg name="{name}" bitsize="32" group="float"/>' for name in
                "fctrl fstat ftag fiseg fioff foseg fooff fop".split())
document = (f'<target><architecture>{sys.argv[1]}</architecture>'
            '<osabi>none</osabi><feature name="org.gnu.gdb.i386.core">'
            f'{regs}</feature></target>')


def answer(packet):
    if packet.startswith("qSupported"):
        return "PacketSize=4000;qXfer:features:read+"
    if packet.startswith("qXfer:features:read:target.xml:"):
        start, size = [int(n, 16) for n in packet.split(":")[-1].split(",")]
        rest = document[start:]
        return ("m" if len(rest) > size else "l") + rest[:size]
    if packet == "?":
        return "S05"
    if packet == "g":
        return "00" * (16 * 4 + 8 * 10 + 8 * 4)
    if packet[0] == "m":
        start, size = [int(n, 16) for n in packet[1:].split(",")]
        return CODE[start:start + size].hex() or "E01"
    return "OK" if packet[0] in "HD" else ""


listener = socket.socket(socket.AF_UNIX)
listener.bind("socket")
listener.listen(1)
client, data = listener.accept()[0], b""
while True:
    more = client.recv(4096)
    if not more:
        break
    data += more
    while found := re.search(rb"\$([^#]*)#..", data):
        data = data[found.end():]
        text = answer(found[1].decode("latin-1")).encode()
        client.sendall(b"+$" + text + b"#%02x" % (sum(text) % 256))
END

# ask ARCHITECTURE HOW WORDS...: what gdb decodes with that description
ask()
{
	described=$1 how=$2
	shift 2
	rm -f socket
	python3 server.py "$described" &
	until [ -S socket ]; do sleep 0.1; done
	timeout 60 root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 \
		--library-path root/lib/x86_64-linux-gnu:root/usr/lib/x86_64-linux-gnu \
		root/usr/bin/gdb --data-directory=root/usr/share/gdb -nx -q -batch \
		-ex 'target remote socket' "$@" -ex 'show architecture' \
		-ex 'x/i 0' -ex detach >out 2>&1 || :
	wait
	cat out >>all
	if grep -q 'mov *[$]0x1234,%ax' out; then
		echo "$how: 16 bits"
	elif grep -q 'mov *[$]0x1234,%eax' out; then
		echo "$how: 32 bits"
	else
		echo "$how: ?"
	fi
}

{
	ask i386 'described as i386, set to i8086' -ex 'set architecture i8086'
	grep -q 'set to "i8086"' out || echo 'and gdb says that it is not'
	ask i8086 'described as i8086'
	ask i8086 'described as i8086, set to i386' -ex 'set architecture i386'
} >seen
echo 'gdb-minimal 13.1-3'
cat seen
if grep -q '?$' seen; then
	cat all >&2
	exit 2
fi
printf '%s\n' 'described as i386, set to i8086: 32 bits' \
	'described as i8086: 16 bits' \
	'described as i8086, set to i386: 32 bits' | cmp -s - seen
