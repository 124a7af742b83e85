/*
 * Between the parts of vmctl, which has no C library: vmctl.c ends the virtual
 * machine, vmctl_saved.c has it saved, and sees to what must differ in a guest
 * that was restored.
 */
#ifndef VMCTL_H
#define VMCTL_H

#include <asm/unistd.h>

#define EXIT_USAGE  64
#define EXIT_FAILED 70
#define STDOUT	    1
#define STDERR	    2

static inline long call(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long call4(long number, long a, long b, long c, long d)
{
	register long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
			 : "rcx", "r11", "memory");
	return result;
}

__attribute__((noreturn)) void end(int status);
void say(int fd, const char *text);
__attribute__((noreturn)) void fail(int status, const char *text);
int same(const char *a, const char *b);

/* Access to the ports. False after a message: the kernel refuses. */
int open_ports(void);

/* The hypercalls, of a program that has that. Here, to be inlined. */
static inline void hypercall(unsigned char function, int argument)
{
	__asm__ volatile("outb %%al, %%dx"
			 :
			 : "a"(function), "b"(argument), "d"(0x500)
			 : "memory");
}

static inline unsigned int result4(void)
{
	unsigned int val;

	__asm__ volatile("inl %%dx, %%eax" : "=a"(val) : "d"(0x500));
	return val;
}

/* `vmctl save`: asks for it, tells who is who, and ends. */
__attribute__((noreturn)) void save(void);

/* `vmctl freshen`: as a guest does that was restored. `vmctl watch`: does that
 * each time it was, in the background. */
__attribute__((noreturn)) void freshen_now(void);
__attribute__((noreturn)) void watch(void);

#endif
