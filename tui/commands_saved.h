/* commands_saved: the commands that need saved runs only, and neither app nor network. Each
 * returns the documented exit code. */
#ifndef TUI_COMMANDS_SAVED_H
#define TUI_COMMANDS_SAVED_H

#include "commands.h"

int command_compare(const struct context *context);
int command_runs(const struct context *context);
int command_rm(const struct context *context);
int command_import(const struct context *context);

#endif
