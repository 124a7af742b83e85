# Small guests: one assembly file each, linked at address 0 without a header.

guest-$(CONFIG_GUEST_MINIMAL)              += minimal
guest-$(CONFIG_GUEST_HELLO)                += hello
guest-$(CONFIG_GUEST_COUNTER)              += counter
guest-$(CONFIG_GUEST_MULTIPLICATION)       += multiplication
guest-$(CONFIG_GUEST_MULTIPLICATION_SHORT) += multiplication_short
guest-$(CONFIG_GUEST_FIBONACCI)            += fibonacci
guest-$(CONFIG_GUEST_MATRIX)               += matrix
guest-$(CONFIG_GUEST_HCTEST)               += hctest

# The largest each may be, in bytes: the sizes of the original Mini-KVM's.
max-minimal              := 1
max-hello                := 50
max-counter              := 30
max-multiplication       := 142
max-multiplication_short := 80
max-fibonacci            := 173
max-matrix               := 458
max-hctest               := 200

GUESTS := $(guest-y:%=$(IMAGES)/%.bin)

$(B)/guests/%.elf: guests/%.S $(HOST_FLAGS)
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) -m16 -ffreestanding -nostdlib -static -Ivmm \
		-D__ASSEMBLY__ -MMD -MP -MF $@.d -MT $@ -Wl,-Ttext=0 -Wl,-e,0 \
		-Wl,--build-id=none -Wl,-melf_i386 -o $@ $<

$(IMAGES)/%.bin: $(B)/guests/%.elf guests/build.mk
	$(say) BIN images/$*.bin
	$(Q)mkdir -p $(@D)
	$(Q)objcopy -O binary -j .text -j .data $< $@
	$(Q)size=$$(stat -c %s $@); test $$size -le $(max-$*) || { \
		echo "mini-kvm: images/$*.bin: $$size bytes, and it may have" \
		"$(max-$*); shorten guests/$*.S, or change max-$* in" \
		"guests/build.mk" >&2; exit 1; }

# Guests for protected and long mode: ELF files, linked where they are loaded.

guest32-$(CONFIG_GUEST_HELLO32) += hello32
guest32-$(CONFIG_GUEST_PAE32)   += pae32
guest64-$(CONFIG_GUEST_HELLO64) += hello64
guest64-$(CONFIG_GUEST_WALK64)  += walk64
guest64-$(CONFIG_GUEST_COMPUTE) += compute

GUEST_ELFS := $(guest32-y:%=$(B)/guests/%.elf) $(guest64-y:%=$(B)/guests/%.elf)
GUESTS     += $(GUEST_ELFS:$(B)/guests/%=$(IMAGES)/%)

$(guest32-y:%=$(B)/guests/%.elf): guests/prot32.ld
$(guest32-y:%=$(B)/guests/%.elf): GUEST_FLAGS = -m32 -Wl,-T,guests/prot32.ld
$(guest64-y:%=$(B)/guests/%.elf): guests/long64.ld
$(guest64-y:%=$(B)/guests/%.elf): GUEST_FLAGS = -m64 -Wl,-T,guests/long64.ld

$(GUEST_ELFS): $(B)/guests/%.elf: guests/%.S $(HOST_FLAGS)
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(GUEST_FLAGS) -ffreestanding -nostdlib -static \
		-Ivmm -Iguests -D__ASSEMBLY__ -MMD -MP -MF $@.d -MT $@ \
		-Wl,--build-id=none -Wl,-n -Wl,--no-warn-rwx-segments -o $@ $<

$(filter %.elf,$(GUESTS)): $(IMAGES)/%.elf: $(B)/guests/%.elf
	$(say) STRIP images/$*.elf
	$(Q)mkdir -p $(@D)
	$(Q)strip -o $@ $<

guests: $(GUESTS)
all: guests
PHONY += guests

include $(call deps-of,$(guest-y:%=$(B)/guests/%.elf) $(GUEST_ELFS))
