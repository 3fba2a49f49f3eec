"""Table 1 of Cheng et al. 2016, simulated: offline AUC and online installs of the wide, the deep and the joint model.

    python -m benchmarks run online [--seeds 5] [--rows 300000] [--requests 30000] [--mix 0.5] [--work DIR]

For each seed a simulated app store (see docs/explanation/appstore.md) logs eight days of impressions; `widedeep run`
trains each model on six of them, watches the seventh, tests on the eighth, and pushes it. On two more days the pushed
models rank behind the stand-in's signature `rank`, each a third of the requests, drawn by lot; users install by their
true chance. The rails rank all of these requests: by the apps' rates of installs in the logged days, and by the true
chance, which no model can know better. Seeds that are done are kept in --work: the same command carries on.
"""
