/*
 * System calls: lib/system.h has their contracts. A pointer is an enemy's
 * until space_allows() has said otherwise; after that nothing can take the
 * page away, because nothing else runs before the call is over.
 */
#include "kernel/kernel.h"
#include "lib/string.h"

/* Can the program read, or with SPACE_WRITABLE write, there? */
static bool is_ok(uint32_t address, uint32_t len, uint32_t flags)
{
	return space_allows(current->space, address, len, flags);
}

/* Copies a program's string; false if it is too long or not all there. */
static bool copy_string(char *to, uint32_t from, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		if (!is_ok(from + i, 1, 0))
			return false;
		to[i] = *(const char *)(from + i);
		if (!to[i])
			return true;
	}
	return false;
}

static int sys_exit(uint32_t status, uint32_t b, uint32_t c)
{
	(void)b;
	(void)c;
	process_end(current, status);
	return 0;
}

/* Not all at once: printing is slow, and the clock must not lose a tick. */
static int sys_write(uint32_t buf, uint32_t len, uint32_t c)
{
	(void)c;
	if (!is_ok(buf, len, 0))
		return -E_POINTER;
	if (len > WRITE_MAX)
		len = WRITE_MAX;
	tty_write((const char *)buf, len);
	return len;
}

static int sys_read(uint32_t buf, uint32_t len, uint32_t c)
{
	(void)c;
	if (!is_ok(buf, len, SPACE_WRITABLE))
		return -E_POINTER;
	if (current != process_front)
		return -E_FRONT;
	return tty_read((char *)buf, len);
}

static int sys_spawn(uint32_t name, uint32_t args, uint32_t flags)
{
	char name_copy[NAME_SIZE], args_copy[ARGS_SIZE];

	if (!copy_string(name_copy, name, sizeof(name_copy)) ||
	    !copy_string(args_copy, args, sizeof(args_copy)))
		return -E_POINTER;
	return process_spawn(name_copy, args_copy, flags);
}

static int sys_wait(uint32_t pid, uint32_t status, uint32_t c)
{
	(void)c;
	if (!is_ok(status, sizeof(int), SPACE_WRITABLE))
		return -E_POINTER;
	return process_wait(pid, (int *)status);
}

static int sys_kill(uint32_t pid, uint32_t b, uint32_t c)
{
	(void)b;
	(void)c;
	return process_kill(pid);
}

static int sys_sleep(uint32_t ticks, uint32_t b, uint32_t c)
{
	uint32_t start = timer_ticks;

	(void)b;
	(void)c;
	while (timer_ticks - start < ticks)
		process_block(&timer_ticks);
	return 0;
}

static int sys_uptime(uint32_t answer, uint32_t b, uint32_t c)
{
	(void)b;
	(void)c;
	if (!is_ok(answer, sizeof(struct uptime), SPACE_WRITABLE))
		return -E_POINTER;
	*(struct uptime *)answer =
		(struct uptime){ timer_ticks, timer_idle_ticks };
	return 0;
}

static int sys_processes(uint32_t info, uint32_t max, uint32_t c)
{
	uint32_t size = max * sizeof(struct process_info);

	(void)c;
	if (max > INT32_MAX / sizeof(struct process_info) ||
	    !is_ok(info, size, SPACE_WRITABLE))
		return -E_POINTER;
	return process_list((struct process_info *)info, max);
}

static int sys_memory(uint32_t answer, uint32_t b, uint32_t c)
{
	(void)b;
	(void)c;
	if (!is_ok(answer, sizeof(struct memory_info), SPACE_WRITABLE))
		return -E_POINTER;
	page_count((struct memory_info *)answer);
	return 0;
}

static int (*const calls[SYS_COUNT])(uint32_t a, uint32_t b, uint32_t c) = {
	[SYS_EXIT] = sys_exit,	       [SYS_WRITE] = sys_write,
	[SYS_READ] = sys_read,	       [SYS_SPAWN] = sys_spawn,
	[SYS_WAIT] = sys_wait,	       [SYS_KILL] = sys_kill,
	[SYS_SLEEP] = sys_sleep,       [SYS_UPTIME] = sys_uptime,
	[SYS_PROCESS] = sys_processes, [SYS_MEMORY] = sys_memory,
};

int32_t syscall(const struct trap_frame *f)
{
	if (f->eax >= SYS_COUNT)
		return -E_CALL;
	return calls[f->eax](f->ebx, f->ecx, f->edx);
}
