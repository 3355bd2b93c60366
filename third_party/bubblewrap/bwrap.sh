#!/bin/sh
# Starts the locked program from its own tree; only libc and the loader come from the host.
root=${0%/*}/..
case $root in /*) ;; *) root=$PWD/$root ;; esac
LD_LIBRARY_PATH="$root/lib64" exec "$root/bin/bwrap.bin" "$@"
