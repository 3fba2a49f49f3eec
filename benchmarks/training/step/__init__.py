"""The models whose step benchmarks/training/step_cost.py times, but for DeepCTR's, which needs its own environment."""
