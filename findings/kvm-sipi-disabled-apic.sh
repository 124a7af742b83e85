#!/bin/bash
# KVM: INIT and SIPI to the CPU that was created last are lost while no local
# APIC has been software-enabled.
#
# Seen with Linux 6.1.192 (Debian 12's linux-image-6.1.0-56-cloud-amd64=6.1.192-2,
# KVM on AMD-V) in QEMU 7.2's emulation. KVM finds a CPU by the id of its local APIC
# in a table that it makes anew when one of the APICs changes; when the last vCPU
# is created, that one is not among those it looks at yet. The first write to any
# APIC's spurious-interrupt vector register would put it in. A guest need not write
# there first: an APIC that is software-disabled answers INIT and SIPI and may send
# them (SDM 3A, "Local APIC State After It Has Been Software Disabled"). Seen, for a
# guest of two CPUs whose first one sends both to id 1:
#
#     as created: lost
#     after KVM_SET_LAPIC of what KVM_GET_LAPIC gave: arrived
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
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* 32 bits, flat: to id 1, INIT, then SIPI with page 8; then out 0x10, al */
static const unsigned char first[] = {
	0xc7, 0x05, 0x10, 0x03, 0xe0, 0xfe, 0, 0, 0, 1,
	0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, 0, 0x45, 0, 0,
	0xc7, 0x05, 0x10, 0x03, 0xe0, 0xfe, 0, 0, 0, 1,
	0xc7, 0x05, 0x00, 0x03, 0xe0, 0xfe, 8, 0x46, 0, 0,
	0xe6, 0x10, 0xf4,
};
static const unsigned char second[] = { 0xe6, 0x11, 0xf4 }; /* out 0x11, al */

static int vcpus[2];
static struct kvm_run *runs[2];
static volatile int arrived;

static void load(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		perror(path);
	close(fd);
}

static void *run_second(void *arg)
{
	(void)arg;
	for (;;) {
		ioctl(vcpus[1], KVM_RUN, 0);
		if (runs[1]->exit_reason == KVM_EXIT_IO)
			arrived = 1;
	}
	return NULL;
}

static void run_first(void)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs = { .rflags = 2 };

	ioctl(vcpus[0], KVM_GET_SREGS, &sregs);
	sregs.cs = (struct kvm_segment){ .limit = ~0u, .type = 11, .present = 1,
					 .s = 1, .db = 1, .g = 1, .selector = 8 };
	sregs.ds = sregs.cs;
	sregs.ds.type = 3;
	sregs.es = sregs.ss = sregs.ds;
	sregs.cr0 = 0x11;
	ioctl(vcpus[0], KVM_SET_SREGS, &sregs);
	ioctl(vcpus[0], KVM_SET_REGS, &regs);
	do {
		ioctl(vcpus[0], KVM_RUN, 0);
	} while (runs[0]->exit_reason != KVM_EXIT_IO);
}

static void try(const char *how, int renew)
{
	int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
	unsigned char *ram = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.memory_size = 65536, .userspace_addr = (unsigned long)ram
	};
	struct kvm_lapic_state apic;
	pthread_t thread;

	memcpy(ram, first, sizeof(first));
	memcpy(ram + 0x8000, second, sizeof(second));
	if (kvm < 0 || vm < 0 ||
	    ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) ||
	    ioctl(vm, KVM_CREATE_IRQCHIP, 0)) {
		perror(how);
		return;
	}
	for (int i = 0; i < 2; i++) {
		vcpus[i] = ioctl(vm, KVM_CREATE_VCPU, i);
		runs[i] = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
			       PROT_READ | PROT_WRITE, MAP_SHARED, vcpus[i], 0);
	}
	if (renew && (ioctl(vcpus[0], KVM_GET_LAPIC, &apic) ||
		      ioctl(vcpus[0], KVM_SET_LAPIC, &apic)))
		perror("KVM_SET_LAPIC");
	arrived = 0;
	pthread_create(&thread, NULL, run_second, NULL);
	run_first();
	for (int i = 0; i < 50 && !arrived; i++)
		usleep(100000);
	printf("%s: %s\n", how, arrived ? "arrived" : "lost");
	fflush(stdout);
}

int main(void)
{
	mkdir("/dev", 0755);
	mknod("/dev/kvm", S_IFCHR | 0600, makedev(10, 232));
	load("/irqbypass.ko");
	load("/kvm.ko");
	load("/kvm-amd.ko");
	if (!fork()) {
		try("as created", 0);
		_exit(0);
	}
	sleep(7);
	try("after KVM_SET_LAPIC of what KVM_GET_LAPIC gave", 1);
	reboot(RB_POWER_OFF);
}
END

modules=root/lib/modules/$version/kernel
mkdir tree
gcc -static -O1 -o tree/init init.c -pthread
cp "$modules/virt/lib/irqbypass.ko" "$modules"/arch/x86/kvm/kvm.ko \
	"$modules"/arch/x86/kvm/kvm-amd.ko tree
(cd tree && find . | cpio -o -H newc --quiet) >initramfs
timeout 300 qemu-system-x86_64 -M q35 -accel tcg,thread=single -cpu max,+svm \
	-smp 2 -m 512 -nographic -no-reboot -nodefaults -serial stdio \
	-kernel "root/boot/vmlinuz-$version" -initrd initramfs \
	-append "console=ttyS0 quiet panic=-1" </dev/null >out 2>&1 || :
tr -d '\r' <out | grep -a -E '(lost|arrived)$' >seen || {
	tail -n 20 out >&2
	exit 2
}
qemu-system-x86_64 --version | head -n 1
cat seen
printf '%s\n' 'as created: lost' \
	'after KVM_SET_LAPIC of what KVM_GET_LAPIC gave: arrived' | cmp -s - seen
