"""Outcomes of what was shown: logged impressions and the actions that followed become labelled rows."""
