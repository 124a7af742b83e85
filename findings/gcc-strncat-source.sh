#!/bin/bash
# gcc 12.2: what is in a local buffer may be lost on its way through strncat().
#
# Debian 12's gcc-12=12.2.0-14+deb12u1 (cpp-12, libgcc-12-dev of that version), from -O2
# on and with -Os and -Oz: a function fills a buffer of its own and ends with
# strncat(to, buffer, n). The call becomes a jump, the function's frame is gone by
# then, and the store of the zero at the end of the buffer has been left out, as if
# strncat() read nothing from its second argument (C11 7.24.3.2 says that it does).
# Seen, for a function that appends the number 20 to "/proc/self/fd/":
#
#     with strncat(): "/proc/self/fd/" and no or other characters
#     with -fno-builtin-strncat: "/proc/self/fd/20"
#
# There is no warning with -Wall -Wextra. What is compiled for sanitizers is right.
#
# Unpacks the packages in a temporary folder; needs as, ld and the C library's headers.
# Exits with 0 while it is so, 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

version=12.2.0-14+deb12u1
apt-get download -q "gcc-12=$version" "cpp-12=$version" \
	"libgcc-12-dev=$version" >log 2>&1 || {
	cat log >&2
	exit 2
}
for package in *.deb; do
	dpkg-deb -x "$package" root
done

cat >append.c <<'END'
#include <stdio.h>
#include <string.h>

static char *decimal(int number, char *buf)
{
	char *at = buf + 11;

	*at = 0;
	do
		*--at = '0' + number % 10;
	while (number /= 10);
	return at;
}

__attribute__((noinline)) void append(int number, char *to)
{
	char buf[12];

	memcpy(to, "/proc/self/fd/", 15);
	strncat(to, decimal(number, buf), 17);
}

int main(void)
{
	char text[32];

	append(20, text);
	puts(text);
	return 0;
}
END

# try WORDS...: what the program prints that is compiled with them
try()
{
	root/usr/bin/x86_64-linux-gnu-gcc-12 -B root/usr/lib/gcc/x86_64-linux-gnu/12 \
		-Wall -Wextra -Werror "$@" -o append append.c >log 2>&1 || {
		cat log >&2
		exit 2
	}
	./append
}

status=0
plain=$(try -O0)
for level in -O2 -Os -Oz; do
	builtin=$(try "$level")
	called=$(try "$level" -fno-builtin-strncat)
	echo "$level: '$builtin', without the builtin '$called', -O0 '$plain'"
	[ "$plain $called" = '/proc/self/fd/20 /proc/self/fd/20' ] || exit 2
	[ "$builtin" != "$plain" ] || status=1
done
exit $status
