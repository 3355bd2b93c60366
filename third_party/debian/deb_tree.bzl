"""deb_tree: an external repository unpacked from Debian packages that are locked by SHA-256."""

def _sites(ctx):
    """The package sites that this machine's apt is set up for; none is written down in this workspace."""
    listing = ctx.execute(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"])
    sites = []
    for line in listing.stdout.splitlines() if listing.return_code == 0 else []:
        site = line.strip().rstrip("/")
        if site and site not in sites:
            sites.append(site)
    return sites

def _run(ctx, arguments, fact, fix):
    """Runs a command; on failure stops with `<repository>: <fact>: <output>. Fix: <fix>`."""
    result = ctx.execute(arguments, timeout = 600)
    if result.return_code != 0:
        fail("@%s: %s: %s%s. Fix: %s" % (ctx.name, fact, result.stdout, result.stderr, fix))

def _fetch(ctx, entry, sites):
    """Fetches one locked package, by Bazel's downloader (and so its cache) or else by apt itself."""
    if len(entry) != 4 or len(entry[3]) != 64:
        fail("@%s: malformed line in %s; got %r, want `package version path sha256`. Fix: %s" %
             (ctx.name, ctx.attr.lock, " ".join(entry), ctx.attr.update_command))
    package, version, path, sha256 = entry
    deb = "_debs/%s.deb" % package
    urls = [site + "/" + path for site in sites]
    if urls and ctx.download(url = urls, output = deb, sha256 = sha256, allow_fail = True).success:
        return deb
    _run(
        ctx,
        ["sh", "-euc", """mkdir -p _debs/$1 && cd _debs/$1 && apt-get download "$1=$2" && mv ./*.deb ../$1.deb &&
            echo "$3  ../$1.deb" | sha256sum -c""", "sh", package, version, sha256],
        "cannot fetch %s=%s with sha256 %s" % (package, version, sha256),
        "apt-get update; if the version is gone or the hash is wrong: %s" % ctx.attr.update_command,
    )
    return deb

def _deb_tree_impl(ctx):
    sites = _sites(ctx)
    for line in ctx.read(ctx.path(ctx.attr.lock)).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        deb = _fetch(ctx, line.split(" "), sites)
        _run(ctx, ["dpkg-deb", "-x", deb, "."], "cannot unpack " + deb, ctx.attr.update_command)
        ctx.delete(deb)
    ctx.delete("_debs")
    _run(ctx, ["sh", "-eu", ctx.path(ctx.attr.arrange)], "cannot arrange the tree", "see %s" % ctx.attr.arrange)
    for source, destination in ctx.attr.files.items():
        _run(ctx, ["install", "-D", "-m", "755", ctx.path(source), destination], "cannot install " + destination, "see WORKSPACE")
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

deb_tree = repository_rule(
    implementation = _deb_tree_impl,
    doc = "Unpacks locked Debian packages into one tree, without installing them.",
    attrs = {
        "arrange": attr.label(
            allow_single_file = True,
            mandatory = True,
            doc = "Shell script run in the tree: prunes it, and does what maintainer scripts would have done.",
        ),
        "build_file": attr.label(allow_single_file = True, mandatory = True, doc = "The tree's BUILD file."),
        "files": attr.label_keyed_string_dict(allow_files = True, doc = "File of ours -> path in the tree, executable."),
        "lock": attr.label(
            allow_single_file = True,
            mandatory = True,
            doc = "Lines `package version path sha256`; the path is relative to a package site.",
        ),
        "update_command": attr.string(mandatory = True, doc = "What remakes the lock; named in error messages."),
    },
)
