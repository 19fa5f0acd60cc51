"""The Terraform model: `load` evaluates a tree to stacks, `roots` finds what there is to evaluate without parsing anything.

Root variables: a value from `terraform.tfvars` or `*.auto.tfvars` is known; a default is known too, for that is what the code
says. Other tfvars files are environments: alternatives under the guard `tfvars is "prod.tfvars"` (the path relative to the
root), beside the default when they were found in the tree, alone when the configuration names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from djaws.model.terraform.scan import Root, roots

if TYPE_CHECKING:
    from djaws.files import Tree
    from djaws.finding import Undecided
    from djaws.model.cloud import Stack

__all__ = ["Root", "load", "roots"]


def load(
    tree: Tree, *, var_files: tuple[str, ...] = (), plans: tuple[str, ...] = ()
) -> tuple[tuple[Stack, ...], tuple[Undecided, ...]]:
    """A stack for each root, in order of paths, and an entry for each part of a file that could not be read.

    `var_files` and `plans` are paths in the tree.
    """
    from djaws.model.terraform.stacks import load as evaluate

    return evaluate(tree, var_files=var_files, plans=plans)
