"""The workers of a training on the cluster: an Indexed Job that the Trainer's step makes, watches and takes away."""
