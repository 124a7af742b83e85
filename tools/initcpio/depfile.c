/*
 * Tells make what an archive was made from; see depfile.h.
 */
#include "depfile.h"
#include "output.h"
#include "report.h"

#include <errno.h>
#include <string.h>

/* One path as make reads it in a rule. */
static int add_path(struct buf *out, const char *path)
{
	int err = 0;

	for (; !err && *path; path++) {
		if (*path == '$')
			err = buf_add(out, "$", 1);
		else if (strchr(" \t#\\:", *path))
			err = buf_add(out, "\\", 1);
		if (!err)
			err = buf_add(out, path, 1);
	}
	return err;
}

static int add_target(struct buf *out, const char *target, const char *path,
		      const char *end)
{
	int err = 0;

	for (; !err && path < end; path += strlen(path) + 1) {
		err = add_path(out, target);
		if (!err)
			err = buf_add(out, ": ", 2);
		if (!err)
			err = add_path(out, path);
		if (!err)
			err = buf_add(out, "\n", 1);
	}
	return err;
}

static int add_empty_rules(struct buf *out, const char *path, const char *end)
{
	int err = 0;

	for (; !err && path < end; path += strlen(path) + 1) {
		err = add_path(out, path);
		if (!err)
			err = buf_add(out, ":\n", 2);
	}
	return err;
}

int depfile_write(const char *path, const char *target,
		  const struct buf *inputs)
{
	const char *first = (const char *)inputs->data;
	struct buf out = { 0 };
	int err;

	err = add_target(&out, target, first, first + inputs->len);
	if (!err)
		err = add_empty_rules(&out, first, first + inputs->len);
	err = err ? report_memory() : output_write(path, &out);
	buf_free(&out);
	return err;
}
