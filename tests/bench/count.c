/*
 * A TCG plugin that counts the instructions QEMU executes. Where the guest
 * executes a marker, a no-op that real processors execute as well,
 *
 *	0f 1f 80 ID 4b 56 4d	nopl 0x4d564b<ID>(%rax)
 *
 * (behind a 67h in real mode, which makes it the same instruction there)
 * and, for the first entry into a guest behind MARKER_EXEC, as MARKER_ENTER,
 * it writes one line, "ID COUNT ENTRIES GUEST", to the file of its argument
 * out=PATH. ENTRIES is how often a guest was entered by VMRUN, so the difference
 * of two is the VM exits in between, those that KVM answers itself included.
 * GUEST is how many of the instructions were a guest's: those from VMRUN to the
 * one behind it, where the host goes on after an exit. See marker.h for the markers in use. With several emulated processors the counts
 * are not exact: use lab/run --count, which has one thread for all.
 *
 * QEMU 7.2, plugin API version 1. Debian has no header for it, so the part of
 * the interface that is used here is declared here.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marker.h"

#define PLUGIN_API   1
#define ADDRESS_SIZE 0x67 /* a prefix: SDM 2A, "Instruction Prefixes" */
#define EXPORT	     __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_info;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(
	qemu_plugin_id_t id,
	void (*translate)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(
	struct qemu_plugin_insn *insn, void (*execute)(unsigned int, void *),
	enum qemu_plugin_cb_flags flags, void *arg);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb,
					      enum qemu_plugin_op op,
					      void *counter, uint64_t amount);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = PLUGIN_API;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
			       const struct qemu_info *info, int argc,
			       char **argv);

static uint64_t executed, entries;
static uint64_t guest, entered; /* @guest is up to date outside of one only */
static bool in_guest;
static uint64_t behind_vmrun; /* KVM has one VMRUN; 0: not seen yet */
static bool awaited;	      /* the first VMRUN behind MARKER_EXEC */
static FILE *out;

/* Written out at once: the lab kills QEMU when it is done with it. */
static void on_marker(unsigned int cpu, void *id)
{
	(void)cpu;
	awaited = (uintptr_t)id == MARKER_EXEC;
	fprintf(out, "%c %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		(int)(uintptr_t)id, executed, entries,
		in_guest ? guest + executed - entered : guest);
	fflush(out);
}

static void on_vmrun(unsigned int cpu, void *arg)
{
	(void)cpu;
	(void)arg;
	entries++;
	if (awaited)
		on_marker(cpu, (void *)(uintptr_t)MARKER_ENTER);
	in_guest = true;
	entered = executed;
}

/* The block that begins here is counted already: a few of an exit's thousands. */
static void on_exit_of_guest(unsigned int cpu, void *arg)
{
	(void)cpu;
	(void)arg;
	if (in_guest)
		guest += executed - entered;
	in_guest = false;
}

/* Whether @insn is these @size bytes. */
static bool is_insn(const struct qemu_plugin_insn *insn, const void *bytes,
		    size_t size)
{
	return qemu_plugin_insn_size(insn) == size &&
	       memcmp(qemu_plugin_insn_data(insn), bytes, size) == 0;
}

static void watch_vmrun(struct qemu_plugin_insn *insn)
{
	static const unsigned char vmrun[] = { 0x0f, 0x01, 0xd8 };

	if (is_insn(insn, vmrun, sizeof(vmrun))) {
		behind_vmrun = qemu_plugin_insn_vaddr(insn) + sizeof(vmrun);
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, on_vmrun, QEMU_PLUGIN_CB_NO_REGS, NULL);
	} else if (qemu_plugin_insn_vaddr(insn) == behind_vmrun) {
		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, on_exit_of_guest, QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

static void watch_marker(struct qemu_plugin_insn *insn)
{
	static const unsigned char head[] = { MARKER_HEAD };
	static const unsigned char tail[] = { MARKER_TAIL };
	const unsigned char *byte = qemu_plugin_insn_data(insn);
	const size_t prefix = *byte == ADDRESS_SIZE;

	byte += prefix;
	if (qemu_plugin_insn_size(insn) != prefix + MARKER_SIZE ||
	    memcmp(byte, head, sizeof(head)) != 0 ||
	    memcmp(byte + sizeof(head) + 1, tail, sizeof(tail)) != 0)
		return;
	qemu_plugin_register_vcpu_insn_exec_cb(
		insn, on_marker, QEMU_PLUGIN_CB_NO_REGS,
		(void *)(uintptr_t)byte[sizeof(head)]);
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &executed, n);
	for (size_t i = 0; i < n; i++) {
		watch_marker(qemu_plugin_tb_get_insn(tb, i));
		watch_vmrun(qemu_plugin_tb_get_insn(tb, i));
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
			int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "out=", 4) == 0)
			out = fopen(argv[i] + 4, "w");
	if (!out) {
		fprintf(stderr, "count: out=PATH: needed, and writable\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
