"""The rules of tools/tidy.py, one file an idea. A rule is a function from a Tree to findings."""
