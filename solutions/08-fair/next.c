/*
 * Who has the CPU next: stride scheduling. A process's pass goes on by what it used,
 * divided by its shares; the least one is next. It is compared with those of
 * the others only, so whoever comes, or comes back, begins where they are.
 */

#define STRIDE 5040 /* divisible by every number of shares */

static struct {
	int pid;
	bool waits; /* was ready when looked at last */
	uint32_t ticks, pass;
} seen[PROCESS_MAX];

static uint32_t shares(const struct process *p)
{
	uint32_t i = 0;

	while (i < NAME_SIZE - 1 && p->name[i + 1])
		i++;
	return p->name[i] >= '1' && p->name[i] <= '9' ? p->name[i] - '0' : 1;
}

/* Brings what is known of @p up to date; @now is where all the others are. */
static uint32_t pass_of(const struct process *p, uint32_t now)
{
	uint32_t i = p - table;
	bool ready = p->state == READY;

	if (seen[i].pid != p->pid) {
		seen[i].pid = p->pid;
		seen[i].ticks = p->ticks;
		seen[i].waits = false;
	}
	if (ready && !seen[i].waits && (int)(seen[i].pass - now) < 0)
		seen[i].pass = now;
	seen[i].waits = ready;
	seen[i].pass += (p->ticks - seen[i].ticks) * STRIDE / shares(p);
	seen[i].ticks = p->ticks;
	return seen[i].pass;
}

static struct process *find_next(void)
{
	static uint32_t now;
	uint32_t from = current ? current - table : 0, least = 0, pass;
	struct process *next = NULL;

	for (uint32_t i = 1; i <= PROCESS_MAX; i++) {
		struct process *p = &table[(from + i) % PROCESS_MAX];

		pass = pass_of(p, now);
		if (p->state != READY || (next && (int)(pass - least) >= 0))
			continue;
		next = p;
		least = pass;
	}
	if (next)
		now = least;
	return next;
}
