# Keeps C for x86-64, with the sanitizers as archives: 178 MB become 77 MB.
gcc=usr/lib/gcc/x86_64-linux-gnu/12
lib=usr/lib/x86_64-linux-gnu
# The compiler's own shared libraries, by the names that it asks for, in one folder for LD_LIBRARY_PATH. The C library is none
# of them: programs start with the host's loader, which wants the host's.
mkdir tool_libs
cp $lib/libbfd-*.so tool_libs/
for f in $lib/*.so.* lib/x86_64-linux-gnu/libz.so.1; do
  case ${f##*.so.} in *.*) ;; *) cp -L "$f" tool_libs/ ;; esac
done
# The tools; assembler and linker where the compiler looks for them, and by the names that it starts them by.
mkdir -p bin usr/x86_64-linux-gnu/bin
for tool in gcc-12 gcov-12 ar nm objcopy objdump strip; do mv usr/bin/x86_64-linux-gnu-$tool bin/; done
mv usr/bin/x86_64-linux-gnu-as usr/x86_64-linux-gnu/bin/as
mv usr/bin/x86_64-linux-gnu-ld.bfd usr/x86_64-linux-gnu/bin/ld
rm -r usr/bin && mv bin usr/bin
rm -r $gcc/lto1 $gcc/lto-wrapper $gcc/plugin $gcc/*tsan* $gcc/*lsan*
# What programs are linked with: the C library by the paths in its linker scripts.
cp --remove-destination lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 lib64/
find lib/x86_64-linux-gnu -type f ! -name libc.so.6 ! -name libm.so.6 ! -name libmvec.so.1 ! -name 'ld-linux*' -delete
rm -r etc usr/share $lib/audit $lib/bfd-plugins $lib/gconv $lib/ldscripts $lib/*.so.* $lib/libbfd-*.so $lib/libopcodes-*.so
# Of the kernel's headers only what the C library's include.
(cd usr/include && rm -r linux/*/ misc mtd rdma sound video xen)
# All that are left lead out of the tree, or nowhere.
find . -type l -delete
