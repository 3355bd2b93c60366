#!/bin/sh
# Starts the locked interpreter from its own tree; only libc and the loader come from the host.
root=${0%/*}/..
case $root in /*) ;; *) root=$PWD/$root ;; esac
export PYTHONHOME="$root/usr"
export LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu"
export PYTHONNOUSERSITE=1 PYTHONDONTWRITEBYTECODE=1
exec "$root/usr/bin/python3.11" "$@"
