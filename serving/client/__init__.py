"""A client of TF Serving and the stand-in alike, over gRPC and REST. It imports no TensorFlow."""
