# The machinery around the build: packages this machine lacks, the
# configuration, and how one C file becomes one object.

# --- Packages --------------------------------------------------------------

# Stamps, so that a complete machine is asked once; `make deps` asks again.
DEPS_BUILD := $(B)/deps/build
DEPS_TEST  := $(B)/deps/test

$(B)/deps/%: tools/deps
	$(Q)mkdir -p $(@D)
	$(Q)tools/deps $*
	$(Q)touch $@

# Where much is compiled they bring ccache: it is there before make starts over with a
# configuration, and looks for it. (Not where make is only to show.)
DEPS_FIRST := $(if $(SUB),$(if $(filter test,$(MAKECMDGOALS)),$(DEPS_TEST)) \
	      $(if $(filter compare bench,$(MAKECMDGOALS)),$(B)/deps/compare))

deps:
	$(Q)tools/deps build lab disk media compare judge test
	$(Q)mkdir -p $(B)/deps && touch $(addprefix $(B)/deps/,build lab disk media compare judge test)

# --- Configuration ---------------------------------------------------------

KCONFIGS := Kconfig $(wildcard */Kconfig */Kconfig.run */*/Kconfig)

$(CONFIG_GOALS): $(DEPS_BUILD)
	$(Q)tools/kconfig $@

%_defconfig: $(DEPS_BUILD)
	$(Q)tools/kconfig $@

PHONY += $(CONFIG_GOALS)

# A tree without a configuration gets the default one. auto.conf is included
# by the Makefile, so make brings it up to date first and then starts over.
# What it was made from is told by its sum: a file dated in the future, by a
# clock or a copy, would be newer for ever, and make start over for ever.
CONFIG_SUM  = cat $(CONFIG) $(KCONFIGS) tools/kconfig 2>/dev/null | sha256sum
CONFIG_READ := $(call remember,$(B)/config/read,$(shell $(CONFIG_SUM)))

$(B)/config/auto.conf: $(CONFIG_READ) | $(CONFIG) $(DEPS_BUILD) $(DEPS_FIRST)
	$(Q)tools/kconfig sync
	$(Q)$(CONFIG_SUM) >$(CONFIG_READ)
	$(Q)touch $@

$(CONFIG): | $(DEPS_BUILD)
	$(Q)tools/kconfig defconfig

# --- Compiling -------------------------------------------------------------

# A source that names CONFIG_ words, which no header does, is given their values;
# the rest is compiled by the same command whatever is configured and wherever it
# is built, so that ccache knows it. The dependency file names every header and,
# for every such word, the stamp that Kconfig touches when that symbol changes.
configured = $(findstring CONFIG_,$(file <$<))
CC_COMMON  = -std=gnu11 $(WARNINGS) -Ivmm -Ivmm/include \
	     $(if $(configured),-include $(B)/config/autoconf.h) \
	     -ffile-prefix-map=$(TOP)=. -MMD -MP -MF $@.d -MT $@
fixdep     = $(if $(configured),tools/fixdep $(B)/config $@.d)

SAN_HOW    := $(call remember,$(B)/san.flags,$(SAN_FLAGS))
HOST_FLAGS := $(call remember,$(B)/host.flags,$(HOST_CC) $(CFLAGS) $(LDFLAGS))

$(B)/san/%.o: %.c $(HOST_FLAGS) $(SAN_HOW) | $(B)/config/auto.conf
	$(say) CC-SAN $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CC_COMMON) $(CFLAGS) -O1 $(SAN_FLAGS) $(EXTRA) $(cflags-$*) \
		-c -o $@ $<
	$(Q)$(fixdep)

$(B)/san/%.o: %.S $(HOST_FLAGS) | $(B)/config/auto.conf
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CC_COMMON) -D__ASSEMBLY__ -c -o $@ $<
	$(Q)$(fixdep)

$(B)/%.o: %.c $(HOST_FLAGS) | $(B)/config/auto.conf
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CC_COMMON) $(CFLAGS) $(EXTRA) $(cflags-$*) -c -o $@ $<
	$(Q)$(fixdep)

$(B)/%.o: %.S $(HOST_FLAGS) | $(B)/config/auto.conf
	$(say) AS $<
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CC_COMMON) -D__ASSEMBLY__ -c -o $@ $<
	$(Q)$(fixdep)

# $(call deps-of,OBJECTS): their dependency files, to be included.
deps-of = $(wildcard $(addsuffix .d,$1))
