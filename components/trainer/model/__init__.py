"""The wide-and-deep model: where ids lie in its tables, its inputs, layers, and kinds of label."""
