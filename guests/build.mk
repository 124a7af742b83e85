# Small guests: one assembly file each, linked at address 0 without a header.

guest-$(CONFIG_GUEST_HELLO)   += hello
guest-$(CONFIG_GUEST_MINIMAL) += minimal

GUESTS := $(guest-y:%=$(IMAGES)/%.bin)

$(B)/guests/%.elf: guests/%.S $(HOST_FLAGS)
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) -m16 -ffreestanding -nostdlib -static -Ivmm \
		-D__ASSEMBLY__ -MMD -MF $@.d -MT $@ -Wl,-Ttext=0 -Wl,-e,0 \
		-Wl,--build-id=none -Wl,-melf_i386 -o $@ $<

$(IMAGES)/%.bin: $(B)/guests/%.elf
	$(say) BIN images/$*.bin
	$(Q)mkdir -p $(@D)
	$(Q)objcopy -O binary -j .text -j .data $< $@

guests: $(GUESTS)
all: guests
PHONY += guests

include $(call deps-of,$(guest-y:%=$(B)/guests/%.elf))
