# The test programs in C: each source is one program, and all of it is compiled
# with address and undefined sanitizers.
#
#   tests/unit/test_NAME.c    a cmocka program
#   tests/fuzz/fuzz_NAME.c    what libFuzzer drives
#
# A comment near the top of each says what it is linked with:
#   /* objects: devices/serial.o util/ring.o */    below vmm/
#   /* host-objects: tools/initcpio/list.o */      below the top
# A test of a device gets tests/unit/fake_board.o and fake_bus.o without asking.

UNIT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
UNIT_LIBS  := -lcmocka -larchive -lz -pthread

$(B)/san/tests/%.o: EXTRA = -I. -Itests/unit

# The objects of each program, read from its comment: unit/test_x=a.o,b.o; those
# of a program that libFuzzer drives are compiled for that.
TEST_OBJECTS := $(shell tools/test-objects $(wildcard tests/unit/test_*.c \
		tests/fuzz/fuzz_*.c))
test-name    = $(firstword $(subst =, ,$1))
test-objects = $(foreach o,$(subst $(comma), ,$(word 2,$(subst =, ,$1))),$(if \
	       $(filter VMM:%,$o),$(filter $(patsubst \
	       VMM:%,$(B)/fuzz/vmm/%,$o)%,$(FUZZ_VMM)),$(B)/$(if $(filter \
	       fuzz/%,$1),fuzz,san)/$o))

$(UNIT_TESTS): $(B)/tests/%: $(B)/san/tests/%.o
	$(say) LD-SAN tests/$*
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CFLAGS) $(SAN_FLAGS) -o $@ $(sort $(filter %.o,$^)) \
		$(LDFLAGS) $(UNIT_LIBS) $(VMM_LIBS)

unit: $(UNIT_TESTS)

# What includes a header of a test package waits for it; so do the runners.
$(patsubst %.c,$(B)/san/%.o,$(wildcard tests/unit/*.c)) \
	test bench: | $(DEPS_TEST)

# --- Fuzzing -----------------------------------------------------------------

# libFuzzer is clang's, and so is every object: build/fuzz/. A loader's program
# is a link whose name says which loader it is for.
FUZZ_TESTS   := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LOADERS := $(addprefix $(B)/tests/fuzz/fuzz_,select $(notdir $(basename \
		$(filter %/flat.o %/paged.o %/prot32.o %/long64.o \
		%/bzimage.o %/bzimage16.o %/vmlinux.o %/pvh.o %/multiboot1.o \
		%/multiboot2.o,$(filter $(B)/vmm/boot/%,$(VMM_OBJS))))) \
		$(if $(CONFIG_FIRMWARE),bios) \
		$(if $(CONFIG_BOOT_CODE),code32 code64))
FUZZ_VMM     := $(patsubst $(B)/%,$(B)/fuzz/%,$(filter-out \
		%/static_pie.o,$(VMM_OBJS)))
FUZZ_CC      := clang
FUZZ_FLAGS   := -O1 -g -fsanitize=address,undefined \
		-fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_HOW     := $(call remember,$(B)/fuzz.flags,$(FUZZ_CC) $(FUZZ_FLAGS))

ifneq ($(CONFIG_MACHINE),y)
FUZZ_TESTS := $(filter-out %/fuzz_machine,$(FUZZ_TESTS))
endif
ifneq ($(CONFIG_SNAPSHOT),y)
FUZZ_TESTS := $(filter-out %/fuzz_state,$(FUZZ_TESTS))
endif
ifneq ($(CONFIG_IDE_DMA)$(CONFIG_IDE_CDROM),yy)
FUZZ_TESTS := $(filter-out %/fuzz_ide,$(FUZZ_TESTS))
endif
ifneq ($(CONFIG_DBG_GDB),y)
FUZZ_TESTS := $(filter-out %/fuzz_gdb,$(FUZZ_TESTS))
endif

ifneq ($(CONFIG_CONTROL),y)
FUZZ_TESTS := $(filter-out %/fuzz_control %/fuzz_command,$(FUZZ_TESTS))
endif

ifneq ($(CONFIG_SNAPSHOT),y)
FUZZ_TESTS := $(filter-out %/fuzz_snapshot,$(FUZZ_TESTS))
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
fuzz-link-fuzz_state := $(fuzz-link-fuzz_machine)
fuzz-link-fuzz_gdb := $(addprefix -Wl$(comma)--wrap=,ioctl vcpu_ask vm_pause_wait \
		      vm_quit vm_let_go)

fuzz-link-fuzz_command := $(addprefix -Wl$(comma)--wrap=,ioctl vcpu_ask_until vm_quit \
			  power_ask services_on_main)

# pci_world.h can say what it finds wrong.
fuzz-link-fuzz_ide := -lcmocka

fuzz-link-fuzz_insn := -lZydis -lZycore

$(FUZZ_TESTS): $(B)/tests/%: $(B)/fuzz/tests/%.o
	$(say) LD-FUZZ tests/$*
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -o $@ \
		$(sort $(filter %.o,$^)) $(fuzz-link-$(@F)) -larchive -lz -pthread \
		$(VMM_LIBS)

$(FUZZ_LOADERS): $(B)/tests/fuzz/fuzz_loader
	$(Q)ln -sf fuzz_loader $@

fuzzers: $(FUZZ_TESTS) $(FUZZ_LOADERS)

# $(SECONDS) is how long each is driven.
fuzz: fuzzers all
	$(Q)tests/fuzz/run --seconds $(or $(SECONDS),60) $(call quoted,$T)

PHONY += fuzz fuzzers

$(foreach t,$(TEST_OBJECTS),$(eval \
	$(B)/tests/$(call test-name,$t): $(call test-objects,$t)))

# --- Goals -------------------------------------------------------------------

# Test programs in C need no images: `make test T=unit/ring` builds one of them.
TEST_UNITS := $(if $(filter unit/%,$T),$(filter \
	      $(B)/tests/$(T:unit/%=unit/test_%)%,$(UNIT_TESTS)))

# What breaks out needs something to break out of, and a device that waits.
TEST_HOSTILE := $(if $(and $(CONFIG_SANDBOX),$(CONFIG_VIRTIO)),hostile)

# kvm-web takes npm or what it has fetched; without, guest/web says that it is skipped.
TEST_WEB := $(if $(wildcard $(DL)/xterm-xterm-*.tgz $(addsuffix /npm,$(subst :, ,$(PATH)))),web)

test: $(or $(TEST_UNITS),all unit fuzzers san $(TEST_HOSTILE) lab std broken disk iso $(TEST_WEB) \
      $(TEST_IMAGES))
	$(Q)tests/run $(call quoted,$T)

bench: all lab | $(B)/deps/compare
	$(Q)tests/bench/run $(call quoted,$T)

PHONY += unit test bench

include $(call deps-of,$(sort $(UNIT_TESTS:$(B)/%=$(B)/san/%.o) \
	$(FUZZ_TESTS:$(B)/%=$(B)/fuzz/%.o) $(FUZZ_VMM) \
	$(foreach t,$(TEST_OBJECTS),$(call test-objects,$t))))
