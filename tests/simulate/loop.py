"""The paper's loop, in plain numpy: what a path comes to, without anything of the engine.

Takes the same uniform numbers as the connector's paths (Philox keyed by seed and path, three words
a step: buyer, seller, direction), and applies Avellaneda and Stoikov (2008), section 3.3, to them.
"""

import math

import numpy as np


def paper_path(seed: int, path: int, gamma: float, strategy: str) -> tuple[float, int, int, float]:
    """Return profit, final inventory, fills, and how near a fill was to being none [price]."""
    words = np.random.Philox(key=np.array([seed, path], np.uint64)).random_raw(600)
    u = ((words >> np.uint64(12)).astype(float) + 0.5) / 2.0**52
    s, q, cash, fills, nearest = 100.0, 0, 0.0, 0, math.inf
    for j, (buyer, seller, direction) in enumerate(u.reshape(200, 3)):
        spread = gamma * 4.0 * (1.0 - j * 0.005) + 2.0 / gamma * math.log(1.0 + gamma / 1.5)
        skew = q * gamma * 4.0 * (1.0 - j * 0.005)
        if strategy == "symmetric":
            spread, skew = gamma * 4.0 / 2.0 + 2.0 / gamma * math.log(1.0 + gamma / 1.5), 0.0
        ask, bid = spread / 2.0 - skew, spread / 2.0 + skew
        for uniform, distance, side in ((buyer, ask, -1), (seller, bid, 1)):
            nearest = min(nearest, abs(math.log(140.0 * 0.005 / uniform) / 1.5 - distance))
            if uniform <= min(1.0, 140.0 * math.exp(-1.5 * distance) * 0.005):
                q, fills = q + side, fills + 1
                cash += distance - side * s
        s += (1.0 if direction < 0.5 else -1.0) * 2.0 * math.sqrt(0.005)
    return cash + q * s, q, fills, nearest
