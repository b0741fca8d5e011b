"""Loaded by the storm's own processes only: shorter waits, a wiretap, and safeguards switched off.

`STORM_HASTE=1` shortens what the desk waits for, so that a short storm sees its end, and
`STORM_SABOTAGE` names the safeguard that is switched off, to see whether the storm notices.
"""
