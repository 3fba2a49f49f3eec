"""Training in several processes, as the one that waits for them sees it: their work, and what becomes of them."""
