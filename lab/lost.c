/*
 * What COMMAND was told to write and is in none of the host's directories: its
 * words name it, and it goes with the lab. Files that they do not name are
 * scratch, as in any /tmp.
 */
#define _GNU_SOURCE
#include "inside.h"

#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <linux/magic.h>

/* All that lives in memory was empty when the lab began. */
static bool is_lost(const char *path)
{
	struct statfs fs;
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       statfs(path, &fs) == 0 && fs.f_type == TMPFS_MAGIC;
}

/* FILE, --trace=FILE, of=FILE, --stats=json:FILE: how words name a file. */
static const char *find_in(const char *word)
{
	while (word && *word && !is_lost(word)) {
		word = strpbrk(word, "=:,");
		if (word)
			word++;
	}
	return word && *word ? word : NULL;
}

void lost_report(const struct order *order, int port)
{
	for (char **word = order->args + 1; *word; word++) {
		const char *path = find_in(*word);

		if (path)
			port_send(port, LAB_LOST, path, strlen(path) + 1);
	}
}
