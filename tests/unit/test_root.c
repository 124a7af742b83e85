/* objects: boot/root.o core/plan.o core/feature.o */
/* objects: util/log.o util/lock.o util/sink.o util/text.o */
/* --root: the words that it has for Linux, and what it asks --share for. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "catch.h"
#include "core/plan.h"
#include "loader.h"

#define NINEP                                             \
	"root=root rootfstype=9p rootflags=trans=virtio," \
	"version=9p2000.L,msize=512000,cache=mmap "

static char asked[5000]; /* what --share was asked for */

static int fake_share(struct plan *plan, const char *arg)
{
	(void)plan;
	snprintf(asked, sizeof(asked), "%s", arg);
	return strncmp(arg, "bad", 3) ? 0 : -ENOENT;
}

static const struct plug share = { .option = "--share", .plug = fake_share };

PLUG(share);

static const struct loader linux_loader = { .needs = NEEDS_ROOT };
static const struct loader other_loader = { .needs = NEEDS_CMDLINE };
static const struct image image = { .path = "image" };

static struct plan *plan_for(const struct loader *loader)
{
	struct plan *plan = plan_new(
		&(struct plan_guest){ .loader = loader, .image = &image });

	assert_non_null(plan);
	*asked = '\0';
	return plan;
}

static const struct {
	const char *arg, *words, *asked;
	int err;
} rows[] = {
	{ "disk", "root=/dev/vda rw ", "", 0 },
	{ "disk,ro", "root=/dev/vda ro ", "", 0 },
	{ "./disk", NINEP "rw ", "./disk,root", 0 },
	{ "/srv/tree", NINEP "rw ", "/srv/tree,root", 0 },
	{ "a b,ro", NINEP "ro ", "a b,root,ro", 0 },
	{ "tree,owner=host,ro", NINEP "ro ", "tree,root,owner=host,ro", 0 },
	{ "tree,road", NINEP "rw ", "tree,root,road", 0 },
	{ "bad", NINEP "rw ", "bad,root", -ENOENT },
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct plan *plan = plan_for(&linux_loader);

		assert_int_equal(plan_plug(plan, "--root", rows[i].arg),
				 rows[i].err);
		assert_string_equal(plan_words(plan), rows[i].words);
		assert_string_equal(asked, rows[i].asked);
		plan_free(plan);
	}
	assert_string_equal(plan_words(NULL), "");
}

static void test_refusals(void **state)
{
	char far[4400];
	struct plan *plan = plan_for(&other_loader);

	(void)state;
	catch_begin();
	assert_int_equal(plan_plug(plan, "--root", "disk"), -EINVAL);
	assert_string_equal(plan_words(plan), "");
	plan_free(plan);
	plan = plan_for(&linux_loader);
	assert_int_equal(plan_plug(plan, "--not-there", "x"), -EINVAL);
	memset(far, 'a', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	assert_int_equal(plan_plug(plan, "--root", far), -EINVAL);
	/* As often as there is room for the words, and then an error. */
	for (int i = 0; i < 20; i++)
		if (plan_plug(plan, "--root", "disk"))
			break;
	assert_int_equal(plan_plug(plan, "--root", "disk"), -EINVAL);
	assert_true(strlen(plan_words(plan)) < PLAN_WORDS_MAX);
	assert_string_equal(asked, "");
	plan_free(plan);
	catch_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
