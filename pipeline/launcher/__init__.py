"""TFX's launcher as local runs and steps share it: what cached results depend on, and jobs left on a cluster."""
