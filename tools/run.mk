# make run, make doctor: what uses the images.

# Everything that the image to run may need is built first; an image named by
# IMG= is built when there is a rule for it.
run: all
	+$(Q)tools/run

# What it finds is for the reader; a verdict in the exit status is for scripts,
# which ask kvm-vmm itself.
doctor: kvm-vmm
	$(Q)$(IMAGES)/kvm-vmm --doctor || :

export IMG RUN ARGS MAKE
PHONY += run doctor
