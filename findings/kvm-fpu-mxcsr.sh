#!/bin/bash
# KVM: KVM_GET_FPU and KVM_SET_FPU have a field for MXCSR and leave it alone.
#
# Seen with Linux 6.1.192 (Debian 12's linux-image-6.1.0-56-cloud-amd64=6.1.192-2,
# KVM on AMD-V) in QEMU 7.2's emulation. struct kvm_fpu ends with mxcsr (KVM API,
# "KVM_GET_FPU"), behind the registers that it governs. Both calls succeed; what comes
# is 0, whatever the register has, and what is given goes nowhere. KVM_GET_XSAVE
# and KVM_SET_XSAVE have it, at byte 24. Seen, for a vCPU as created:
#
#     KVM_GET_FPU: 0
#     KVM_GET_XSAVE: 1f80
#     after KVM_SET_FPU of 1f81: 1f80
#     after KVM_SET_XSAVE of 1f81: 1f81
#
# Unpacks the package in a temporary folder; needs gcc, cpio and QEMU. Exits with
# 0 while it is so, 1 when it has changed, 2 when it cannot be tried.
set -eu
unset CDPATH

version=6.1.0-56-cloud-amd64
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for program in gcc cpio qemu-system-x86_64; do
	command -v "$program" >/dev/null || {
		echo "$program is missing" >&2
		exit 2
	}
done
apt-get download -q "linux-image-$version=6.1.192-2" >log 2>&1 || {
	cat log >&2
	exit 2
}
dpkg-deb -x linux-image-*.deb root

cat >init.c <<'END'
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MXCSR 6 /* of the area's words: byte 24 */

static struct kvm_xsave area;
static struct kvm_fpu fpu;

static void load(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		perror(path);
	close(fd);
}

static void try(void)
{
	int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);

	if (ioctl(vcpu, KVM_GET_FPU, &fpu) || ioctl(vcpu, KVM_GET_XSAVE, &area)) {
		perror("vCPU");
		return;
	}
	printf("KVM_GET_FPU: %x\n", fpu.mxcsr);
	printf("KVM_GET_XSAVE: %x\n", area.region[MXCSR]);
	fpu.mxcsr = 0x1f81;
	if (ioctl(vcpu, KVM_SET_FPU, &fpu) || ioctl(vcpu, KVM_GET_XSAVE, &area))
		perror("KVM_SET_FPU");
	printf("after KVM_SET_FPU of 1f81: %x\n", area.region[MXCSR]);
	area.region[MXCSR] = 0x1f81;
	area.region[128] |= 3; /* XSTATE_BV: x87 and SSE are in it */
	if (ioctl(vcpu, KVM_SET_XSAVE, &area) ||
	    ioctl(vcpu, KVM_GET_XSAVE, &area))
		perror("KVM_SET_XSAVE");
	printf("after KVM_SET_XSAVE of 1f81: %x\n", area.region[MXCSR]);
	fflush(stdout);
}

int main(void)
{
	mkdir("/dev", 0755);
	mknod("/dev/kvm", S_IFCHR | 0600, makedev(10, 232));
	load("/irqbypass.ko");
	load("/kvm.ko");
	load("/kvm-amd.ko");
	try();
	reboot(RB_POWER_OFF);
}
END

modules=root/lib/modules/$version/kernel
mkdir tree
gcc -static -O1 -o tree/init init.c
cp "$modules/virt/lib/irqbypass.ko" "$modules"/arch/x86/kvm/kvm.ko \
	"$modules"/arch/x86/kvm/kvm-amd.ko tree
(cd tree && find . | cpio -o -H newc --quiet) >initramfs
timeout 300 qemu-system-x86_64 -M q35 -accel tcg,thread=single -cpu max,+svm \
	-m 512 -nographic -no-reboot -nodefaults -serial stdio \
	-kernel "root/boot/vmlinuz-$version" -initrd initramfs \
	-append "console=ttyS0 quiet panic=-1" </dev/null >out 2>&1 || :
tr -d '\r' <out | grep -a -o -E '(after )?KVM_[GS]ET_(FPU|XSAVE).*: [0-9a-f]+$' >seen || {
	tail -n 20 out >&2
	exit 2
}
qemu-system-x86_64 --version | head -n 1
cat seen
printf '%s\n' 'KVM_GET_FPU: 0' 'KVM_GET_XSAVE: 1f80' \
	'after KVM_SET_FPU of 1f81: 1f80' \
	'after KVM_SET_XSAVE of 1f81: 1f81' | cmp -s - seen
