/*
 * vmctl: what a guest says to its virtual machine. By the name it is called by
 * it ends it: poweroff, reboot, halt, and `vmexit STATUS`, which also hands a status
 * back. By its own: `vmctl exit STATUS`, `vmctl save`, and what a guest does that
 * was restored (vmctl_saved.c).
 *
 * Power-off is hypercall 8 of Mini-KVM (abi/hypercall.h); on another machine
 * that port is dead and Linux is asked instead. No C library and no start
 * files (gcc -nostdlib -static): the program is its own start code,
 * a few system calls and one OUT instruction.
 *
 * The first instruction is the marker that instruction-counting tools look
 * for. `rdinit=/sbin/poweroff` makes this the first program, so the count is
 * that of a boot from power-on to the first instruction in user space.
 */
#include "abi/hypercall.h"

#include "vmctl.h"

#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/reboot.h>

#define VMEXIT	 "/sbin/vmexit"
#define IOPL_ALL 3 /* every port, as long as the program runs */

__asm__(".globl _start\n"
	"_start:\n"
	".byte 0x0f, 0x1f, 0x80, 0x4d, 0x4b, 0x56, 0x4d\n" /* the marker */
	"mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call vmctl_main\n");

void end(int status)
{
	for (;;)
		call(__NR_exit_group, status, 0, 0);
}

/* A byte a call: it is rare, and a loop that counts would become strlen(). */
void say(int fd, const char *text)
{
	for (; *text; text++)
		call(__NR_write, fd, (long)text, 1);
}

void fail(int status, const char *text)
{
	say(STDERR, "vmctl: ");
	say(STDERR, text);
	end(status);
}

int same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static const char *last_part(const char *path)
{
	const char *part = path;

	for (; *path; path++)
		if (*path == '/')
			part = path + 1;
	return part;
}

/* Waits until the last words are out: the terminal sends by interrupts. */
static void drain_console(void)
{
	long fd = call(__NR_open, (long)"/dev/console", O_WRONLY | O_NOCTTY, 0);

	if (fd >= 0)
		call(__NR_ioctl, fd, TCSBRK, 1);
}

int open_ports(void)
{
	if (call(__NR_iopl, IOPL_ALL, 0, 0) >= 0)
		return 1;
	say(STDERR, "vmctl: no access to I/O ports: only root has it, and the "
		    "kernel needs X86_IOPL_IOPERM\n");
	return 0;
}

/* Ends the VM with a status; comes back where Mini-KVM is not the host. */
static void hypercall_exit(int status)
{
	if (open_ports())
		hypercall(HC_EXIT_STATUS, status);
}

static __attribute__((noreturn)) void ask_linux(long command)
{
	call(__NR_sync, 0, 0, 0);
	drain_console();
	call(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command);
	fail(EXIT_FAILED, "Linux refused; only root may do this\n");
}

static __attribute__((noreturn)) void power_off(int status)
{
	call(__NR_sync, 0, 0, 0);
	drain_console();
	hypercall_exit(status);
	ask_linux(LINUX_REBOOT_CMD_POWER_OFF);
}

/* A decimal number up to HC_STATUS_MAX. */
static int parse_status(const char *text)
{
	int status = 0;

	if (!*text)
		fail(EXIT_USAGE, "the status is empty; 0 to 63\n");
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			fail(EXIT_USAGE, "the status is a number, 0 to 63\n");
		status = status * 10 + *text - '0';
		if (status > HC_STATUS_MAX)
			fail(EXIT_USAGE, "the status is too large; a VM hands "
					 "back 0 to 63\n");
	}
	return status;
}

/* Called by its own name. */
static __attribute__((noreturn)) void command(long argc, const char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (argc == 3 && same(name, "exit")) {
		parse_status(argv[2]);
		argv[1] = VMEXIT; /* may have more to do: initramfs/std */
		call(__NR_execve, (long)VMEXIT, (long)(argv + 1),
		     (long)(argv + argc + 1));
		power_off(parse_status(argv[2]));
	}
	if (argc == 2 && same(name, "save"))
		save();
	if (argc == 2 && same(name, "freshen"))
		freshen_now();
	if (argc == 2 && same(name, "watch"))
		watch();
	fail(EXIT_USAGE, "exit STATUS (0 to 63): end the VM\n"
			 "       save: where kvm-vmm's --save says; prints "
			 "saved, or restored in who is\n"
			 "       freshen: random numbers, and the time, from "
			 "the host\n"
			 "       watch: in the background, each time the VM "
			 "was restored\n");
}

/* stack: argc, argv[0], argv[1], ..., 0, as Linux leaves it. */
__attribute__((noreturn, used)) void vmctl_main(char **stack)
{
	long argc = (long)stack[0];
	const char *name = argc ? last_part(stack[1]) : "";

	if (same(name, "vmctl"))
		command(argc, (const char **)stack + 1);
	if (same(name, "vmexit")) {
		if (argc != 2)
			fail(EXIT_USAGE, "vmexit takes one status, 0 to 63\n");
		power_off(parse_status(stack[2]));
	}
	for (long i = 2; i <= argc; i++)
		if (!same(stack[i], "-f"))
			fail(EXIT_USAGE, "only -f is known, and changes "
					 "nothing\n");
	if (same(name, "poweroff"))
		power_off(0);
	if (same(name, "reboot"))
		ask_linux(LINUX_REBOOT_CMD_RESTART);
	if (same(name, "halt"))
		ask_linux(LINUX_REBOOT_CMD_HALT);
	fail(EXIT_USAGE,
	     "call me vmctl, poweroff, reboot, halt or vmexit STATUS\n");
}
