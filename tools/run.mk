# make run, make doctor: what uses the images.

# Where this machine's own KVM cannot boot Linux the lab needs QEMU; a newcomer
# who typed `make run` gets it installed rather than a message.
LAB_IMAGES := $(if $(filter lab,$(RUN)),%,vmlinux bzImage \
	      pae32 pae32.elf os-1k os-1k.bin os-1k.elf images/vmlinux \
	      images/bzImage images/pae32.elf images/os-1k.bin images/os-1k.elf \
	      %.img %.iso)
LAB_FOR    := $(or $(IMG),$(call unquote,$(CONFIG_RUN_IMAGE)))
WANTS_LAB  := $(if $(call which,qemu-system-x86_64)$(filter \
	      host,$(RUN)),,$(filter $(LAB_IMAGES),$(LAB_FOR)))

# Installs what the lab needs, where the image to boot may need the lab.
ensure-lab = $(if $(WANTS_LAB),$(Q)$(if $(filter lab,$(RUN)),,$(IMAGES)/kvm-vmm \
	     --doctor=linux </dev/null >/dev/null 2>&1 ||) tools/deps lab \
	     </dev/null,@:)

# Everything that the image to run may need is built first; a medium with all of it,
# only to be run.
RUN_MEDIA := $(addprefix $(IMAGES)/,$(filter mini-kvm.img mini-kvm.iso,$(IMG:images/%=%)))

run: all $(RUN_MEDIA)
	$(ensure-lab)
	$(SUB)$(Q)tools/run

# What it finds is for the reader; a verdict in the exit status is for scripts,
# which ask kvm-vmm itself.
doctor: kvm-vmm
	$(Q)$(IMAGES)/kvm-vmm --doctor || :

# Without TOGGLE it only tells what there is. Else the baseline is built here, as
# for `run`, and the variants by the program itself. It is called as a package:
# one of its files has the name of a library's.
compare: $(if $(strip $(TOGGLE)),all) | $(B)/deps/compare
	$(if $(strip $(TOGGLE)),$(ensure-lab),@:)
	$(Q)PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m compare

# What `compare` and `bench` have kept. A T is what it says, as everywhere. The last
# FILL commits are measured first; what boots then is built here, once.
trend: $(if $(and $(strip $(FILL)),$(filter exits instructions,$(WHAT))),all lab) \
		| $(B)/deps/compare
	$(SUB)$(Q)MATCH=$(call quoted,$T) PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m compare.draw

# The guest's RAM is read on this machine, and QEMU is the other CPU.
lockstep: all | $(B)/deps/level $(B)/deps/lab
	$(Q)PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 -m lockstep

# As they were typed: make would take a $ in them for one of its variables.
$(foreach v,IMG RUN FROM ARGS TOGGLE HOW TIMEOUT COUNT SET TRACE WHAT SINCE PERCENT FILL,$(if $(filter-out \
	undefined,$(origin $v)),$(eval override $v := $$(value $v))))
export IMG RUN FROM ARGS MAKE TOGGLE HOW TIMEOUT COUNT SET TRACE WHAT SINCE PERCENT FILL
PHONY += run doctor compare trend lockstep
