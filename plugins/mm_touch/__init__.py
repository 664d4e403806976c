"""Touch: the transformer that estimates nothing, and is taken where a strategy asks for no other.

Its rows are the touch and the mid at each time at which a quote came. ``[strategy.when]`` chooses
other times, as with any transformer. This module only offers it.
"""

from typing import TYPE_CHECKING

from mm.api import Context, NoConfig, TransformerOffer, hookimpl

if TYPE_CHECKING:
    from mm_touch.transformer import TouchTransformer

MM_API = (0, 1)


def build_transformer(_config: NoConfig, context: Context) -> "TouchTransformer":
    """Build the transformer of a run."""
    from mm_touch.transformer import TouchTransformer

    return TouchTransformer(context)


@hookimpl
def mm_transformers() -> list[TransformerOffer]:
    """Offer the transformer."""
    return [
        TransformerOffer(
            name="Touch",
            config=NoConfig,
            build=build_transformer,
            help="The touch and the mid at each time at which a quote came.",
        )
    ]
