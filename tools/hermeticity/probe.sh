#!/bin/sh
# Prints every tool among the arguments that an action can run.
for tool in "$@"; do
  "$tool" --version >/dev/null 2>&1 && echo "$tool"
done
exit 0
