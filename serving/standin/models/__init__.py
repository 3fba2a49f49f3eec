"""The folders of models that a server watches, their versions, and what is loaded of them."""
