"""An agency's app with one mistake of each kind, named Broken..., and the same without it, named Sound..."""
