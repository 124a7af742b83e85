/* The values of options, as users write them. */
#include "cli_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/smp.h"
#include "memory.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/size.h"

#define TIMEOUT_MIN_NS 1000000
#define TIMEOUT_MAX    1000000000UL /* seconds */

int cli_refuse(const char *option, const char *why)
{
	log_error("%s: %s; try `kvm-vmm --help`", option, why);
	return -EINVAL;
}

int cli_parse_mem(uint64_t *size, const char *text)
{
	if (size_parse(text, size))
		return cli_refuse("--mem", "give a size such as 64K, 128M or "
					   "5G");
	if (*size < MEM_MIN || *size > MEM_MAX || *size % 4096)
		return cli_refuse("--mem", "give whole 4 KiB pages, from 64K "
					   "to 1T");
	return 0;
}

/* Hexadecimal behind 0x, else decimal, and nothing else. */
int cli_parse_load_at(uint64_t *gpa, const char *text)
{
	char *end;

	errno = 0;
	*gpa = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (*text < '0' || *text > '9' || errno || *end ||
	    *gpa >= MEM_HOLE_START)
		return cli_refuse("--load-at", "give an address such as "
					       "0x100000, below 0xc0000000");
	return 0;
}

int cli_parse_smp(unsigned int *nr, const char *text)
{
	uint64_t count;

	if (size_number(text, ~0u, &count) || !count)
		return cli_refuse("--smp", "give a number of vCPUs, 1 or "
					   "more");
	if (count > smp_limit()) {
		log_error("--smp: this kvm-vmm was built for at most %u; set "
			  "SMP and SMP_MAX in `make menuconfig`",
			  smp_limit());
		return -EINVAL;
	}
	*nr = count;
	return 0;
}

int cli_parse_timeout(uint64_t *ns, const char *text)
{
	if (size_seconds(text, TIMEOUT_MAX, ns) || *ns < TIMEOUT_MIN_NS)
		return cli_refuse("--timeout", "give seconds, such as 10 or "
					       "0.5");
	return 0;
}

int cli_parse_eof(enum eof_action *action, const char *text)
{
	static const char *const words[] = {
		[EOF_WAIT] = "wait", [EOF_POWEROFF] = "poweroff", [EOF_HANGUP] = "hangup"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i])) {
			*action = i;
			return 0;
		}
	}
	return cli_refuse("--eof", "give wait, poweroff or hangup");
}

int cli_parse_keys(const char **device, const char *text)
{
	static const char *const words[] = { "auto", "serial", "keyboard",
					     "console" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		*device = i ? words[i] : NULL;
		return 0;
	}
	return cli_refuse("--keys", "give serial, keyboard, console or auto");
}

int cli_parse_max_exits(uint64_t *nr, const char *text)
{
	if (size_number(text, ~0UL, nr) || !*nr)
		return cli_refuse("--max-exits", "give a number, 1 or more");
	return 0;
}

int cli_parse_max_output(uint64_t *bytes, const char *text)
{
	if (size_parse(text, bytes) || !*bytes)
		return cli_refuse("--max-output",
				  "give a number of bytes, such "
				  "as 4000 or 64K");
	return 0;
}
