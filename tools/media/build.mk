# make disk, make iso: what is configured and makes sense on a PC, in one image that
# boots there. What it is made of is a tree of files; tools/media/image has the rest.

MEDIA       := $(B)/media
MEDIA_FILES := $(if $(CONFIG_IMG_LINUX),$(IMAGES)/bzImage \
	       $(if $(CONFIG_IMG_INITRAMFS),$(INITRAMFS))) \
	       $(if $(CONFIG_OS_1K),$(IMAGES)/os-1k.elf)
MEDIA_NAMES := $(notdir $(MEDIA_FILES) $(GUESTS))

# start.elf makes a guest of a file, where there is no kvm-vmm.
START_OBJS := $(MEDIA)/start-asm.o $(MEDIA)/start.o

$(MEDIA)/start-asm.o: tools/media/start.S $(HOST_FLAGS) tools/media/build.mk
	$(call OS_COMPILE,AS)
$(MEDIA)/start.o: tools/media/start.c $(HOST_FLAGS) tools/media/build.mk
	$(call OS_COMPILE,CC)

$(MEDIA)/start.elf: $(START_OBJS) tools/media/start.ld
	$(say) LD $(@:$(B)/%=%)
	$(Q)$(OS_CC) -s $(OS_LINK) -Wl,-T,tools/media/start.ld -o $@ $(START_OBJS)

include $(call deps-of,$(START_OBJS))

# A tree is made anew, so that nothing stays of what was switched off.
$(MEDIA)/tree.made: $(MEDIA_FILES) $(GUESTS) $(MEDIA)/start.elf tools/media/menu \
		    guests/Kconfig $(wildcard guests/*.S) \
		    $(call remember,$(MEDIA)/names,$(MEDIA_NAMES))
	$(Q)rm -rf '$(MEDIA)/tree'
	$(Q)mkdir -p $(MEDIA)/tree/boot/grub $(MEDIA)/tree/boot/guests
	$(Q)cp $(MEDIA_FILES) $(MEDIA)/start.elf $(MEDIA)/tree/boot
	$(if $(strip $(GUESTS)),$(Q)cp $(GUESTS) $(MEDIA)/tree/boot/guests)
	$(Q)tools/media/menu $(if $(CONFIG_IMG_LINUX),$(B)/linux/.config,/dev/null) \
		$(MEDIA_NAMES) >$(MEDIA)/tree/boot/grub/grub.cfg
	$(Q)touch $@

$(IMAGES)/mini-kvm.img: $(MEDIA)/tree.made tools/media/image | $(B)/deps/media
	$(say) DISK images/mini-kvm.img
	$(Q)tools/media/image disk $(MEDIA)/tree $@

$(IMAGES)/mini-kvm.iso: $(MEDIA)/tree.made tools/media/image | $(B)/deps/media
	$(say) ISO images/mini-kvm.iso
	$(Q)tools/media/image iso $(MEDIA)/tree $@

disk: $(IMAGES)/mini-kvm.img
iso: $(IMAGES)/mini-kvm.iso
PHONY += disk iso
