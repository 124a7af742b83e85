# make std: the kernel, initramfs and disk of std_defconfig in build/std, whatever is
# configured. Tests and benchmarks of disks, shares and networks boot them.
#
# Kernel and BusyBox are those of the configuration where they are the same.

STD_LINUX_FRAGS := kernel-configs/tiny.config kernel-configs/std.config
STD_BB_FRAGS    := initramfs/busybox.config initramfs/busybox-net.config
STD_LISTS       := initramfs/files.list initramfs/std.list initramfs/dropbear.list
STD_LINUX       := linux
STD_BB          := busybox

ifneq ($(CONFIG_IMG_LINUX):$(strip $(LINUX_FRAGS)):$(strip \
       $(LINUX_LINES)),y:$(STD_LINUX_FRAGS):KERNEL_LZ4=y)
STD_LINUX := std/linux
$(eval $(call linux-kernel,std/linux,std,$(STD_LINUX_FRAGS),KERNEL_LZ4=y))
endif

ifneq ($(BUSYBOX_FRAG),$(STD_BB_FRAGS))
STD_BB := std/busybox
$(eval $(call busybox,std/busybox,$(STD_BB_FRAGS)))
endif

$(B)/std/vmlinux: $(B)/$(STD_LINUX).built tools/std.mk
	$(Q)mkdir -p $(@D)
	$(Q)objcopy -g -R .comment $(B)/$(STD_LINUX)/vmlinux $@

$(B)/std/bzImage: $(B)/$(STD_LINUX).built
	$(Q)mkdir -p $(@D)
	$(Q)cp $(B)/$(STD_LINUX)/arch/x86/boot/bzImage $@

$(B)/std/initramfs.cpio: $(call initramfs-of,$(STD_BB),y)
	$(Q)mkdir -p $(@D)
	$(Q)$(call initramfs-env,$(STD_BB)) $(B)/host/initcpio create \
		-M $(B)/std/initramfs.d -o $@ $(STD_LISTS)

-include $(B)/std/initramfs.d

$(eval $(call root-disk,$(B)/std/root.img,std/rootdisk,$(STD_BB),y,$(STD_LISTS),32))

std: $(addprefix $(B)/std/,vmlinux bzImage initramfs.cpio root.img)
PHONY += std
