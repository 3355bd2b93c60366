"""renode_installation: finds Renode on this machine, or fetches the pinned release, or says that there is none.

In WORKSPACE: `renode_installation(name = "renode")`.
"""

_RELEASE = "1.16.1"
_URL = "https://github.com/renode/renode/releases/download/v%s/renode-%s.linux-portable-dotnet.tar.gz" % (_RELEASE, _RELEASE)
_SHA256 = "00e113cdbd0f5354cf2f64bbe3f5a070d8958409542fca66e45ac97d982938c0"
_FOLDER = "renode_%s-dotnet_portable" % _RELEASE

def _found(ctx):
    """The path of a Renode: $RENODE, PATH, the pinned release; None where it cannot be had."""
    named = ctx.os.environ.get("RENODE")
    if named:
        if not ctx.path(named).exists:
            fail("@%s: RENODE names no file; got %s, want Renode's program. Fix: correct or unset RENODE" % (ctx.name, named))
        return named
    installed = ctx.which("renode")
    if installed:
        return str(installed)
    fetched = ctx.download(url = _URL, output = "renode.tar.gz", sha256 = _SHA256, allow_fail = True)
    if not fetched.success:
        return None
    ctx.extract("renode.tar.gz", stripPrefix = _FOLDER)
    ctx.delete("renode.tar.gz")
    return str(ctx.path("renode"))

def _renode_installation_impl(ctx):
    program = _found(ctx)
    requires = [] if program else ["@edgeplug//gates/environments/renode:present"]
    if not program:
        # buildifier: disable=print
        print("@%s: no Renode; neither RENODE nor PATH has it, and %s cannot be fetched. Its tests are skipped" % (ctx.name, _URL))
    ctx.file("BUILD.bazel", "")
    ctx.file("renode.bzl", "\"\"\"Written by renode_installation.\"\"\"\n\nRENODE = struct(program = %r, requires = %r)\n" %
                           (program or "", requires))

renode_installation = repository_rule(
    implementation = _renode_installation_impl,
    doc = "renode.bzl with RENODE: `program`, its path or empty; `requires`, the constraint that skips tests without it.",
    configure = True,
    environ = ["PATH", "RENODE"],
)
