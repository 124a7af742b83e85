/*
 * Processes. Each has an address space, and a stack for the kernel while it
 * works for that process.
 */
#include "kernel/kernel.h"

#define PROCESS_MAX  16
#define EFLAGS_IF    0x202 /* interrupts on, and a bit that is always 1 */
#define STACK_CANARY 0x1badcafe

/* What a new process's kernel stack holds: see switch_stacks() in entry.S. */
struct first_stack {
	uint32_t edi, esi, ebx, ebp;
	void (*resume)(void);
	struct trap_frame frame;
};

void switch_stacks(uint32_t *from, uint32_t to);
void trap_return(void);

/* The first process is table[0] and stays there. */
static struct process table[PROCESS_MAX];
static struct process *const table_end = table + PROCESS_MAX;

struct process *current, *process_front;

static void release(struct process *p)
{
	if (p->space)
		space_free(p->space);
	memset(p, 0, sizeof(*p));
}

/* Makes @p enter its program when it is first scheduled. */
static int load(struct process *p, const struct program *program)
{
	struct first_stack *first = (struct first_stack *)(p + 1) - 1;

	first->resume = trap_return;
	first->frame.eip = PROGRAM_ENTRY;
	first->frame.cs = USER_CODE;
	first->frame.eflags = EFLAGS_IF;
	first->frame.esp = first->frame.eax = PROGRAM_ARGS;
	first->frame.ss = USER_DATA;
	p->saved = (uint32_t)first;
	p->stack[0] = STACK_CANARY;
	memcpy(p->name, program->name, NAME_SIZE);
	p->space = space_create();
	return p->space ? program_load(p->space, program) : -E_MEMORY;
}

int sys_spawn(void *program, uint32_t flags)
{
	static int last_pid;
	struct program copy = *(struct program *)program;
	struct process *p = table;
	int err;

	while (p < table_end && p->state != FREE)
		p++;
	if (p == table_end)
		return -E_MEMORY;
	copy.name[NAME_SIZE - 1] = copy.args[ARGS_SIZE - 1] = 0;
	err = load(p, &copy);
	if (current)
		space_use(current->space);
	if (err) {
		release(p);
		return err;
	}
	p->pid = ++last_pid;
	p->parent = current;
	p->state = READY;
	if (current == process_front && (flags & SPAWN_FRONT))
		process_front = p;
	return p->pid;
}

void process_end(struct process *process, int status)
{
	if (process == table)
		power_off(status < 0 ? 1 : status);
	process->state = ENDED;
	process->status = status;
	if (process_front == process)
		process_front = process->parent;
	for (struct process *p = table; p < table_end; p++)
		if (p->parent == process)
			p->parent = table;
	process_wake(process);
}

int sys_exit(void *none, uint32_t status)
{
	process_end(current, status);
	return 0;
}

int sys_kill(void *none, uint32_t pid)
{
	for (struct process *p = table; p < table_end; p++) {
		if (p->state != FREE && p->state != ENDED &&
		    p->pid == (int)pid) {
			process_end(p, STATUS_KILLED);
			return 0;
		}
	}
	return -E_PROCESS;
}

/* A place that is free has no parent, so it is nobody's child. */
int sys_wait(void *status, uint32_t pid)
{
	for (struct process *p = table; p < table_end; p++) {
		if (p->parent != current || (pid && p->pid != (int)pid))
			continue;
		while (pid && p->state != ENDED)
			process_block(p);
		if (p->state == ENDED) {
			*(int *)status = p->status;
			pid = p->pid;
			release(p);
			return pid;
		}
	}
	return pid ? -E_PROCESS : 0;
}

int sys_process(void *info, uint32_t index)
{
	const struct process *p = &table[index % PROCESS_MAX];
	struct process_info *answer = info;

	if (index >= PROCESS_MAX)
		return -E_PROCESS;
	answer->pid = p->pid;
	answer->parent = p->parent ? p->parent->pid : 0;
	answer->state = p->state;
	answer->ticks = p->ticks;
	memcpy(answer->name, p->name, NAME_SIZE);
	return 0;
}

void process_block(const void *channel)
{
	current->state = BLOCKED;
	current->channel = channel;
	schedule();
}

void process_wake(const void *channel)
{
	for (struct process *p = table; p < table_end; p++)
		if (p->state == BLOCKED && p->channel == channel)
			p->state = READY;
}

/* The next that is ready, in a circle that begins behind the current one. */
static struct process *find_next(void)
{
	uint32_t from = current ? current - table : 0;

	for (uint32_t i = 1; i <= PROCESS_MAX; i++) {
		struct process *p = &table[(from + i) % PROCESS_MAX];

		if (p->state == READY)
			return p;
	}
	return NULL;
}

void schedule(void)
{
	static uint32_t boot_stack;
	struct process *before = current;

	if (before && before->stack[0] != STACK_CANARY)
		panic("kernel stack overflow");
	if (before && before->state == RUNNING)
		before->state = READY;
	while (!(current = find_next())) {
		current = before;
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	}
	current->state = RUNNING;
	if (current == before)
		return;
	space_use(current->space);
	segments_set_stack((uint32_t)(current + 1));
	switch_stacks(before ? &before->saved : &boot_stack, current->saved);
}
