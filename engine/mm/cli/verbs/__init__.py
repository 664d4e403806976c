"""The arguments of each verb, a module each: ``add(verbs)``. They import argparse at most."""
