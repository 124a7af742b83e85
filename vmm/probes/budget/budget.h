/*
 * Budgets of VM exits: parse.c reads what the user wants, budget.c, the
 * probe, counts and judges.
 */
#ifndef MKVM_BUDGET_H
#define MKVM_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define BUDGETS_MAX 32

enum budget_relation { AT_MOST, AT_LEAST, EXACTLY };

/* One condition that each guest must meet, such as IO:3f8<=2000. */
struct budget {
	unsigned int reason; /* KVM_EXIT_*, or BUDGET_ANY */
	bool has_place;
	uint64_t first, last; /* ports, or addresses of memory */
	enum budget_relation relation;
	uint64_t count;
	const char *text; /* as it was given, not ended by a NUL */
	int text_len;
};

#define BUDGET_ANY (~0u)

/*
 * Reads the condition that @text begins with. What follows it in *@end: a
 * comma or the NUL. 0, or -EINVAL without a message.
 */
int budget_parse(struct budget *budget, const char *text, const char **end);

/* Whether a guest that had @count such exits has kept it. */
bool budget_is_kept(const struct budget *budget, uint64_t count);

#endif
