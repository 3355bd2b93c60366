"""Judges a reproducibility measurement: each artifact was made twice, and came out the same."""

from typing import Any

from gates.check import Check


def checks(measurement: dict[str, Any], spec: Any) -> tuple[Check, ...]:
    """One check per artifact; there must be at least one, and it has no other limit than equality.

    Args:
        measurement: as gates/reproducibility/measure.py writes it.
        spec: unused: two builds are equal or not, whatever the network.
    """
    del spec
    if not measurement["artifacts"]:
        return (Check("artifacts built twice", "0", ">= 1",
                      "reproducibility: nothing was compared; got 0 artifacts, want >= 1. "
                      "Fix: name the artifacts of both builds"),)
    return tuple(_equal(artifact) for artifact in measurement["artifacts"])


def _equal(artifact: dict[str, Any]) -> Check:
    name, first, second = artifact["name"], artifact["first"], artifact["second"]
    failure = ""
    if not artifact["distinct"]:
        failure = (f"reproducibility: {name}: was not built twice; got one file under two names, want two files. "
                   "Fix: give the second build actions of its own")
    elif first["sha256"] != second["sha256"]:
        failure = (f"reproducibility: {name}: two builds differ {_where(artifact['difference'])}; got SHA-256 "
                   f"{second['sha256']} ({second['bytes']:,} B), want {first['sha256']} ({first['bytes']:,} B). "
                   "Fix: find what the action that writes it reads besides its inputs")
    return Check(f"{name}, built twice", second["sha256"][:16], first["sha256"][:16], failure)


def _where(difference: dict[str, Any]) -> str:
    place = f"; that is {difference['place']}" if difference["place"] else ""
    lines = "".join(f"\n    {line}" for line in difference["report"])
    return (f"from byte {difference['offset_bytes']:,} on (first build {difference['first']}, "
            f"second build {difference['second']}){place}; found on {difference['environment']}{lines}")
