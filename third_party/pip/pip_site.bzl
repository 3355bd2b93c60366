"""pip_site: an external repository with one site-packages tree, installed from a hash-locked requirements file."""

def _pip_site_impl(ctx):
    python = ctx.path(ctx.attr.interpreter)
    wheels = python.dirname.dirname.get_child("usr").get_child("share").get_child("python-wheels").readdir()
    pip = [str(wheel) for wheel in wheels if wheel.basename.startswith("pip-")][0] + "/pip"
    command = [python, pip, "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile"]
    command += ["--no-input", "--no-cache-dir", "--disable-pip-version-check", "--no-warn-script-location"]
    command += ["--target", "site", "--requirement", ctx.path(ctx.attr.lock)]
    ctx.report_progress("Installing the locked wheels (0.5 GB)")
    installed = ctx.execute(command, timeout = 1800)
    if installed.return_code != 0:
        fail("@%s: pip cannot install %s: %s%s. Fix: if a hash is wrong or a version is gone, bazel run //third_party/pip:update" %
             (ctx.name, ctx.attr.lock, installed.stdout, installed.stderr))
    arranged = ctx.execute([python, ctx.path(ctx.attr.arrange), "site", "BUILD.bazel"], timeout = 1800)
    if arranged.return_code != 0:
        fail("@%s: cannot arrange the tree: %s%s" % (ctx.name, arranged.stdout, arranged.stderr))
    ctx.file("requirements.bzl", """\"\"\"requirement(): the label of a locked distribution, as rules_python's pip rules give it.\"\"\"

def requirement(name):
    return "@%s//:" + name.replace("-", "_").replace(".", "_").lower()
""" % ctx.name)
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)

pip_site = repository_rule(
    implementation = _pip_site_impl,
    doc = "Installs locked wheels with the locked interpreter; emits one py_library per distribution.",
    attrs = {
        "arrange": attr.label(default = "//third_party/pip:arrange_site.py", allow_single_file = True),
        "interpreter": attr.label(default = "@python3_11//:bin/python3", allow_single_file = True),
        "lock": attr.label(allow_single_file = True, mandatory = True, doc = "requirements.lock with --hash of each wheel."),
    },
)
