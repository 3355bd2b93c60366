"""Whether the host has Renode, as the repository rule of renode_installation.bzl says it.

This workspace does not use that rule: a host with Renode says so by
`--platforms=//gates/environments/renode:host_with_renode --test_env=RENODE`.
"""

RENODE = struct(program = "", requires = ["//gates/environments/renode:present"])
