/*
 * What a budget of VM exits looks like: REASON[:PORT[-PORT]] RELATION NUMBER,
 * without spaces. REASON is as the ledger has it, or ALL; ports and addresses
 * are hexadecimal, the number is decimal.
 */
#include "probes/budget/budget.h"

#include <ctype.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PORT_MAX 0xffff

/* As the ledger and core/exit.c name them. */
static const struct {
	const char *name;
	unsigned int reason;
} reasons[] = {
	{ "ALL", BUDGET_ANY },
	{ "IO", KVM_EXIT_IO },
	{ "MMIO", KVM_EXIT_MMIO },
	{ "HLT", KVM_EXIT_HLT },
	{ "IRQ_WINDOW_OPEN", KVM_EXIT_IRQ_WINDOW_OPEN },
	{ "INTR", KVM_EXIT_INTR },
	{ "SHUTDOWN", KVM_EXIT_SHUTDOWN },
	{ "FAIL_ENTRY", KVM_EXIT_FAIL_ENTRY },
	{ "INTERNAL_ERROR", KVM_EXIT_INTERNAL_ERROR },
	{ "IOAPIC_EOI", KVM_EXIT_IOAPIC_EOI },
	{ "SYSTEM_EVENT", KVM_EXIT_SYSTEM_EVENT },
	{ "UNKNOWN", KVM_EXIT_UNKNOWN },
	{ "EXCEPTION", KVM_EXIT_EXCEPTION },
	{ "HYPERCALL", KVM_EXIT_HYPERCALL },
	{ "DEBUG", KVM_EXIT_DEBUG },
	{ "SET_TPR", KVM_EXIT_SET_TPR },
	{ "TPR_ACCESS", KVM_EXIT_TPR_ACCESS },
	{ "NMI", KVM_EXIT_NMI },
};

static const struct {
	const char *text;
	enum budget_relation relation;
} relations[] = {
	{ "<=", AT_MOST },
	{ ">=", AT_LEAST },
	{ "==", EXACTLY },
};

static int take_reason(struct budget *budget, const char **text)
{
	size_t len = strspn(*text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				   "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strlen(reasons[i].name) != len ||
		    strncasecmp(reasons[i].name, *text, len) != 0)
			continue;
		budget->reason = reasons[i].reason;
		*text += len;
		return 0;
	}
	return -EINVAL;
}

/* A number that begins with a digit: no sign and no space. */
static int take_number(uint64_t *value, const char **text, int base)
{
	char *end;

	if (base == 16 ? !isxdigit((unsigned char)**text) :
			 !isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(*text, &end, base);
	if (errno)
		return -EINVAL;
	*text = end;
	return 0;
}

/* :PORT or :PORT-PORT */
static int take_place(struct budget *budget, const char **text)
{
	if (**text != ':')
		return 0;
	(*text)++;
	if (budget->reason != KVM_EXIT_IO && budget->reason != KVM_EXIT_MMIO)
		return -EINVAL;
	if (take_number(&budget->first, text, 16))
		return -EINVAL;
	budget->last = budget->first;
	if (**text == '-') {
		(*text)++;
		if (take_number(&budget->last, text, 16))
			return -EINVAL;
	}
	budget->has_place = true;
	if (budget->reason == KVM_EXIT_IO && budget->last > PORT_MAX)
		return -EINVAL;
	return budget->first <= budget->last ? 0 : -EINVAL;
}

static int take_relation(struct budget *budget, const char **text)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++) {
		size_t len = strlen(relations[i].text);

		if (strncmp(*text, relations[i].text, len) != 0)
			continue;
		budget->relation = relations[i].relation;
		*text += len;
		return 0;
	}
	return -EINVAL;
}

int budget_parse(struct budget *budget, const char *text, const char **end)
{
	*budget = (struct budget){ .text = text };
	*end = text;
	if (take_reason(budget, end) || take_place(budget, end) ||
	    take_relation(budget, end) || take_number(&budget->count, end, 10))
		return -EINVAL;
	budget->text_len = (int)(*end - text);
	return **end == ',' || !**end ? 0 : -EINVAL;
}

bool budget_is_kept(const struct budget *budget, uint64_t count)
{
	switch (budget->relation) {
	case AT_MOST:
		return count <= budget->count;
	case AT_LEAST:
		return count >= budget->count;
	case EXACTLY:
		return count == budget->count;
	}
	return false;
}
