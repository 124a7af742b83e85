# The test programs in C: each source in tests/unit is one cmocka program, and
# everything in it is compiled with address and undefined sanitizers.
#
# A comment near the top of each says what it is linked with:
#   /* objects: devices/serial.o util/ring.o */    below vmm/
#   /* host-objects: initramfs/list.o */           below the top
# A test of a device gets tests/unit/fake_board.o without asking.

UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
UNIT_LIBS  := -lcmocka -larchive -lz -pthread

$(B)/san/tests/%.o: EXTRA = -I. -Itests/unit

# The objects of a test, read from its comment once for each change.
$(B)/tests/unit/%.mk: tests/unit/%.c tools/test-objects
	$(Q)mkdir -p $(@D)
	$(Q)tools/test-objects $< >$@.tmp && mv $@.tmp $@

$(UNIT_TESTS): $(B)/tests/unit/%: $(B)/san/tests/unit/%.o
	$(say) LD-SAN tests/unit/$*
	$(Q)$(HOST_CC) $(CFLAGS) $(SANITIZE) -o $@ $(sort $(filter %.o,$^)) \
		$(LDFLAGS) $(UNIT_LIBS)

include $(UNIT_TESTS:%=%.mk)

unit: $(UNIT_TESTS) | $(DEPS_TEST)
$(B)/san/tests/unit/%.o: | $(DEPS_TEST)

# --- Goals -------------------------------------------------------------------

test: all unit san lab
	$(Q)tests/run $(if $(T),'$(T)')

bench: all lab
	$(Q)tests/bench/run $(if $(T),'$(T)')

PHONY += unit test bench

include $(call deps-of,$(UNIT_TESTS:$(B)/%=$(B)/san/%.o))
