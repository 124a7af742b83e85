#!/bin/bash
# LibVNCServer 0.9.14: whoever is slow to say what it understands never learns that the
# screen has another size.
#
# Debian 12's libvncserver1=0.9.14+dfsg-1+deb12u2 (and -dev). A client is told the size
# of the screen by ServerInit and says by SetEncodings that it can be told of another one,
# by the pseudo-encoding DesktopSize, -223 (RFC 6143, 7.3.2, 7.5.2 and 7.8.2). If the
# program calls rfbNewFramebuffer() between these two messages, no update ever
# has that pseudo-encoding. The rectangles have the new size, though the client has one
# of the old. Rectangles of three whole updates, for a screen of 32 by 24 that
# becomes 64 by 48, as (width, height, encoding):
#
#     SetEncodings, then the new size:  (32, 24, 0) (64, 48, -223) (64, 48, 0)
#     the new size, then SetEncodings:  (64, 48, 0) (64, 48, 0) (64, 48, 0)
#
# Way out: set newFBSizePending when a client's useNewFBSize is seen to become true.
#
# Unpacks the packages in a temporary folder; needs cc, python3 and the libraries that
# LibVNCServer needs. Exit status: 0 as seen, 1 if it changed, 2 if it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for program in cc python3; do
	command -v "$program" >/dev/null || {
		echo "$program is missing" >&2
		exit 2
	}
done
apt-get download -q libvncserver1=0.9.14+dfsg-1+deb12u2 \
	libvncserver-dev=0.9.14+dfsg-1+deb12u2 >log 2>&1 || {
	cat log >&2
	exit 2
}
for package in *.deb; do
	dpkg-deb -x "$package" root
done
library=root/usr/lib/x86_64-linux-gnu

cat >server.c <<'END'
#include <rfb/rfb.h>
#include <stdlib.h>
#include <unistd.h>

/* A screen for the client at descriptor 3; a byte at stdin makes it larger. */
int main(void)
{
	int nr = 0;
	rfbScreenInfoPtr screen = rfbGetScreen(&nr, NULL, 32, 24, 8, 3, 4);
	char byte;

	rfbLogEnable(FALSE);
	screen->frameBuffer = calloc(64 * 48, 4);
	screen->port = screen->ipv6port = 0;
	rfbInitServer(screen);
	rfbNewClient(screen, 3);
	for (;;) {
		struct timeval wait = { 0, 10000 };
		fd_set ready;

		FD_ZERO(&ready);
		FD_SET(0, &ready);
		if (select(1, &ready, NULL, NULL, &wait) > 0) {
			if (read(0, &byte, 1) != 1)
				return 0;
			rfbNewFramebuffer(screen, screen->frameBuffer, 64, 48,
					  8, 3, 4);
			if (write(1, "x", 1) != 1)
				return 1;
		}
		rfbProcessEvents(screen, 10000);
	}
}
END
cc -o server server.c -Iroot/usr/include -L"$library" -lvncserver 2>log || {
	cat log >&2
	exit 2
}

cat >client.py <<'END'
import os
import socket
import struct
import subprocess
import sys

SIZE = -223


def take(sock, size):
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            sys.exit(2)
        data += piece
    return data


def update(sock):
    sock.sendall(struct.pack(">BBHHHH", 3, 0, 0, 0, 64, 48))
    found = []
    for _ in range(struct.unpack(">xxH", take(sock, 4))[0]):
        x, y, width, height, kind = struct.unpack(">HHHHi", take(sock, 12))
        found.append((width, height, kind))
        if kind == 0:
            take(sock, 4 * width * height)
    return found


def rectangles(early):
    mine, theirs = socket.socketpair()
    mine.settimeout(60)
    server = subprocess.Popen(["./server"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, close_fds=False,
                              preexec_fn=lambda: os.dup2(theirs.fileno(), 3))
    theirs.close()

    def resize():
        server.stdin.write(b"x")
        server.stdin.flush()
        server.stdout.read(1)

    take(mine, 12)
    mine.sendall(b"RFB 003.008\n")
    take(mine, take(mine, 1)[0])
    mine.sendall(b"\1")
    take(mine, 4)
    mine.sendall(b"\1")
    if struct.unpack(">HH", take(mine, 4)) != (32, 24):
        sys.exit(2)
    take(mine, 16)
    take(mine, struct.unpack(">I", take(mine, 4))[0])
    found = []
    if early:
        resize()
    mine.sendall(struct.pack(">BxHii", 2, 2, 0, SIZE))
    for _ in range(3):
        found += update(mine)
        if not early and len(found) == 1:
            resize()
    server.kill()
    server.wait()
    return found


late, early = rectangles(False), rectangles(True)
print("SetEncodings, then the new size: ", *late)
print("the new size, then SetEncodings: ", *early)
sys.exit(late != [(32, 24, 0), (64, 48, SIZE), (64, 48, 0)] or
         early != 3 * [(64, 48, 0)])
END
LD_LIBRARY_PATH=$library timeout -s KILL 120 python3 client.py
