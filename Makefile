# Mini-KVM: one make for everything. `make help` says what it can do.
#
# Nothing here runs make again, Linux and BusyBox excepted: every folder adds
# its rules in a build.mk, so that -j is right and each thing is built once.
# Objects and sources go to build/, downloads to dl/, results to images/; with
# O=DIR all of them, and .config, go to DIR instead.

VERSION := 0.1

# --- Where it runs ---------------------------------------------------------

HOST_SYSTEM := $(shell uname -sm)
ifneq ($(HOST_SYSTEM),Linux x86_64)
$(error mini-kvm: $(HOST_SYSTEM): needs Linux on x86-64, because the guests \
are x86 programs and KVM runs them; use an x86-64 Linux machine)
endif

# Make splits words at blanks and has characters of its own, and so has the
# shell that runs the recipes: a path with one of them is refused, before a part
# of it is taken for a path or a command. $(call check-path,WHAT,PATH).
empty :=
space := $(empty) $(empty)
ODD   := ' " ` \ ( ) [ ] { } < > | & ; * ? ! ^ : = % \# $$

odd-in     = $(strip $(foreach c,$(ODD),$(if $(findstring $c,$1),$c)) \
	     $(if $(filter ~%,$1),~) $(if $(or $(findstring $(space),$1), \
	     $(filter-out 0 1,$(words $1))),a blank))
check-path = $(if $(call odd-in,$2),$(error mini-kvm: $1$2: the path \
	     contains $(call odd-in,$2), which make or a shell would take for \
	     something else; use a path without it))

TOP := $(CURDIR)
$(call check-path,,$(TOP))
$(call check-path,O=,$(value O))
$(call check-path,MKVM_DL=,$(value MKVM_DL))
$(call check-path,MKVM_HISTORY=,$(value MKVM_HISTORY))

# The output tree: empty prefix, or the absolute path of O= with a slash.
OUT    := $(if $(O),$(abspath $(O))/)
B      := $(OUT)build
IMAGES := $(OUT)images
DL     := $(or $(MKVM_DL),$(OUT)dl)
CONFIG := $(OUT).config
# What was measured: nothing can make it again, so nothing removes it.
HISTORY := $(or $(MKVM_HISTORY),$(OUT)compare/history)

# --- How it speaks ---------------------------------------------------------

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
SHELL := /bin/sh

ifeq ($(V),1)
Q   :=
say  = @:
else
Q   := @
say  = @printf '  %-7s %s\n'
endif

# Starts a line that runs another make; -n, -q and -t only look, also there.
SUB := $(if $(strip $(foreach f,n q t,$(findstring $f,$(filter-out -%,$(firstword \
       $(MAKEFLAGS)))))),,+)

# As many jobs as there are processors, unless -j says otherwise. Variables
# of the command line are for us, not for the makes of Linux and BusyBox.
MAKEFLAGS += -rR --no-print-directory -j$(shell nproc)
MAKEOVERRIDES :=

export MKVM_TOP    := $(TOP)
export MKVM_BUILD  := $(abspath $(B))
export MKVM_IMAGES := $(abspath $(IMAGES))
export MKVM_DL     := $(abspath $(DL))
export MKVM_CONFIG := $(abspath $(CONFIG))
export MKVM_HISTORY := $(abspath $(HISTORY))

# --- Compilers -------------------------------------------------------------

comma  := ,
# First place in PATH that has the program $1.
which   = $(firstword $(wildcard $(addsuffix /$1,$(subst :, ,$(PATH)))))
CCACHE := $(if $(call which,ccache),$(shell tools/ccache $(MAKE_RESTARTS)))
export MKVM_CCACHE := $(CCACHE)

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS  ?= -O2 -g
HOST_CC  = $(if $(findstring ccache,$(CC)),,$(CCACHE)) $(CC)

WARNINGS := -Wall -Wextra -Wshadow -Wvla -Werror

# make san [SANITIZE=thread]: programs that look for their own mistakes.
SANITIZE  ?= address
SANITIZERS := address thread
ifeq ($(filter $(SANITIZERS),$(SANITIZE)),)
$(error mini-kvm: SANITIZE=$(SANITIZE): there is $(SANITIZERS))
endif
san-address := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	       -fno-omit-frame-pointer
# Fences order what guests and other programs share with us, which it cannot see.
san-thread  := -fsanitize=thread -fno-omit-frame-pointer $(if $(findstring \
	       clang,$(CC)),,-Wno-tsan)
SAN_FLAGS   := $(san-$(SANITIZE))

# --- Helpers ---------------------------------------------------------------

same = $(and $(findstring x$1x,x$2x),$(findstring x$2x,x$1x))

# $(call remember,FILE,TEXT) is FILE, which holds TEXT and gets a new date only
# when TEXT changes: how a command line or an object list is depended upon.
# (GNU make 4.3 leaves the newline on what it reads, for some lengths. And it
# looks for a file in what it read of the folder before: the rule without a
# recipe says that there is one.)
remember = $(if $(call same,$(strip $(file <$1)),$(strip $2)),,$(shell mkdir -p \
	   $(dir $1))$(file >$1,$2))$(eval $1:)$1

# $(call unquote,TEXT): a string symbol without its quotation marks.
unquote = $(patsubst "%",%,$(strip $1))

# $(call quoted,TEXT): one word for the shell, or none when it is empty.
quoted = $(if $1,'$(subst ','\'',$1)')

# Set by the rules for some objects; and symbols are what .config says, not what
# a shell that was used for another project still exports.
EXTRA :=
$(foreach v,$(filter CONFIG_%,$(.VARIABLES)),$(if $(filter \
	environment,$(origin $v)),$(eval undefine $v)))

# --- Goals that need no configuration --------------------------------------

CONFIG_GOALS := menuconfig nconfig config oldconfig defconfig olddefconfig \
		savedefconfig randconfig allyesconfig allnoconfig listnewconfig
PLAIN_GOALS  := help clean distclean deps doctor-deps $(CONFIG_GOALS) %_defconfig

PHONY := all help clean distclean deps
all:

include tools/goals.mk
include tools/build.mk

ifneq ($(filter-out $(PLAIN_GOALS),$(or $(MAKECMDGOALS),all)),)
NEED_CONFIG := y
include $(B)/config/auto.conf
endif

# The configuration has been read when a preset or a menu would write it.
MIXED := $(filter $(CONFIG_GOALS) %_defconfig,$(MAKECMDGOALS))
ifneq ($(and $(NEED_CONFIG),$(MIXED)),)
$(error mini-kvm: $(MAKECMDGOALS): what is built would not be what \
$(MIXED) configures; run make once for $(MIXED), then again for the rest)
endif

ifeq ($(NEED_CONFIG)$(CONFIG_MKVM),yy)
include vmm/build.mk
include tools/seccomp/build.mk
include guests/build.mk
include os-1k/build.mk
include tools/initcpio/build.mk
include initramfs/build.mk
include kernel-configs/build.mk
include tools/std.mk
include tools/media/build.mk
include lab/build.mk
include backends/build.mk
include tests/build.mk
include tools/run.mk
include tools/level.mk
include exercises/build.mk
endif

clean:
	$(say) CLEAN $(B)
	$(Q)rm -rf '$(B)'
	$(Q)find '$(IMAGES)' -mindepth 1 ! -name README.md -delete 2>/dev/null || :

distclean: clean
	$(say) CLEAN '$(CONFIG) $(OUT)dl'
	$(Q)rm -rf '$(OUT)dl' '$(CONFIG)' '$(CONFIG).old'
	$(if $(wildcard $(HISTORY)/*.jsonl),$(say) KEPT '$(HISTORY)')

help:
	@tools/help

.PHONY: $(PHONY)
