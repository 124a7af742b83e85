#!/bin/bash
# libseccomp and musl: a filter that allows ioctl(fd, RNDGETENTCNT, ...) allows it to a
# program of glibc and refuses it to the same program of musl.
#
# Debian 12's libseccomp 2.5.4-1+deb12u1 and musl 1.2.3-1. musl declares ioctl() as
# POSIX does, with an int, and hands it to the kernel as that: extended by its sign to
# 64 bits. glibc's takes an unsigned long. The kernel looks at 32 bits (ioctl(2):
# "unsigned int"), so nobody notices, but seccomp filters see 64, and libseccomp's
# SCMP_CMP_EQ compares all of them. Every request with bit 31 is concerned: all that
# _IOR() and _IOWR() make, and so half of what there is.
#
# Seen: "glibc: allowed, musl: refused; 32 bits compared: glibc: allowed, musl: allowed"
#
# Nothing is installed: the packages are unpacked in a temporary folder. Exits with 0
# while it is so, 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for package in libseccomp2=2.5.4-1+deb12u1 libseccomp-dev=2.5.4-1+deb12u1 \
	musl=1.2.3-1 musl-dev=1.2.3-1 musl-tools=1.2.3-1; do
	apt-get download -q "$package" >/dev/null 2>&1 || {
		echo "cannot fetch $package" >&2
		exit 2
	}
done
mkdir -p root/usr/lib
ln -s usr/lib root/lib # as on a Debian whose /lib is /usr/lib
for file in *.deb; do
	dpkg --fsys-tarfile "$file" | tar -x -C root --keep-directory-symlink
done

# Two filters, in files: RNDGETENTCNT is the one ioctl() that they allow.
cat >filter.c <<'END'
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>

#define RNDGETENTCNT 0x80045200u /* _IOR('R', 0, int), <linux/random.h> */

static const int others[] = { SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev),
			      SCMP_SYS(close), SCMP_SYS(newfstatat),
			      SCMP_SYS(fstat), SCMP_SYS(exit_group) };

static int write_filter(const char *path, struct scmp_arg_cmp wanted)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (!filter || fd < 0)
		return 1;
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, others[i], 0))
			return 1;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl),
				      1, &wanted) ||
	       seccomp_export_bpf(filter, fd);
}

int main(void)
{
	return write_filter("equal", SCMP_A1(SCMP_CMP_EQ, RNDGETENTCNT)) ||
	       write_filter("masked", SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu,
					      RNDGETENTCNT));
}
END

# The program that is filtered, by the file that it is given.
cat >ask.c <<'END'
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/random.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static struct sock_filter code[256];
	struct sock_fprog program = { .filter = code };
	int from = open(argc > 1 ? argv[1] : "", O_RDONLY), bits;
	int random = open("/dev/urandom", O_RDONLY);

	program.len = read(from, code, sizeof(code)) / sizeof(code[0]);
	if (random < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 2;
	printf("%s", ioctl(random, RNDGETENTCNT, &bits) ? "refused" : "allowed");
	return 0;
}
END

usr=$folder/root/usr
gcc -I"$usr/include" -o filter filter.c "$usr"/lib/x86_64-linux-gnu/libseccomp.so.2 \
	-Wl,-rpath,"$usr/lib/x86_64-linux-gnu"
./filter || exit 2
gcc -static -o ask-glibc ask.c
# The same specs and the same libraries as musl-gcc's, where they have been unpacked.
sed "s,/usr/,$usr/,g" "$usr/lib/x86_64-linux-musl/musl-gcc.specs" >specs
mkdir kernel
for headers in linux asm-generic; do ln -s "/usr/include/$headers" kernel; done
ln -s "/usr/include/$(gcc -print-multiarch)/asm" kernel
gcc -static -o ask-musl ask.c -specs "$folder/specs" -isystem kernel

seen="glibc: $(./ask-glibc equal), musl: $(./ask-musl equal)"
masked="glibc: $(./ask-glibc masked), musl: $(./ask-musl masked)"
echo "libseccomp 2.5.4-1+deb12u1, musl 1.2.3-1"
echo "$seen; 32 bits compared: $masked"
[ "$masked" = "glibc: allowed, musl: allowed" ] || exit 2
[ "$seen" = "glibc: allowed, musl: refused" ] || {
	echo "changed" >&2
	exit 1
}
