/*
 * The walls of this process, in the order in which they are raised: see
 * core/sandbox.h. Follows capabilities(7), prctl(2) and seccomp(2).
 */
#define _GNU_SOURCE /* prlimit() */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "feature.h"
#include "sandbox/sandbox.h"
#include "util/log.h"
#include "util/reach.h"

static const struct feature sandbox = {
	.name = "sandbox",
	.what = "walls around kvm-vmm: system calls, files, privileges",
};
FEATURE(sandbox);

/* What the files of others take, which a user shares who may: root. */
#define FILE_CAPS                                                          \
	(1U << CAP_CHOWN | 1U << CAP_DAC_OVERRIDE |                        \
	 1U << CAP_DAC_READ_SEARCH | 1U << CAP_FOWNER | 1U << CAP_FSETID | \
	 1U << CAP_MKNOD)

static enum { STRICT, LOG, OFF } mode;
static bool has_filters;

int sandbox_choose(const char *word)
{
	static const char *const words[] = { "strict", "log", "off" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(word, words[i])) {
			mode = i;
			return 0;
		}
	}
	log_error("--sandbox: give strict, log or off; try `kvm-vmm --help`");
	return -EINVAL;
}

void sandbox_begin(const char *const *without)
{
	if (feature_is_out(without, sandbox.name))
		mode = OFF;
	violation_catch(mode == LOG);
	if (mode == OFF)
		return;
	if (IS_SANITIZED) /* its reports read programs, and /proc */
		reach_add(REACH_READ, "/");
	has_filters = filter_is_there();
	if (!has_filters)
		log_warn("sandbox: this host's kernel has no filters of system "
			 "calls (seccomp): they are not checked");
}

bool sandbox_is_strict(void)
{
	return mode == STRICT;
}

static int failed(const char *what)
{
	const int err = errno;

	log_error("sandbox: %s: %s; --sandbox off does without", what,
		  strerror(err));
	return -err;
}

/* Of the calling thread, which has what it was made with, or @keep of that. */
static int drop_capabilities(uint32_t keep)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct sets[2] = { 0 };

	if (syscall(SYS_capget, &head, sets))
		return failed("capabilities");
	sets[0].permitted &= keep;
	sets[0].effective = sets[0].permitted;
	sets[1] = (struct __user_cap_data_struct){ 0 };
	sets[0].inheritable = 0;
	return syscall(SYS_capset, &head, sets) ? failed("capabilities") : 0;
}

/* What a program that is started could get back; none is. Without the right to do
 * so there is nothing in it that could be had. */
static void empty_bounding_set(void)
{
	for (int cap = 0; !prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); cap++)
		;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* A core would be the guest's RAM, and more than what is limited here is not wanted
 * any more. */
static int limit(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	    prlimit(0, RLIMIT_CORE, &none, NULL) ||
	    prlimit(0, RLIMIT_NOFILE, NULL, &files))
		return failed("limits");
	files.rlim_max = files.rlim_cur;
	return prlimit(0, RLIMIT_NOFILE, &files, NULL) ? failed("limits") : 0;
}

static bool shares_files(void)
{
	return reach_has(REACH_READ) || reach_has(REACH_WRITE);
}

static int restrict_files(void)
{
	const int version = landlock_restrict();

	if (version < 0) {
		errno = -version;
		return failed("Landlock");
	}
	if (version)
		log_info("sandbox: Landlock, version %d", version);
	else
		log_info("sandbox: this host's kernel has no Landlock, or an "
			 "early one: files are guarded by system calls alone");
	return 0;
}

int sandbox_process(void)
{
	int err;

	if (mode != STRICT)
		return 0;
	empty_bounding_set();
	err = drop_capabilities(shares_files() ? FILE_CAPS : 0);
	if (!err)
		err = limit();
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = failed("no new privileges");
	return err ? err : restrict_files();
}

/* What a thread has that was made before the main thread's filter. */
static int give_up(enum sandbox_kind kind)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed("no new privileges");
	if (mode == LOG)
		return 0;
	if (kind == SANDBOX_SAVER && landlock_restrict() < 0)
		return failed("Landlock");
	return kind == SANDBOX_SHARE ? 0 : drop_capabilities(0);
}

int sandbox_thread(enum sandbox_kind kind, unsigned int nr)
{
	int err;

	violation_introduce(kind, nr);
	if (mode == OFF)
		return 0;
	err = kind == SANDBOX_WORKER ? 0 : give_up(kind);
	if (err || !has_filters)
		return err;
	err = filter_take(kind, mode == LOG ? violation_gate() : NULL);
	if (err) {
		errno = -err;
		return failed("system calls");
	}
	return 0;
}
