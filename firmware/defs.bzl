"""Compiler flags of the firmware's own sources."""

# GCC would turn the short loops that copy, clear and measure into calls of newlib's memcpy, memset and strlen, which
# are built for speed: 690 bytes that the firmware does not need.
FIRMWARE_COPTS = ["-fno-tree-loop-distribute-patterns"]
