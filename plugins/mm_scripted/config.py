"""What can be set in ``[strategy.scripted]``."""

import attrs

from mm.api import option


@attrs.frozen(kw_only=True)
class ScriptedConfig:
    """Table ``[strategy.scripted]``."""

    path: str = option(
        file=True,
        help="CSV file of the orders: ts_decided,side,price,size,type,tif,client_id,action; seen"
        " from the current directory.",
    )
