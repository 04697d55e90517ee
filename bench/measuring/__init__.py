"""Measuring a proxy from outside: pinned, paired, interleaved, counted. engine.md says how."""
