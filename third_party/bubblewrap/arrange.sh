# Keeps the program and the libraries that it loads.
mkdir -p bin lib64
mv usr/bin/bwrap bin/bwrap.bin
# By the names that programs ask for, links resolved, in one folder for LD_LIBRARY_PATH.
for f in usr/lib/x86_64-linux-gnu/*.so.* lib/x86_64-linux-gnu/*.so.*; do
  case ${f##*.so.} in *.*) ;; *) cp -L "$f" lib64/ ;; esac
done
rm -rf usr lib etc var run
