"""Hours become credits, and credits become care: claims, policy, disputes, requests."""
