"""renode_installation: finds Renode on this machine, or fetches the pinned release, or says that there is none.

In WORKSPACE: `renode_installation(name = "renode")`. Both repositories are fetched only when a target needs them, and the
release only where RENODE and PATH name no Renode.
"""

_RELEASE = "1.16.1"
_URL = "https://github.com/renode/renode/releases/download/v%s/renode-%s.linux-portable-dotnet.tar.gz" % (_RELEASE, _RELEASE)
_SHA256 = "00e113cdbd0f5354cf2f64bbe3f5a070d8958409542fca66e45ac97d982938c0"
_FOLDER = "renode_%s-dotnet_portable" % _RELEASE

# Bazel would repeat a refused or silent connection for minutes.
_PROBE_LIMIT_S = 3

def _endpoint(ctx, url):
    """Host and port that a download of `url` connects to: the proxy, if there is one."""
    scheme = url.split("://")[0]
    environ = ctx.os.environ
    proxy = environ.get(scheme + "_proxy") or environ.get(scheme.upper() + "_PROXY")
    authority = (proxy or url).split("://")[-1].split("/")[0].split("@")[-1]
    host, _, port = authority.partition(":")
    return host, port or ("443" if (proxy or url).startswith("https:") else "80")

def _renode_release_impl(ctx):
    host, port = _endpoint(ctx, ctx.attr.url)
    probe = ctx.execute(["bash", "-c", "exec 3<>\"/dev/tcp/$0/$1\"", host, port], timeout = _PROBE_LIMIT_S)
    program = ""
    if probe.return_code == 0 and ctx.download(ctx.attr.url, "archive.tar.gz", ctx.attr.sha256, allow_fail = True).success:
        ctx.extract("archive.tar.gz", stripPrefix = ctx.attr.folder)
        ctx.delete("archive.tar.gz")
        program = str(ctx.path("renode"))
    ctx.file("BUILD.bazel", "")
    ctx.file("program.txt", program)

renode_release = repository_rule(
    implementation = _renode_release_impl,
    doc = """program.txt: the path of the program in a downloaded release, or nothing where it cannot be had.

Tried once: `bazel sync --only=NAME` tries again.""",
    attrs = {
        "folder": attr.string(mandatory = True, doc = "The archive's top folder."),
        "sha256": attr.string(mandatory = True),
        "url": attr.string(mandatory = True, doc = "A .tar.gz."),
    },
)

def _installed(ctx):
    """The path of a Renode that the user names or has installed, or None."""
    named = ctx.os.environ.get("RENODE")
    if not named:
        installed = ctx.which("renode")
        return str(installed) if installed else None
    if ctx.execute(["sh", "-c", "case $0 in /*) test -f \"$0\" && test -x \"$0\" ;; *) false ;; esac", named]).return_code:
        fail("@%s: RENODE names no program; got %s, want the absolute path of Renode's program. Fix: correct or unset RENODE" %
             (ctx.name, named))
    return named

def _renode_installation_impl(ctx):
    program = _installed(ctx) or ctx.read(ctx.path(Label(ctx.attr.release)))
    ctx.file("program.txt", program)

    # Something that every host of this workspace is, or that none is.
    required = "@platforms//os:linux" if program else "@edgeplug//gates/environments/renode:present"
    ctx.file("BUILD.bazel", """package(default_visibility = ["//visibility:public"])

exports_files(["program.txt"])

alias(
    name = "required",
    actual = "%s",
)
""" % required)

_renode_installation = repository_rule(
    implementation = _renode_installation_impl,
    attrs = {"release": attr.string(mandatory = True, doc = "Label of a renode_release's program.txt.")},
    configure = True,
    environ = ["PATH", "RENODE"],
    # Looked for anew whenever a Bazel server starts.
    local = True,
)

def renode_installation(name, url = _URL, sha256 = _SHA256, folder = _FOLDER):
    """Finds or fetches Renode.

    Args:
      name: the repository's name.
      url: of the release; https, a .tar.gz.
      sha256: of that archive.
      folder: its top folder.

    Emits:
      @name//:program.txt: the path of Renode's program; empty where there is none.
      @name//:required: a constraint for `target_compatible_with`, which a machine without Renode does not meet.
      @name_release: the downloaded release.
    """
    release = name + "_release"
    renode_release(name = release, folder = folder, sha256 = sha256, url = url)
    _renode_installation(name = name, release = "@%s//:program.txt" % release)
