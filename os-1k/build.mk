# 1K OS: a kernel with an archive of programs in it, linked once. The ELF file
# is for multiboot loaders, the flat binary that is cut out of it for kvm-vmm.
#
# It is code for a bare machine of 32 bits: no header and no library of the
# system's is used, so gcc-multilib is not needed. The FPU is off.

OS          := $(B)/os-1k
OS_PROGRAMS := shell table counter echo fibonacci primes calculator factorial \
	       gcd about
# One image with other programs, for tests/guest/test_os*.py.
OS_TEST_SRC := tests/guest/os

objects_of   = $(patsubst os-1k/%,$(OS)/%.o,$(basename $(wildcard $1)))
OS_LIB      := $(call objects_of,os-1k/lib/*.c)
OS_KERNEL   := $(call objects_of,os-1k/kernel/*.[cS] os-1k/boot/*.S) $(OS_LIB)
OS_USER     := $(patsubst %,$(OS)/user/%.o,start print format text number line input) $(OS_LIB)
OS_TESTS    := $(patsubst $(OS_TEST_SRC)/%.c,%,$(wildcard $(OS_TEST_SRC)/*.c))

OS_CC    = $(HOST_CC) -m32 -nostdlib
OS_FLAGS = -std=gnu11 -Os -g -march=i686 -mno-80387 -mno-mmx -mno-sse \
	   -ffreestanding -fno-pic -fno-stack-protector -fno-strict-aliasing \
	   -fno-asynchronous-unwind-tables -ffunction-sections $(WARNINGS) \
	   -Wno-unused-parameter -Wa,--noexecstack \
	   -Ios-1k -Ivmm -I. -ffile-prefix-map=$(TOP)/= -MMD -MP -MF $@.d -MT $@
OS_LINK  = -static -Wl,--build-id=none,--no-warn-rwx-segments \
	   -Wl,-z,noexecstack,-z,max-page-size=4096

define OS_COMPILE
$(say) $1 $<
$(Q)mkdir -p $(@D)
$(Q)$(OS_CC) $(OS_FLAGS) -c -o $@ $<
endef

$(OS)/%.o: os-1k/%.c $(HOST_FLAGS) os-1k/build.mk
	$(call OS_COMPILE,CC)
$(OS)/%.o: os-1k/%.S $(HOST_FLAGS) os-1k/build.mk
	$(call OS_COMPILE,AS)
$(OS)/test/%.o: $(OS_TEST_SRC)/%.c $(HOST_FLAGS) os-1k/build.mk
	$(call OS_COMPILE,CC)

# --- Programs ----------------------------------------------------------------

$(OS)/user/%.elf: $(OS)/user/%.o $(OS_USER) os-1k/user/program.ld
	$(OS_LINK_PROGRAM)
$(OS)/test/%.elf: $(OS)/test/%.o $(OS_USER) os-1k/user/program.ld
	$(OS_LINK_PROGRAM)

define OS_LINK_PROGRAM
$(say) LD $(@:$(B)/%=%)
$(Q)$(OS_CC) $(OS_LINK) -Wl,--gc-sections -Wl,-T,os-1k/user/program.ld -o $@ \
	$(filter %.o,$^)
endef

$(OS)/bin/%: $(OS)/user/%.elf
	$(Q)mkdir -p $(@D)
	$(Q)objcopy -O binary $< $@
$(OS)/testbin/%: $(OS)/test/%.elf
	$(Q)mkdir -p $(@D)
	$(Q)objcopy -O binary $< $@

# The second archive has all that the first has, and then the tests' own.
$(OS)/os-1k.a: $(OS_PROGRAMS:%=$(OS)/bin/%)
$(OS)/os-1k-test.a: $(OS_PROGRAMS:%=$(OS)/bin/%) $(OS_TESTS:%=$(OS)/testbin/%)
$(OS)/%.a:
	$(say) AR $(@:$(B)/%=%)
	$(Q)rm -f $@
	$(Q)ar rcSD $@ $^

# --- Kernel and images -------------------------------------------------------

$(OS)/%.archive.o: os-1k/user/archive.S $(OS)/%.a
	$(say) AS $<
	$(Q)$(OS_CC) -Wa,--noexecstack -DARCHIVE='"$(OS)/$*.a"' -c -o $@ $<

$(OS)/%.elf: $(OS)/%.archive.o $(OS_KERNEL) os-1k/boot/kernel.ld
	$(say) LD $(@:$(B)/%=%)
	$(Q)$(OS_CC) $(OS_LINK) -Wl,-T,os-1k/boot/kernel.ld -o $@ \
		$(filter %.o,$^)

$(OS)/%.bin: $(OS)/%.elf
	$(Q)objcopy -O binary -j .image $< $@

$(IMAGES)/os-1k.elf: $(OS)/os-1k.elf
	$(say) IMAGE images/os-1k.elf
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

$(IMAGES)/os-1k.bin: $(OS)/os-1k.bin
	$(say) BIN images/os-1k.bin
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

# What `make test` builds besides.
TEST_IMAGES := $(if $(CONFIG_OS_1K),$(OS)/os-1k-test.bin $(OS)/os-1k-test.elf)

ifeq ($(CONFIG_OS_1K),y)
os-1k: $(IMAGES)/os-1k.bin $(IMAGES)/os-1k.elf
all: os-1k
PHONY += os-1k
else
$(eval $(call goal-without,os-1k,OS_1K))
endif

# The parts that need no machine run in unit tests, too.
cflags-os-1k/user/format := -Ios-1k
cflags-os-1k/user/number := -Ios-1k
cflags-os-1k/kernel/keymap := -Ios-1k
cflags-tests/unit/test_os_keymap := -Ios-1k

include $(call deps-of,$(OS_KERNEL) $(OS_USER) \
	$(OS_PROGRAMS:%=$(OS)/user/%.o) $(OS_TESTS:%=$(OS)/test/%.o))
