"""The gate on quality: TFMA on the served signature, against the last blessed model."""
