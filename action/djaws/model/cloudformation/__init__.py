"""CloudFormation and SAM templates as stacks.

What a reader of the model must know:

- Addresses are logical ids; a resource of a nested stack whose template is in the repository is `Nested.Resource`, and so are
  the names of its parameters and conditions in guards.
- A parameter with `AllowedValues` is one of these, its default first. One with a default only is that default, and also each
  text that the template's own conditions and mappings ask for; where a condition says that it is none of these, it is unknown.
  So both branches of a condition on such a parameter remain, the one that holds by default first.
- SAM's Globals are part of each resource's body. The resources that SAM adds when it deploys (roles, permissions, the implicit
  API) are not invented.
- `Fn::Base64` is read as the text that it encodes. Dynamic references stay text.
- Transforms, macros, modules and nested stacks from elsewhere are `Stack.unresolved`.
"""

from djaws.model.cloudformation.stacks import UNPARSABLE, load

__all__ = ["UNPARSABLE", "load"]
