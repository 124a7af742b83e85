/*
 * System calls. A pointer is an enemy's until space_allows() has said otherwise;
 * after that nothing can take the memory away while the call lasts, because
 * only the program itself could.
 */
#include "kernel/kernel.h"

#define BY_NUMBER UINT16_MAX /* as many bytes as the number says */

/* What a call does, and how large a thing its pointer must point to. */
static const struct {
	system_call *run;
	uint16_t size; /* 0: it has no pointer */
	uint16_t flags;
} calls[SYS_COUNT] = {
	[SYS_EXIT] = { sys_exit, 0, 0 },
	[SYS_WRITE] = { sys_write, BY_NUMBER, 0 },
	[SYS_READ] = { sys_read, BY_NUMBER, WRITABLE },
	[SYS_SPAWN] = { sys_spawn, sizeof(struct program), 0 },
	[SYS_WAIT] = { sys_wait, sizeof(int), WRITABLE },
	[SYS_KILL] = { sys_kill, 0, 0 },
	[SYS_SLEEP] = { sys_sleep, 0, 0 },
	[SYS_UPTIME] = { sys_uptime, sizeof(struct uptime), WRITABLE },
	[SYS_PROCESS] = { sys_process, sizeof(struct process_info), WRITABLE },
	[SYS_MEMORY] = { sys_memory, sizeof(struct memory_info), WRITABLE },
};

int syscall(const struct trap_frame *f)
{
	uint32_t size;

	if (f->eax >= SYS_COUNT)
		return -E_CALL;
	size = calls[f->eax].size;
	if (!size)
		return calls[f->eax].run(NULL, f->ebx);
	if (size == BY_NUMBER)
		size = f->ecx;
	if (!space_allows(current->space, f->ebx, size, calls[f->eax].flags))
		return -E_POINTER;
	return calls[f->eax].run((void *)f->ebx, f->ecx);
}
