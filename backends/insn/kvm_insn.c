/*
 * kvm-insn: prints a trace of instructions for kvm-vmm; Zydis decodes them.
 *
 *	kvm-insn live|step|file <TRACE >TEXT
 *
 * "live": as it comes, for a reader who waits; "step": and each instruction before it
 * is executed. It ends with 0; 1 if the trace was cut off; 2 if it is damaged, 3 if it
 * is none, 4 if it cannot be read, each after a message; 5 if nobody takes the text;
 * 64 when it is called in another way; 69 when this machine does not let it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/insn/insn.h"
#include "backends/insn/stream.h"
#include "backends/jail/jail.h"
#include "vmm/abi/insn_status.h"

/* Input and output are open; memory is for what is known of the code. */
static const struct jail_call calls[] = {
	{ JAIL_CALL(read, "the trace") },
	{ JAIL_CALL(write, "its text") },
	{ JAIL_CALL(poll, "whether more comes, and who reads") },
	{ JAIL_CALL(brk, "memory") },
	{ JAIL_CALL(mmap, "memory, none of it code"),
	  JAIL_ONLY(2, PROT_EXEC, 0, "not PROT_EXEC") },
	{ JAIL_CALL(munmap, "memory") },
	{ JAIL_CALL(mremap, "memory") },
	{ JAIL_CALL(madvise, "memory") },
	{ JAIL_CALL(restart_syscall, "the kernel's own, after a stop") },
	{ JAIL_CALL(rt_sigreturn, "ends a handler") },
	{ JAIL_CALL(exit, "its end") },
	{ JAIL_CALL(exit_group, "its end") },
};

static const struct jail jail = {
	.program = "kvm-insn",
	.calls = calls,
	.nr_calls = sizeof(calls) / sizeof(*calls),
	.memory = 1ull << 30,
	.descriptors = 8,
	.has_files = true,
};

static ssize_t read_input(void *arg, void *buf, size_t len)
{
	(void)arg;
	return read(STDIN_FILENO, buf, len);
}

static int end(enum stream_end end, uint64_t where, const char *why)
{
	switch (end) {
	case STREAM_WHOLE:
		return INSN_OK;
	case STREAM_CUT:
		return INSN_CUT;
	case STREAM_WRONG:
		fprintf(stderr,
			"kvm-insn: damaged: %s, in the block at byte %" PRIu64
			"\n",
			why, where);
		return INSN_DAMAGED;
	case STREAM_OTHER:
		return INSN_OTHER;
	default:
		return INSN_IO;
	}
}

int main(int argc, char **argv)
{
	const char *word = argc == 2 ? argv[1] : "";
	struct stream stream = { .read = read_input,
				 .live = strcmp(word, "file") != 0 };
	enum stream_end how;
	const char *why = "";
	uint64_t where = 0;

	if (!strcmp(word, "--show-sandbox"))
		return jail_show(&jail);
	steps_wait = !strcmp(word, "step");
	if (stream.live && !steps_wait && strcmp(word, "live") != 0)
		return jail_refuse(&jail, INSN_USAGE,
				   "it is kvm-vmm that starts this program, "
				   "for --trace-insn");
	jail_ignore_signals();
	if (!jail_enter(&jail))
		return jail_refuse(&jail, INSN_NO_JAIL,
				   "this kernel has no seccomp filters");
	out.fd = STDOUT_FILENO;
	how = stream_show(&stream, &where, &why);
	if (!out_flush())
		return INSN_NO_READER;
	return end(how, where, why);
}
