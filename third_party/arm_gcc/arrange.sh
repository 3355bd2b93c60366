# Keeps C for one multilib (Cortex-M4F, hard float): 813 MB become 103 MB.
gcc=usr/lib/gcc/arm-none-eabi/12.2.1
newlib=usr/lib/arm-none-eabi/newlib
rm -rf usr/share usr/lib/valgrind $gcc/plugin $gcc/cc1plus $gcc/g++* $gcc/arm $newlib/arm \
  usr/bin/*-g++* usr/bin/*-c++* usr/bin/*-lto-dump
for d in $gcc/thumb $newlib/thumb; do
  find $d -mindepth 1 -maxdepth 1 ! -name v7e-m+fp -exec rm -rf {} +
  rm -rf $d/v7e-m+fp/softfp
done
find $newlib $gcc -maxdepth 1 -type f -name '*.a' -delete
# Debian makes these two links in a maintainer script, which dpkg-deb -x does not run.
mv $newlib usr/lib/arm-none-eabi/lib
mv usr/include/newlib usr/lib/arm-none-eabi/include
# nano.specs names the host's /usr/include; the toolchain passes our own path instead.
find usr/lib/arm-none-eabi/lib -name nano.specs -exec sed -i 's#-isystem /usr/include/newlib/nano ##' {} +
if grep -rl --include='*.specs' /usr/include usr/lib/arm-none-eabi/lib; then exit 1; fi
# The compiler's own shared libraries, links resolved, in one folder for LD_LIBRARY_PATH.
mkdir lib64
for f in usr/lib/x86_64-linux-gnu/*.so.* lib/x86_64-linux-gnu/*.so.*; do
  if [ -L "$f" ]; then cp -L "$f" lib64/; fi
done
cp lib/x86_64-linux-gnu/libgcc_s.so.1 lib64/
rm -rf usr/lib/x86_64-linux-gnu lib
