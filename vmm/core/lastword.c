/* How a guest that resets itself has ended: see lastword.h for the rule. */
#include "core/lastword.h"

#include <string.h>

#include "memory_seen.h"

/* The BIOS data area's reset flag: what kind of reset is wanted. */
#define RESET_FLAG_GPA	0x472
#define RESET_FLAG_WARM 0x1234

/* The first character of either stands in it only once. */
static const char panic[] = "Kernel panic - not syncing";
static const char restart[] = ": Restarting system";

static const char *begin(char first)
{
	if (first == *panic)
		return panic + 1;
	return first == *restart ? restart + 1 : NULL;
}

enum lastword lastword_hear(struct lastword_ear *ear, const void *buf,
			    size_t len)
{
	enum lastword said = LASTWORD_NONE;
	const char *next = ear->next;

	for (const char *at = buf; len; at++, len--) {
		if (!next || *at != *next) {
			next = begin(*at);
		} else if (!*++next) {
			said = next == panic + sizeof(panic) - 1 ?
				       LASTWORD_PANIC :
				       LASTWORD_RESTART;
			next = NULL;
		}
	}
	ear->next = next;
	return said;
}

/* Behind so many characters of the one line, or of the other behind that. */
unsigned int lastword_place(const struct lastword_ear *ear)
{
	if (!ear->next)
		return 0;
	if (ear->next > panic && ear->next < panic + sizeof(panic))
		return ear->next - panic;
	return sizeof(panic) + (ear->next - restart);
}

bool lastword_set_place(struct lastword_ear *ear, unsigned int place)
{
	const size_t at = place % sizeof(panic);
	const char *line = place < sizeof(panic) ? panic : restart;

	ear->next = NULL;
	if (!place)
		return true;
	if (!at || place >= 2 * sizeof(panic) || at >= strlen(line))
		return false;
	ear->next = line + at;
	return true;
}

const char *lastword_crash(enum lastword said, const struct memory *mem)
{
	uint16_t flag = 0;

	mem_read(mem, RESET_FLAG_GPA, &flag, sizeof(flag));
	if (said == LASTWORD_PANIC)
		return "crashed: kernel panic";
	if (said == LASTWORD_NONE && flag == RESET_FLAG_WARM)
		return "crashed: warm reset, as after a panic";
	return NULL;
}
