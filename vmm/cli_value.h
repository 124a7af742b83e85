/* What options of the command line are given. */
#ifndef MKVM_CLI_VALUE_H
#define MKVM_CLI_VALUE_H

#include <stdint.h>

#include "eof.h"

/* Says that @option is wrong, and @why. Returns -EINVAL. */
int cli_refuse(const char *option, const char *why);

/* What an option was given; each writes it where the first argument says. 0, or -EINVAL after one message. */
int cli_parse_mem(uint64_t *size, const char *text);
int cli_parse_load_at(uint64_t *gpa, const char *text);
int cli_parse_smp(unsigned int *nr, const char *text);
int cli_parse_timeout(uint64_t *ns, const char *text);
int cli_parse_max_exits(uint64_t *nr, const char *text);
int cli_parse_max_output(uint64_t *bytes, const char *text);
int cli_parse_eof(enum eof_action *action, const char *text);
int cli_parse_keys(const char **device, const char *text);

#endif
