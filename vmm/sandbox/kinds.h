/* Who makes a system call: the second column of calls.h. */
#ifndef MKVM_SANDBOX_KINDS_H
#define MKVM_SANDBOX_KINDS_H

enum {
	MAIN = 1 << 0,
	VCPU = 1 << 1,
	WORKER = 1 << 2,
	SHARE = 1 << 3,
	SERVICE = 1 << 4,
	NAMES = 1 << 5,
	SAN = 1 << 6,
	SAVER = 1 << 7,
};

/* Of clone(): what makes a thread and no process, and what a C library may add. */
#define THREAD_MUST \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_MAY                                            \
	(CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | \
	 CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED)

/* In place of this process's number, which a filter is given when it is taken. */
#define SELF 0x5e1f5e1f

#endif
