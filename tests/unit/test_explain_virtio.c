/* objects: probes/explain/explain.o probes/explain/access.o probes/explain/serial.o
 * probes/explain/hypercall.o probes/explain/i8042.o probes/explain/cmos.o
 * probes/explain/ioapic.o probes/explain/pci.o probes/explain/chips.o
 * probes/explain/vga.o probes/explain/ide.o probes/explain/floppy.o probes/explain/virtio.o probes/explain/exits.o core/symbols_none.o
 * util/text.o util/log.o util/sink.o */
/* What --explain says of virtio devices: registers by name, wherever the guest
 * has put them, and what goes through queues. */
#include "explained.h"
#include "queue.h"

#define MMIO 0xfeb02000
#define BAR  0xc1000000

static const struct {
	uint64_t at;
	unsigned int range, off, size;
	int write;
	uint32_t val;
	const char *said;
} rows[] = {
	{ MMIO, 0, 0, 4, 0, 0x74726976, "virtio: \"virt\"" },
	{ MMIO, 0, 0x70, 4, 1, 0xf,
	  "Status: ACKNOWLEDGE DRIVER FEATURES_OK DRIVER_OK" },
	{ MMIO, 0, 0x70, 4, 1, 0, "Status: reset" },
	{ MMIO, 0, 0x84, 4, 1, 0, "virtio: high half" },
	{ MMIO, 0, 0xa0, 4, 1, 0, "virtio: device's ring" },
	{ MMIO, 0, 0xfc, 4, 0, 0, "virtio: generation" },
	{ MMIO, 0, 0x50, 4, 1, 3, "QueueNotify: requests in queue 3" },
	{ MMIO, 0, 0x104, 1, 0, 3, "config: of this kind of device" },
	{ BAR, 0, 0x14, 1, 0, 0x4f,
	  "Status: ACKNOWLEDGE DRIVER FEATURES_OK DRIVER_OK NEEDS_RESET" },
	{ BAR, 0, 0x15, 1, 0, 0, "virtio: generation" },
	{ BAR, 0, 0x1e, 2, 0, 0, "virtio: notify where" },
	{ BAR, 0, 0x34, 4, 1, 0, "virtio: high half" },
	{ BAR, 0, 0x1000, 1, 0, 1, "ISR: why it interrupted" },
	{ BAR, 0, 0x2004, 2, 1, 1, "QueueNotify: requests in queue 1" },
	{ BAR, 0, 0x3008, 4, 0, 1, "config: of this kind of device" },
	{ BAR, 1, 0x10, 4, 1, 1, "MSI-X: table of messages" },
};

static void names_registers(void **state)
{
	char want[256];

	(void)state;
	view.device = "virtio-blk";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t at = rows[i].at + rows[i].off;

		view.range = rows[i].range;
		view.off = rows[i].off;
		view.is_window = rows[i].at == MMIO;
		area.run.exit_reason = KVM_EXIT_MMIO;
		area.run.mmio.is_write = rows[i].write;
		area.run.mmio.phys_addr = at;
		area.run.mmio.len = rows[i].size;
		memcpy(area.run.mmio.data, &rows[i].val, 4);
		snprintf(want, sizeof(want), "%s" TIMES, rows[i].said);
		if (!strstr(explained(), want))
			fail_msg("%s: not %s", explained(), want);
		assert_int_equal(explain_is_kick(&view),
				 !strncmp(rows[i].said, "QueueNotify", 11));
	}
}

/* Over PCI a port is as good. */
static void names_a_kick_by_port(void **state)
{
	const uint16_t queue = 1;

	(void)state;
	view.device = "virtio-net";
	view.range = 2;
	view.off = 4;
	port(1, 0x6004, &queue, 2, 1);
	assert_string_equal(explained(),
			    "OUT 0x6004 <- 0x0001 QueueNotify: "
			    "requests in queue 1" TIMES "VIRTIO 1.1");
	assert_true(explain_is_kick(&view));
	view.device = "serial";
	assert_false(explain_is_kick(&view));
}

static const struct {
	struct queue_event event;
	const char *said;
} events[] = {
	{ { .what = QUEUE_TAKEN, .nr_out = 1, .nr_in = 2, .out = 16, .in = 4097 },
	  "takes 3 buffers: reads 16 bytes, may write 4097" },
	{ { .what = QUEUE_TAKEN, .nr_out = 1, .out = 1 },
	  "takes 1 buffer: reads 1 byte" },
	{ { .what = QUEUE_TAKEN, .nr_in = 1, .in = 64 },
	  "takes 1 buffer: may write 64" },
	{ { .what = QUEUE_GIVEN, .in = 4097 },
	  "gives it back, 4097 bytes written" },
	{ { .what = QUEUE_TOLD, .asked = true }, "interrupt" },
	{ { .what = QUEUE_TOLD }, "no interrupt, the guest wants none" },
};

static void says_what_goes_through_queues(void **state)
{
	const struct queue_view queue = { .device = "virtio-blk",
					  .number = 1,
					  .queue = 3 };

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		char buf[256], want[256];
		struct text text;

		text_init(&text, buf, sizeof(buf));
		explain_queue(&text, &queue, &events[i].event);
		snprintf(want, sizeof(want), "     virtio-blk 2 queue 3 %s ",
			 events[i].said);
		assert_int_equal(strncmp(buf, want, strlen(want)), 0);
		assert_non_null(strstr(buf, " VIRTIO 1.1\n"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_registers, setup),
		cmocka_unit_test_setup(names_a_kick_by_port, setup),
		cmocka_unit_test_setup(says_what_goes_through_queues, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
