# The test programs in C: each source is one program, and all of it is compiled
# with address and undefined sanitizers.
#
#   tests/unit/test_NAME.c    a cmocka program
#   tests/fuzz/fuzz_NAME.c    what libFuzzer drives
#
# A comment near the top of each says what it is linked with:
#   /* objects: devices/serial.o util/ring.o */    below vmm/
#   /* host-objects: tools/initcpio/list.o */      below the top
# A test of a device gets tests/unit/fake_board.o without asking.

UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
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

# --- Fuzzing -----------------------------------------------------------------

# libFuzzer is clang's, and so is every object: build/fuzz/. A loader's program
# is a link whose name says which loader it is for.
FUZZ_TESTS   := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LOADERS := $(addprefix $(B)/tests/fuzz/fuzz_,select $(notdir $(basename \
		$(filter %/flat.o %/paged.o %/prot32.o %/long64.o \
		%/bzimage.o %/vmlinux.o,$(filter $(B)/vmm/boot/%,$(VMM_OBJS))))))
FUZZ_VMM     := $(patsubst $(B)/%,$(B)/fuzz/%,$(filter-out \
		%/static_pie.o,$(VMM_OBJS)))
FUZZ_CC      := clang
FUZZ_FLAGS   := -O1 -g -fsanitize=address,undefined \
		-fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_HOW     := $(call remember,$(B)/fuzz.flags,$(FUZZ_CC) $(FUZZ_FLAGS))

ifneq ($(CONFIG_MACHINE),y)
FUZZ_TESTS := $(filter-out %/fuzz_machine,$(FUZZ_TESTS))
endif

$(B)/fuzz/%.o: %.c $(FUZZ_HOW) | $(B)/config/auto.conf $(DEPS_TEST)
	$(say) CC-FUZZ $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CCACHE) $(FUZZ_CC) $(CC_COMMON) $(FUZZ_FLAGS) \
		-fsanitize=fuzzer-no-link -I. $(cflags-$*) -c -o $@ $<
	$(Q)$(fixdep)

# What plays the world for the whole machine is in the program itself.
fuzz-link-fuzz_machine := $(addprefix -Wl$(comma)--wrap=,ioctl clock_gettime \
			  event_timer_fd event_arm)

$(FUZZ_TESTS): $(B)/tests/%: $(B)/fuzz/tests/%.o
	$(say) LD-FUZZ tests/$*
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ \
		$(sort $(filter %.o,$^)) $(fuzz-link-$(@F)) -larchive -lz -pthread

$(FUZZ_LOADERS): $(B)/tests/fuzz/fuzz_loader
	$(Q)ln -sf fuzz_loader $@

include $(FUZZ_TESTS:%=%.mk)

fuzzers: $(FUZZ_TESTS) $(FUZZ_LOADERS)

# $(SECONDS) is how long each is driven.
fuzz: fuzzers all
	$(Q)tests/fuzz/run --seconds $(or $(SECONDS),60) $(if $(T),'$(T)')

PHONY += fuzz fuzzers

# --- Goals -------------------------------------------------------------------

test: all unit fuzzers san lab
	$(Q)tests/run $(if $(T),'$(T)')

bench: all lab
	$(Q)tests/bench/run $(if $(T),'$(T)')

PHONY += unit test bench

include $(call deps-of,$(UNIT_TESTS:$(B)/%=$(B)/san/%.o) \
	$(FUZZ_TESTS:$(B)/%=$(B)/fuzz/%.o) $(FUZZ_VMM))
