/*
 * seccomp [san]: the filters of vmm/sandbox/calls.h, as C on standard output: an
 * array of BPF instructions for each kind of thread, and the names of all system
 * calls. With `san` the rows for sanitizers are in them.
 *
 * libseccomp makes the programs. It compares 64 bits where it can, and a C library
 * may extend the request of an ioctl() by its sign: so only 32 are looked at. Ahead
 * of what it makes stand a few instructions for the call that each VM exit makes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "sandbox/kinds.h"

#define CHECKS_MAX 4
#define CALLS	   480 /* numbers that may have a name */

struct check {
	unsigned int arg;
	uint64_t mask, value;
};

struct row {
	const char *name;
	int nr;
	unsigned int kinds;
	struct check checks[CHECKS_MAX];
};

/* The checks of a row that has fewer are of no bits. */
#define ROW(call, kinds_, form, why, ...) \
	{ #call, SYS_##call, kinds_, { __VA_ARGS__ } },
static const struct row rows[] = {
#include "sandbox/calls.h"
};
#undef ROW

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct kind {
	const char *name;
	unsigned int takes; /* rows of any of these */
	bool is_quick;	    /* to be called, at the price of a slow start */
} kinds[] = {
	{ "main", MAIN, false },
	{ "main_names", MAIN | NAMES, false },
	{ "maker", MAIN | WORKER, true },
	{ "maker_names", MAIN | WORKER | NAMES, true },
	{ "vcpu", VCPU, false },
	{ "worker", WORKER, true },
	{ "share", WORKER | SHARE, true },
	{ "service", SERVICE, false },
	{ "saver", SAVER, false },
};

static void __attribute__((noreturn)) fail(const char *what, int err)
{
	fprintf(stderr, "mini-kvm: seccomp: %s: %s\n", what, strerror(err));
	exit(1);
}

static void add_row(scmp_filter_ctx filter, const struct row *row)
{
	struct scmp_arg_cmp args[CHECKS_MAX];
	unsigned int count = 0;
	int err;

	for (size_t i = 0; i < CHECKS_MAX; i++)
		if (row->checks[i].mask)
			args[count++] = (struct scmp_arg_cmp){
				row->checks[i].arg, SCMP_CMP_MASKED_EQ,
				row->checks[i].mask, row->checks[i].value
			};
	err = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, row->nr, count,
				     args);
	if (err && err != -EEXIST)
		fail(row->name, -err);
}

/* A call that one row allows in any form needs no others. */
static bool is_whole(int nr, unsigned int takes)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].nr == nr && rows[i].kinds & takes &&
		    !rows[i].checks[0].mask)
			return true;
	return false;
}

/* The new call has its arguments in memory, where no filter looks: without it a C
 * library makes its threads by the old one. */
static void refuse_clone3(scmp_filter_ctx filter)
{
	int err =
		seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SYS_clone3, 0);

	if (err)
		fail("clone3", -err);
}

static scmp_filter_ctx make(unsigned int takes, bool is_quick)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int err;

	if (!filter)
		fail("libseccomp", ENOMEM);
	err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP);
	if (!err && is_quick) /* numbers are found by halves */
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (err)
		fail("libseccomp", -err);
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].kinds & takes &&
		    (!rows[i].checks[0].mask || !is_whole(rows[i].nr, takes)))
			add_row(filter, &rows[i]);
	refuse_clone3(filter);
	return filter;
}

static void put(const struct sock_filter *code)
{
	printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", code->code, code->jt,
	       code->jf, code->k);
}

/* KVM_RUN is allowed before anything else is asked. */
static void put_run_first(void)
{
	const struct sock_filter first[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KVM_RUN, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		put(&first[i]);
}

/*
 * A kernel tries a new filter with the number of every call there is, 450 of them, so
 * that it need not run it for those which are allowed whatever their arguments are
 * (Linux, kernel/seccomp.c, seccomp_cache_prepare()). That takes longer than a thread
 * with few calls will ever win by it: 150,000 instructions. It gives up where an
 * argument is looked at, which put_run_first() does as well.
 */
static void put_no_cache(void)
{
	const struct sock_filter first =
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[0]));

	put(&first);
}

static void put_filter(const struct kind *kind, unsigned int more)
{
	scmp_filter_ctx filter = make(kind->takes | more, kind->is_quick);
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct sock_filter code;
	int err = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);

	if (err || lseek(fd, 0, SEEK_SET))
		fail(kind->name, err ? -err : errno);
	printf("static const struct sock_filter filter_%s[] = {\n", kind->name);
	if (kind->takes & VCPU)
		put_run_first();
	else if (!kind->is_quick)
		put_no_cache();
	while (read(fd, &code, sizeof(code)) == sizeof(code))
		put(&code);
	printf("};\n\n");
	close(fd);
	seccomp_release(filter);
}

/* One string, the names in the order of their numbers, and as many of them as
 * there are. */
static void put_names(void)
{
	printf("static const char call_names[] =\n");
	for (int nr = 0; nr < CALLS; nr++) {
		char *name =
			seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, nr);

		printf("\t\"%s\\0\"\n", name ? name : "");
		free(name);
	}
	printf("\t;\n\n#define CALL_NAMES %d\n", CALLS);
}

int main(int argc, char **argv)
{
	unsigned int more = argc > 1 && !strcmp(argv[1], "san") ? SAN : 0;
	int err = seccomp_api_set(6);

	if (err)
		fail("libseccomp", -err);
	printf("/* Made by tools/seccomp of vmm/sandbox/calls.h. */\n\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		put_filter(&kinds[i], more);
	put_names();
	return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
