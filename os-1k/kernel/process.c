/*
 * Processes. Each has an address space, and a page of its own that is the
 * stack of the kernel while it works for that process.
 */
#include "kernel/kernel.h"
#include "kernel/x86.h"
#include "lib/string.h"

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

static struct process table[PROCESS_MAX]; /* the first process is table[0] */
static int last_pid;

struct process *current, *process_front;

#define FOR_EACH_PROCESS(p) \
	for (struct process *p = table; p < table + PROCESS_MAX; p++)

static struct process *find_state(enum process_state state)
{
	FOR_EACH_PROCESS(p)
	if (p->state == state)
		return p;
	return NULL;
}

static void release(struct process *p)
{
	if (p->space)
		space_free(p->space);
	if (p->stack)
		page_free(p->stack);
	memset(p, 0, sizeof(*p));
}

/* The stack of the program: its arguments at the top, their address below. */
static int make_stack(struct process *p, const char *args, uint32_t *esp)
{
	char *page = NULL;

	for (uint32_t at = STACK_TOP - STACK_SIZE; at < STACK_TOP;
	     at += PAGE_SIZE) {
		page = space_map(p->space, at, SPACE_WRITABLE);
		if (!page)
			return -E_MEMORY;
	}
	memcpy(page + PAGE_SIZE - ARGS_SIZE, args, strlen(args));
	*esp = STACK_TOP - ARGS_SIZE - 16;
	*(uint32_t *)(page + PAGE_SIZE - ARGS_SIZE - 16) =
		STACK_TOP - ARGS_SIZE;
	return 0;
}

/* Fills in a process that enters its program when it is first scheduled. */
static int load(struct process *p, const char *name, const char *args)
{
	struct first_stack *first;
	uint32_t entry, esp;
	int err;

	p->space = space_create();
	p->stack = page_alloc();
	if (!p->space || !p->stack)
		return -E_MEMORY;
	err = program_load(p->space, name, &entry);
	if (!err)
		err = make_stack(p, args, &esp);
	if (err)
		return err;
	*(uint32_t *)p->stack = STACK_CANARY;
	first = (void *)(p->stack + PAGE_SIZE - sizeof(*first));
	first->resume = trap_return;
	first->frame = (struct trap_frame){
		.eip = entry,
		.cs = USER_CODE,
		.eflags = EFLAGS_IF,
		.esp = esp,
		.ss = USER_DATA,
		.ds = USER_DATA,
		.es = USER_DATA,
	};
	p->saved = (uint32_t)first;
	memcpy(p->name, name, strlen(name) + 1);
	return 0;
}

int process_spawn(const char *name, const char *args, int flags)
{
	struct process *p = find_state(FREE);
	int err = p ? load(p, name, args) : -E_MEMORY;

	if (err) {
		if (p)
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
		power_off(status);
	process->state = ENDED;
	process->status = status;
	if (process_front == process)
		process_front = process->parent;
	FOR_EACH_PROCESS(p)
	if (p->parent == process)
		p->parent = table;
	process_wake(process->parent);
}

int process_kill(int pid)
{
	FOR_EACH_PROCESS(p)
	{
		if (p->state == FREE || p->state == ENDED || p->pid != pid)
			continue;
		process_end(p, STATUS_KILLED);
		return 0;
	}
	return -E_PROCESS;
}

int process_wait(int pid, int *status)
{
	for (;;) {
		bool have = false;

		FOR_EACH_PROCESS(p)
		{
			if (p->state == FREE || p->parent != current ||
			    (pid && p->pid != pid))
				continue;
			have = true;
			if (p->state != ENDED)
				continue;
			pid = p->pid;
			*status = p->status;
			release(p);
			return pid;
		}
		if (!pid)
			return 0;
		if (!have)
			return -E_PROCESS;
		process_block(current);
	}
}

int process_list(struct process_info *info, int max)
{
	int n = 0;

	FOR_EACH_PROCESS(p)
	{
		if (p->state == FREE || n == max)
			continue;
		info->pid = p->pid;
		info->parent = p->parent ? p->parent->pid : 0;
		info->state = p->state;
		info->ticks = p->ticks;
		memcpy(info->name, p->name, NAME_SIZE);
		info++;
		n++;
	}
	return n;
}

void process_block(const void *channel)
{
	current->state = BLOCKED;
	current->channel = channel;
	schedule();
}

void process_wake(const void *channel)
{
	FOR_EACH_PROCESS(p)
	if (p->state == BLOCKED && p->channel == channel)
		p->state = READY;
}

/* The next that is ready, in a circle that begins behind the current one. */
static struct process *find_next(void)
{
	int from = current ? current - table : 0;

	for (int i = 1; i <= PROCESS_MAX; i++) {
		struct process *p = &table[(from + i) % PROCESS_MAX];

		if (p->state == READY)
			return p;
	}
	return NULL;
}

void schedule(void)
{
	static uint32_t boot_stack;
	struct process *before = current, *next;

	if (before && before->state == RUNNING)
		before->state = READY;
	while (!(next = find_next()))
		wait_for_interrupt();
	next->state = RUNNING;
	if (next == before)
		return;
	current = next;
	space_use(next->space);
	segments_set_stack((uint32_t)next->stack + PAGE_SIZE);
	switch_stacks(before ? &before->saved : &boot_stack, next->saved);
}
