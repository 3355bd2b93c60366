"""The names of rules_proto's public API that Bazel's own repositories load, mapped to native rules."""

proto_lang_toolchain = native.proto_lang_toolchain
proto_library = native.proto_library
