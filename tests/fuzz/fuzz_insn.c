/* host-objects: backends/insn/stream.o backends/insn/records.o backends/insn/steps.o */
/* host-objects: backends/insn/flow.o backends/insn/decode.o backends/insn/operands.o */
/* host-objects: backends/insn/changes.o backends/insn/mode.o backends/insn/out.o */
/*
 * A trace of instructions made by an enemy, for kvm-insn: the whole of its reading and
 * printing. The first byte says whether it comes live, as with --step, and in pieces
 * of how many bytes.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backends/insn/insn.h"
#include "backends/insn/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pieces {
	const uint8_t *data;
	size_t left, most;
};

static ssize_t read_piece(void *arg, void *buf, size_t len)
{
	struct pieces *p = arg;

	len = len < p->most ? len : p->most;
	len = len < p->left ? len : p->left;
	memcpy(buf, p->data, len);
	p->data += len;
	p->left -= len;
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pieces pieces = { .most = 65536 };
	const struct stream stream = { .read = read_piece,
				       .arg = &pieces,
				       .live = size && data[0] & 1 };
	enum stream_end end;
	const char *why = NULL;
	uint64_t where = 0;

	if (!size)
		return 0;
	if (!out.fd)
		out.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	steps_wait = data[0] & 2;
	if (data[0] >> 2)
		pieces.most = data[0] >> 2;
	pieces.data = data + 1;
	pieces.left = size - 1;
	end = stream_show(&stream, &where, &why);
	if ((end == STREAM_WRONG) != !!why || where > size || !out_flush())
		abort();
	return 0;
}
