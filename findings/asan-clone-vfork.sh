#!/bin/bash
# AddressSanitizer (gcc 12.2): memory that clone(CLONE_VFORK) was given for a child's
# stack stays forbidden after the child has gone.
#
# Debian 12's gcc-12=12.2.0-14+deb12u1 (cpp-12, libgcc-12-dev of that version). A
# program starts another one by clone(CLONE_VM | CLONE_VFORK), on a stack of its own,
# as posix_spawn() does and as only clone() can, when the child is to be in a namespace
# (clone(2), namespaces(7)). The child calls execve() and never returns from its
# functions, so that what ASan has marked around their variables is never unmarked,
# and the marks are in the parent, whose memory it was. The parent's next use of
# that memory, which is right, is reported as an error in the parent. After
# vfork(), whose child does the same, nothing is left: that one ASan knows.
#
# Seen: "vfork: 0 bytes, clone: 80 bytes".
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

cat >start.c <<'END'
#define _GNU_SOURCE
#include <sanitizer/asan_interface.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static _Alignas(16) char memory[65536];

static int become(void *arg)
{
	char name[64];
	char *argv[] = { name, NULL };

	snprintf(name, sizeof(name), "%s", (char *)arg);
	execv(name, argv);
	_exit(127);
}

static int forbidden(const char *from, const char *to)
{
	int bytes = 0;

	for (; from < to; from++)
		bytes += __asan_address_is_poisoned(from);
	return bytes;
}

/* What lies below this frame: free for the next call. */
static __attribute__((noinline)) int below(void)
{
	char *here = __builtin_frame_address(0);

	return forbidden(here - 2048, here - 1024);
}

int main(void)
{
	int status, by_vfork, by_clone;
	pid_t pid = vfork();

	if (!pid)
		become("/bin/true");
	if (waitpid(pid, &status, 0) < 0 || status)
		return 2;
	by_vfork = below();
	pid = clone(become, memory + sizeof(memory),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, "/bin/true");
	if (waitpid(pid, &status, 0) < 0 || status)
		return 2;
	by_clone = forbidden(memory, memory + sizeof(memory));
	printf("vfork: %d bytes, clone: %d bytes\n", by_vfork, by_clone);
	return by_vfork || !by_clone;
}
END

root/usr/bin/x86_64-linux-gnu-gcc-12 -B root/usr/lib/gcc/x86_64-linux-gnu/12 \
	-g -O1 -Wall -Wextra -Werror -fsanitize=address -static-libasan \
	-o start start.c >log 2>&1 || {
	cat log >&2
	exit 2
}
echo "gcc $version"
./start
