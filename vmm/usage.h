/* What --help and --list print, put together from what was linked in. */
#ifndef MKVM_USAGE_H
#define MKVM_USAGE_H

void usage_print_help(void);

/* Devices, interrupt controllers, loaders, probes, commands. */
void usage_print_list(void);

#endif
