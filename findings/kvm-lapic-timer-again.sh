#!/bin/bash
# KVM: a local APIC's timer that has fired once fires again when the APIC's state is
# set back as it was read.
#
# Seen with Linux 6.1.192 (Debian 12's linux-image-6.1.0-56-cloud-amd64=6.1.192-2,
# KVM on AMD-V) in QEMU 7.2's emulation. A timer in one-shot mode that has come to
# its end has an initial count, and a current count of 0. KVM_SET_LAPIC starts a
# timer from its current count, and takes 0 for one that is to fire just now. What
# speaks for it: KVM_GET_LAPIC does not say whether a timer that has expired has been
# made an interrupt yet, and so none is lost. A guest that is saved and restored,
# here or elsewhere, sees one interrupt that it has not asked for. Seen:
#
#     left alone: silent
#     set back as it was: fires again
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
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define OVER  0x10 /* ports: HLT has ended */
#define FIRED 0x11

/* 32 bits, flat: sti; hlt; out 0x10, al; jmp to the hlt */
static const unsigned char code[] = {
	0xfb, 0xf4, 0xe6, OVER, 0xeb, 0xfb,
};
/* movl $0, 0xfee000b0; out 0x11, al; iret */
static const unsigned char handler[] = {
	0xc7, 0x05, 0xb0, 0, 0xe0, 0xfe, 0, 0, 0, 0,
	0xe6, FIRED, 0xcf,
};
static const unsigned long long gdt[] = {
	0, 0x00cf9b000000ffff, 0x00cf93000000ffff,
};
static const unsigned long long gate = 0x00008e0000082000; /* to 8:2000 */

static int vcpu;
static struct kvm_run *run;

static void load(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		perror(path);
	close(fd);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void set_apic(struct kvm_lapic_state *apic, int at, unsigned int val)
{
	memcpy(&apic->regs[at], &val, sizeof(val));
}

/* One interrupt, vector 30h, after a millisecond. */
static void start_timer(void)
{
	struct kvm_lapic_state apic;

	ioctl(vcpu, KVM_GET_LAPIC, &apic);
	set_apic(&apic, 0xf0, 0x1ff);
	set_apic(&apic, 0x320, 0x30);
	set_apic(&apic, 0x3e0, 0xb);
	set_apic(&apic, 0x380, 1000000);
	set_apic(&apic, 0x390, 1000000);
	ioctl(vcpu, KVM_SET_LAPIC, &apic);
}

static void make_cpu(unsigned char *ram)
{
	struct kvm_regs regs = { .rip = 0x1000, .rsp = 0x8000, .rflags = 2 };
	struct kvm_sregs sregs;

	memcpy(ram + 0x1000, code, sizeof(code));
	memcpy(ram + 0x2000, handler, sizeof(handler));
	memcpy(ram + 0x3000 + 0x30 * 8, &gate, sizeof(gate));
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
}

/* The port that it writes to; 0: none within three seconds. */
static int next_port(void)
{
	alarm(3);
	while (!ioctl(vcpu, KVM_RUN, 0))
		if (run->exit_reason == KVM_EXIT_IO)
			return run->io.port;
	return 0;
}

static void try(const char *how, int set_back)
{
	int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
	unsigned char *ram = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.memory_size = 65536, .userspace_addr = (unsigned long)ram
	};
	struct kvm_lapic_state apic;

	if (kvm < 0 || vm < 0 ||
	    ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) ||
	    ioctl(vm, KVM_CREATE_IRQCHIP, 0)) {
		perror(how);
		return;
	}
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
		   PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	make_cpu(ram);
	start_timer();
	if (next_port() != FIRED || next_port() != OVER) {
		printf("%s: never fired\n", how);
		return;
	}
	if (next_port()) {
		printf("%s: not once\n", how);
		return;
	}
	if (set_back && (ioctl(vcpu, KVM_GET_LAPIC, &apic) ||
			 ioctl(vcpu, KVM_SET_LAPIC, &apic)))
		perror("KVM_SET_LAPIC");
	printf("%s: %s\n", how,
	       next_port() == FIRED ? "fires again" : "silent");
	fflush(stdout);
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	mkdir("/dev", 0755);
	mknod("/dev/kvm", S_IFCHR | 0600, makedev(10, 232));
	load("/irqbypass.ko");
	load("/kvm.ko");
	load("/kvm-amd.ko");
	try("left alone", 0);
	try("set back as it was", 1);
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
	-smp 2 -m 512 -nographic -no-reboot -nodefaults -serial stdio \
	-kernel "root/boot/vmlinuz-$version" -initrd initramfs \
	-append "console=ttyS0 quiet panic=-1" </dev/null >out 2>&1 || :
tr -d '\r' <out | grep -a -o -E '(left|set) [a-z ]+: [a-z ]+$' >seen || {
	tail -n 20 out >&2
	exit 2
}
qemu-system-x86_64 --version | head -n 1
cat seen
printf '%s\n' 'left alone: silent' 'set back as it was: fires again' |
	cmp -s - seen
