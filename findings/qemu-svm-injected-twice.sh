#!/bin/bash
# QEMU: with two emulated processors, an interrupt that KVM injects once comes twice.
#
# Seen with QEMU 7.2 (Debian 12's qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3) and, inside,
# Linux 6.1.192 (linux-image-6.1.0-56-cloud-amd64=6.1.192-2, KVM on AMD-V). VMRUN with an
# event in EVENTINJ delivers it at once, and QEMU leaves its vector where its loop keeps
# the exception that is still to be raised. An exit clears that. What makes QEMU leave its
# loop before, such as the other processor's turn ten times a second, raises it again: the
# guest is in the handler for the second time, its interrupts off. A kernel that has
# taken a lock there waits for itself. With one processor nobody's turn comes. Seen
# (the second number is another one each time):
#
#     one processor: injected 2000, again 0
#     two processors: injected 2000, again 10
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
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TIMES	2000
#define VECTOR	0x30
#define COUNTER 0x5000

/* 32 bits, flat: sti; out 0x10, al; jmp to the sti */
static const unsigned char code[] = { 0xfb, 0xe6, 0x10, 0xeb, 0xfb };
/* incl COUNTER; movl $200000, ecx; dec ecx; jnz to the dec; end of interrupt; iret */
static const unsigned char handler[] = {
	0xff, 0x05, 0, 0x50, 0, 0,
	0xb9, 0x40, 0x0d, 3, 0, 0x49, 0x75, 0xfd,
	0xc7, 0x05, 0xb0, 0, 0xe0, 0xfe, 0, 0, 0, 0,
	0xcf,
};
static const unsigned long long gdt[] = {
	0, 0x00cf9b000000ffff, 0x00cf93000000ffff,
};
static const unsigned long long gate = 0x00008e0000082000; /* to 8:2000 */

static void load(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		perror(path);
	close(fd);
}

static void make_cpu(int vcpu, unsigned char *ram)
{
	struct kvm_regs regs = { .rip = 0x1000, .rsp = 0x8000, .rflags = 2 };
	const unsigned int on = 0x1ff;
	struct kvm_lapic_state apic;
	struct kvm_sregs sregs;

	memcpy(ram + 0x1000, code, sizeof(code));
	memcpy(ram + 0x2000, handler, sizeof(handler));
	memcpy(ram + 0x3000 + VECTOR * 8, &gate, sizeof(gate));
	memcpy(ram + 0x4000, gdt, sizeof(gdt));
	ioctl(vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs = (struct kvm_segment){ .limit = ~0u, .type = 11, .present = 1,
					 .s = 1, .db = 1, .g = 1, .selector = 8 };
	sregs.ds = sregs.cs;
	sregs.ds.type = 3;
	sregs.ds.selector = 16;
	sregs.es = sregs.ss = sregs.ds;
	sregs.idt.base = 0x3000;
	sregs.idt.limit = 0x7ff;
	sregs.gdt.base = 0x4000;
	sregs.gdt.limit = sizeof(gdt) - 1;
	sregs.cr0 = 0x11;
	ioctl(vcpu, KVM_SET_SREGS, &sregs);
	ioctl(vcpu, KVM_SET_REGS, &regs);
	ioctl(vcpu, KVM_GET_LAPIC, &apic);
	memcpy(&apic.regs[0xf0], &on, sizeof(on));
	ioctl(vcpu, KVM_SET_LAPIC, &apic);
}

int main(void)
{
	struct kvm_msi message = { .address_lo = 0xfee00000, .data = VECTOR };
	unsigned char *ram = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.memory_size = 65536, .userspace_addr = (unsigned long)ram
	};
	int kvm, vm, vcpu, sent = 0;
	unsigned int entered;

	mkdir("/dev", 0755);
	mknod("/dev/kvm", S_IFCHR | 0600, makedev(10, 232));
	load("/irqbypass.ko");
	load("/kvm.ko");
	load("/kvm-amd.ko");
	kvm = open("/dev/kvm", O_RDWR);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) ||
	    ioctl(vm, KVM_CREATE_IRQCHIP, 0))
		perror("KVM");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	make_cpu(vcpu, ram);
	while (!ioctl(vcpu, KVM_RUN, 0) && sent < TIMES &&
	       ioctl(vm, KVM_SIGNAL_MSI, &message) == 1)
		sent++;
	memcpy(&entered, ram + COUNTER, sizeof(entered));
	printf("injected %d, again %d\n", sent, (int)entered - sent);
	fflush(stdout);
	reboot(RB_POWER_OFF);
}
END

modules=root/lib/modules/$version/kernel
mkdir tree
gcc -static -O1 -o tree/init init.c
cp "$modules/virt/lib/irqbypass.ko" "$modules"/arch/x86/kvm/kvm.ko \
	"$modules"/arch/x86/kvm/kvm-amd.ko tree
(cd tree && find . | cpio -o -H newc --quiet) >initramfs

# injected CPUS: how often it came again.
injected() {
	timeout 300 qemu-system-x86_64 -M q35 -accel tcg,thread=single -cpu max,+svm \
		-smp "$1" -m 512 -nographic -no-reboot -nodefaults -serial stdio \
		-kernel "root/boot/vmlinuz-$version" -initrd initramfs \
		-append "console=ttyS0 quiet panic=-1" </dev/null >out 2>&1 || :
	tr -d '\r' <out | grep -a -o -E 'injected 2000, again [0-9]+$' || {
		tail -n 20 out >&2
		exit 2
	}
}

qemu-system-x86_64 --version | head -n 1
one=$(injected 1)
echo "one processor: $one"
two=$(injected 2)
echo "two processors: $two"
[ "$one" = "injected 2000, again 0" ] && [ "$two" != "$one" ]
