# The lab: a kernel with KVM for AMD, an archive with one program, and the
# keeper on our side. Built by `make lab`, by `make run` where this machine's own
# /dev/kvm cannot run the guest, and by `make test`.

LAB_KEEPER := $(addprefix $(B)/lab/,keeper.o order.o pump.o qemu.o terminal.o)
LAB_INIT   := $(addprefix $(B)/musl/lab/,init.o fail.o world.o command.o net.o port.o \
	      lost.o order.o pump.o)

$(B)/lab/%.o $(B)/san/lab/%.o: EXTRA = -Ilab

$(B)/host/lab-keeper: $(LAB_KEEPER)
	$(say) LD lab-keeper
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CFLAGS) -o $@ $^ $(LDFLAGS)

$(B)/lab/init: $(LAB_INIT)
	$(say) LD-MUSL lab/init
	$(Q)mkdir -p $(@D)
	$(call musl-link,$^)

$(B)/lab/lab.cpio: $(B)/lab/init $(B)/host/initcpio lab/build.mk
	$(say) CPIO lab.cpio
	$(Q)printf '%s\n' 'dir /dev 755 0 0' \
		'nod /dev/console 600 0 0 c 5 1' \
		'file /init $(B)/lab/init 755 0 0' >$(B)/lab/lab.list
	$(Q)$(B)/host/initcpio create -o $@ $(B)/lab/lab.list

$(eval $(call linux-kernel,lab/linux,lab,kernel-configs/lab.config,,lab/lme.patch))
$(B)/lab/linux.built: | $(B)/deps/lab

$(B)/lab/vmlinux: $(B)/lab/linux.built
	$(Q)objcopy -S -R .comment $(B)/lab/linux/vmlinux $@

lab: $(B)/lab/vmlinux $(B)/lab/lab.cpio $(B)/host/lab-keeper | $(B)/deps/lab
PHONY += lab

include $(call deps-of,$(LAB_KEEPER) $(LAB_INIT))
