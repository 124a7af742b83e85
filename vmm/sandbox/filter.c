/*
 * Filters of system calls: programs that tools/seccomp made of calls.h when this was
 * built. Read: seccomp(2); Linux, Documentation/userspace-api/seccomp_filter.rst.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/kinds.h"
#include "sandbox/sandbox.h"
#include "util/reach.h"

#if IS_SANITIZED
#include <filters_san.h>
#else
#include <filters.h>
#endif

#define GATE_LEN 5 /* instructions ahead of a filter that has a gate */
#define LEN_MAX	 1024

static const struct program {
	const struct sock_filter *code;
	size_t len;
} programs[SANDBOX_KINDS] = {
#define PROGRAM(name)                                \
	{                                            \
		name, sizeof(name) / sizeof(name[0]) \
	}
	[SANDBOX_MAIN] = PROGRAM(filter_main),
	[SANDBOX_MAKER] = PROGRAM(filter_maker),
	[SANDBOX_VCPU] = PROGRAM(filter_vcpu),
	[SANDBOX_WORKER] = PROGRAM(filter_worker),
	[SANDBOX_SHARE] = PROGRAM(filter_share),
	[SANDBOX_SERVICE] = PROGRAM(filter_service),
	[SANDBOX_SAVER] = PROGRAM(filter_saver),
};

static const struct program with_names[] = {
	[SANDBOX_MAIN] = PROGRAM(filter_main_names),
	[SANDBOX_MAKER] = PROGRAM(filter_maker_names),
};

const struct sock_filter *filter_of(enum sandbox_kind kind, size_t *len)
{
	const struct program *program = &programs[kind];

	if (kind <= SANDBOX_MAKER && reach_has(REACH_REMOVE))
		program = &with_names[kind];
	*len = program->len;
	return program->code;
}

const char *filter_call_name(int nr)
{
	const char *name = call_names;

	if (nr < 0 || nr >= CALL_NAMES)
		return "?";
	while (nr--)
		name += strlen(name) + 1;
	return *name ? name : "?";
}

bool filter_is_there(void)
{
	/* No program at all: what is missing is found before that is. */
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL);
	return errno == EFAULT;
}

/* What is called from behind @gate is let through. */
static size_t put_gate(struct sock_filter *code, const void *gate)
{
	const struct sock_filter first[GATE_LEN] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(uintptr_t)gate,
			 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer) +
				 sizeof(uint32_t)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			 (uint32_t)((uintptr_t)gate >> 32), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	memcpy(code, first, sizeof(first));
	return GATE_LEN;
}

int filter_take(enum sandbox_kind kind, const void *gate)
{
	struct sock_filter code[GATE_LEN + LEN_MAX];
	struct sock_fprog program = { .filter = code };
	const struct sock_filter *from;
	size_t len, at = gate ? put_gate(code, gate) : 0;

	from = filter_of(kind, &len);
	if (len > LEN_MAX)
		return -E2BIG;
	for (size_t i = 0; i < len; i++) {
		code[at + i] = from[i];
		if (from[i].code == (BPF_JMP | BPF_JEQ | BPF_K) &&
		    from[i].k == SELF)
			code[at + i].k = getpid();
	}
	program.len = at + len;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ?
		       -errno :
		       0;
}
