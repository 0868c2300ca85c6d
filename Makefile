# pitwall. `make demo` and `make test` are the two commands; GNU make 3.81.
VERSION := 0.1.0
CC ?= cc
PREFIX ?= /usr/local
B ?= build
OS := $(shell uname -s)
PKGS := ncursesw libcurl libcjson libevent
ifeq ($(OS),Darwin)
HOST := darwin
else ifeq ($(OS),Linux)
HOST := linux
else
HOST := none
endif
# `make HOST_BACKEND=none` builds without sensors
HOST_BACKEND ?= $(HOST)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c11 $(WARN) -Icore -Itui -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE \
	-DPITWALL_VERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
LIBS = $(shell pkg-config --libs $(PKGS)) -lpthread -ldl -lm

HOST_SRC := $(filter-out core/host/linux%.c core/host/darwin%.c core/host/none.c,$(wildcard core/host/*.c)) \
	$(wildcard core/host/$(HOST_BACKEND)*.c)
SRC := $(filter-out core/host/%,$(wildcard core/*/*.c)) $(HOST_SRC) $(wildcard tui/*.c)
GEN := $(B)/gen/embed_suites.c $(B)/gen/embed_profiles.c $(B)/gen/embed_themes.c
OBJ := $(SRC:%.c=$(B)/%.o) $(GEN:.c=.o)
LIB := $(filter-out $(B)/tui/main.o,$(OBJ))
UNIT := $(patsubst tests/%.c,%,$(wildcard tests/unit_*.c))

all: pitwall

pitwall: $(OBJ)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)

$(B)/%.o: %.c
	@mkdir -p $(dir $@)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/gen/embed_suites.c: $(wildcard core/suites/data/*.json) tests/embed.sh
$(B)/gen/embed_profiles.c: $(wildcard core/sim/profiles/*.json) tests/embed.sh
$(B)/gen/embed_themes.c: $(wildcard themes/*.json) tests/embed.sh
$(B)/gen/%.c:
	@mkdir -p $(dir $@)
	sh tests/embed.sh $* $(filter %.json,$^) >$@.part && mv $@.part $@

$(B)/lib.a: $(LIB)
	rm -f $@ && $(AR) rcs $@ $(LIB)

$(B)/tests/%: tests/%.c $(B)/lib.a
	@mkdir -p $(dir $@)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Itests -MMD -MP -o $@ $< $(B)/lib.a $(LIBS) -lcmocka

unit: $(UNIT:%=$(B)/tests/%)
	@for t in $^; do $$t || exit 1; done

-include $(shell test -d $(B) && find $(B) -name '*.d')

clean:
	rm -rf $(B) pitwall
.PHONY: all unit clean
