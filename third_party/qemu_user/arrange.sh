# Keeps one emulator, which is linked statically: no other architecture, no documents.
mkdir -p bin
mv usr/bin/qemu-x86_64-static bin/qemu-x86_64
rm -rf usr etc
