"""Checks of the verdict: whether the rows can tell anything, and whether the model knows more than the label's rate."""
