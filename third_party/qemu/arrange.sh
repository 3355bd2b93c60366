# Keeps one emulator and the libraries that it loads: no firmware blobs, no second architecture, no documents.
mkdir -p bin lib64
mv usr/bin/qemu-system-arm bin/qemu-system-arm.bin
# By the names that programs ask for, links resolved, in one folder for LD_LIBRARY_PATH.
for f in usr/lib/x86_64-linux-gnu/*.so.* lib/x86_64-linux-gnu/*.so.*; do
  case ${f##*.so.} in *.*) ;; *) cp -L "$f" lib64/ ;; esac
done
rm -rf usr lib etc var run
# Shipped beside what is needed, and loaded by nothing here.
rm lib64/libgthread-2.0.so.0 lib64/libssl.so.3 lib64/libvdeplug_mod.so.2
