# Prunes the interpreter's tree: only what a running Python 3.11 needs.
rm -rf etc usr/share/applications usr/share/binfmts usr/share/doc usr/share/lintian usr/share/man usr/share/pixmaps \
  usr/share/python3 usr/lib/valgrind
