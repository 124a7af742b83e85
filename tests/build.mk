# The test programs in C: each source is one program, and all of it is compiled
# with address and undefined sanitizers.
#
#   tests/unit/test_NAME.c    a cmocka program
#   tests/fuzz/NAME.c         a driver of random input
#
# A comment near the top of each says what it is linked with:
#   /* objects: devices/serial.o util/ring.o */    below vmm/
#   /* host-objects: tools/initcpio/list.o */      below the top
# A test of a device gets tests/unit/fake_board.o without asking.

UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c \
	      tests/fuzz/*.c))
UNIT_LIBS  := -lcmocka -larchive -lz -pthread

$(B)/san/tests/%.o: EXTRA = -I. -Itests/unit

# The objects of a test, read from its comment once for each change.
$(B)/tests/%.mk: tests/%.c tools/test-objects
	$(Q)mkdir -p $(@D)
	$(Q)tools/test-objects $< >$@.tmp && mv $@.tmp $@

$(UNIT_TESTS): $(B)/tests/%: $(B)/san/tests/%.o
	$(say) LD-SAN tests/$*
	$(Q)$(HOST_CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(sort $(filter %.o,$^)) \
		$(LDFLAGS) $(UNIT_LIBS)

include $(UNIT_TESTS:%=%.mk)

unit: $(UNIT_TESTS) | $(DEPS_TEST)
$(B)/san/tests/%.o: | $(DEPS_TEST)

# --- Goals -------------------------------------------------------------------

test: all unit san lab
	$(Q)tests/run $(if $(T),'$(T)')

bench: all lab
	$(Q)tests/bench/run $(if $(T),'$(T)')

PHONY += unit test bench

include $(call deps-of,$(UNIT_TESTS:$(B)/%=$(B)/san/%.o))
