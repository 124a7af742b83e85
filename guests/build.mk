# Small guests: one assembly file each. A file that lies here and is not listed is
# somebody's own, and is built like the others.

# Real mode: linked at address 0, images/NAME.bin without a header.
guest-$(CONFIG_GUEST_MINIMAL)              += minimal
guest-$(CONFIG_GUEST_HELLO)                += hello
guest-$(CONFIG_GUEST_COUNTER)              += counter
guest-$(CONFIG_GUEST_MULTIPLICATION)       += multiplication
guest-$(CONFIG_GUEST_MULTIPLICATION_SHORT) += multiplication_short
guest-$(CONFIG_GUEST_FIBONACCI)            += fibonacci
guest-$(CONFIG_GUEST_MATRIX)               += matrix
guest-$(CONFIG_GUEST_HCTEST)               += hctest
guest-$(CONFIG_GUEST_MODE13)               += mode13
guest-$(CONFIG_GUEST_BOOTSECTOR)           += bootsector

# Protected and long mode: images/NAME.elf, linked where it is loaded.
guest32-$(CONFIG_GUEST_HELLO32) += hello32
guest32-$(CONFIG_GUEST_PAE32)   += pae32
guest32-$(CONFIG_GUEST_PIXELS32) += pixels32
guest64-$(CONFIG_GUEST_PIXELS64) += pixels64
guest64-$(CONFIG_GUEST_HELLO64) += hello64
guest64-$(CONFIG_GUEST_WALK64)  += walk64
guest64-$(CONFIG_GUEST_COMPUTE) += compute

# One's own: words `guest-y=NAME`, or a sentence that says what is wrong.
GUESTS_LISTED := $(foreach kind,guest guest32 guest64,$($(kind)-y) $($(kind)-))
ifneq ($(filter-out $(GUESTS_LISTED:%=guests/%.S),$(wildcard guests/*.S)),)
GUESTS_OWN := $(shell tools/own-guests $(GUESTS_LISTED))
$(if $(findstring mini-kvm:,$(GUESTS_OWN)),$(error $(GUESTS_OWN)))
$(foreach own,$(GUESTS_OWN),$(eval $(subst =, += ,$(own))))
endif

# Ten that do not work, for docs/debugging.md: make broken.
broken16 := $(addprefix broken/,farjump gdt disk)
broken32 := $(addprefix broken/,stage2 sse masked)
broken64 := $(addprefix broken/,gates identity ring3 errorcode)
BROKEN_ELFS := $(addprefix $(B)/guests/,$(addsuffix .elf,$(broken32) $(broken64)))
BROKEN      := $(broken16:%=$(IMAGES)/%.bin) $(BROKEN_ELFS:$(B)/guests/%=$(IMAGES)/%)

GUEST_ELFS := $(guest32-y:%=$(B)/guests/%.elf) $(guest64-y:%=$(B)/guests/%.elf)
GUESTS     := $(guest-y:%=$(IMAGES)/%.bin) $(GUEST_ELFS:$(B)/guests/%=$(IMAGES)/%)

# --- Real mode ---------------------------------------------------------------

$(B)/guests/%.elf: guests/%.S guests/real16.ld guests/real16.inc $(HOST_FLAGS)
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) -m16 -g -ffreestanding -nostdlib -static -Ivmm \
		-include guests/real16.inc -D__ASSEMBLY__ -MMD -MP -MF $@.d -MT $@ \
		-Wl,-T,guests/real16.ld -Wl,-e,0 -Wl,-melf_i386 \
		-Wl,--build-id=none -Wl,--no-warn-rwx-segments -o $@ $<

# Who was of another kind before has left another image, which `make run` would
# find.
$(IMAGES)/%.bin: $(B)/guests/%.elf guests/build.mk
	$(say) BIN images/$*.bin
	$(Q)mkdir -p $(@D)
	$(Q)objcopy -O binary $< $@
	$(Q)rm -f $(IMAGES)/$*.elf

# --- Protected and long mode -------------------------------------------------

$(patsubst %,$(B)/guests/%.elf,$(guest32-y) $(broken32)): guests/prot32.ld
$(patsubst %,$(B)/guests/%.elf,$(guest32-y) $(broken32)): GUEST_FLAGS = -m32 -Wl,-T,guests/prot32.ld
$(patsubst %,$(B)/guests/%.elf,$(guest64-y) $(broken64)): guests/long64.ld
$(patsubst %,$(B)/guests/%.elf,$(guest64-y) $(broken64)): GUEST_FLAGS = -m64 -Wl,-T,guests/long64.ld

$(GUEST_ELFS) $(BROKEN_ELFS): $(B)/guests/%.elf: guests/%.S $(HOST_FLAGS)
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(GUEST_FLAGS) -g -ffreestanding -nostdlib -static \
		-Ivmm -Iguests -D__ASSEMBLY__ -MMD -MP -MF $@.d -MT $@ \
		-Wl,--build-id=none -Wl,-n -Wl,--no-warn-rwx-segments -o $@ $<

$(filter %.elf,$(GUESTS) $(BROKEN)): $(IMAGES)/%.elf: $(B)/guests/%.elf guests/build.mk
	$(say) STRIP images/$*.elf
	$(Q)mkdir -p $(@D)
	$(Q)strip --strip-debug -o $@ $<
	$(Q)rm -f $(IMAGES)/$*.bin

guests: $(GUESTS)
all: guests
broken: $(BROKEN)
PHONY += guests broken

include $(call deps-of,$(patsubst %,$(B)/guests/%.elf,$(guest-y) $(broken16)) \
	$(GUEST_ELFS) $(BROKEN_ELFS))
