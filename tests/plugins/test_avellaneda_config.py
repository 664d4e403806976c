"""Values that cannot be meant are refused with the unit and the range that was expected."""

from pathlib import Path

import pytest

from mm.api import ConfigError
from mm.config import load_config
from mm.registry import Registry, load_registry

RUN_FILE = Path(__file__).parents[2] / "config" / "avellaneda.toml"
TABLE = "strategy.avellaneda"
PER_UNIT = "[1/(price · model unit)]"


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def fault(registry: Registry, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(RUN_FILE, registry, [f"{TABLE}.{one}" for one in overrides])
    (only,) = caught.value.faults
    return only


@pytest.mark.parametrize("value", ["-0.1", "0", "1e300", "1e-300", "nan", "inf", "'high'"])
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("gamma", f"must be >= 1e-15 and <= 1000000.0 {PER_UNIT}"),
        ("delta", "must be >= 1e-12 and <= 1000000000000.0 model units"),
        ("horizon", "must be >= 0.001 and <= 31536000.0 s"),
        ("calibrated.A", "must be >= 1e-12 and <= 1000000.0 [1/s per side]"),
        ("calibrated.k", "must be >= 1e-09 and <= 1000000000.0 [1/price]"),
    ],
)
def test_a_parameter_that_must_be_positive_says_its_unit_and_range(
    registry: Registry, key: str, value: str, text: str
) -> None:
    said = fault(registry, f"{key}={value}")
    assert said.startswith(f"--set {TABLE}.{key}: ")
    assert text in said
    assert ", was " in said


@pytest.mark.parametrize("value", ["-0.1", "1e300", "nan", "inf"])
@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("xi", f"must be >= 0.0 and <= 1000000.0 {PER_UNIT}"),
        ("terminal", "must be >= 0.0 and <= 1000000000.0 [price/model unit]"),
        ("calibrated.sigma", "must be >= 0.0 and <= 1000000000.0 [price/√s]"),
    ],
)
def test_a_parameter_that_may_be_zero_says_its_unit_and_range(
    registry: Registry, key: str, value: str, text: str
) -> None:
    assert text in fault(registry, f"{key}={value}")
    load_config(RUN_FILE, registry, [f"{TABLE}.{key}=0"])


def test_a_model_that_is_not_there_is_refused_with_those_that_are(registry: Registry) -> None:
    said = fault(registry, "model=gueant_close")
    assert "'gueant_closed', 'gueant', 'glft_closed', 'glft', 'avellaneda_stoikov'" in said
    assert said.endswith("did you mean 'gueant_closed'?")


def test_the_symmetric_model_without_a_horizon_is_refused(registry: Registry) -> None:
    said = fault(registry, "model=symmetric")
    assert said.endswith(
        f": {TABLE}: horizon is empty, but model 'symmetric' quotes the average spread of a"
        " session; set its length in s"
    )


@pytest.mark.parametrize("limit", [100_100, 99])
def test_a_limit_that_no_table_can_cover_is_refused(registry: Registry, limit: int) -> None:
    size = 100 if limit > 100 else 100.5
    said = fault(registry, "model=glft", f"max_position={limit}", f"quote_size={size}")
    assert f"max_position is {limit // 100} times quote_size, expected 1 to 1000" in said
    load_config(RUN_FILE, registry, [f"{TABLE}.max_position={limit}"])


@pytest.mark.parametrize("name", ["sigma", "A", "k"])
def test_each_calibrated_input_may_be_given_alone(registry: Registry, name: str) -> None:
    config = load_config(RUN_FILE, registry, [f"{TABLE}.calibrated.{name}=0.5"]).config
    given = config.parts.strategy.config.calibrated
    assert [getattr(given, one) for one in ("sigma", "A", "k") if one != name] == [None, None]
    assert getattr(given, name) == 0.5
