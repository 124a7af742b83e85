/*
 * Who has the CPU next: the first of the table that is ready.
 */

static struct process *find_next(void)
{
	for (struct process *p = table; p < table_end; p++)
		if (p->state == READY)
			return p;
	return NULL;
}
