"""The label of raw rows: 0 and 1 by a declared rule, a class, or a number; and what to declare where it is none."""
