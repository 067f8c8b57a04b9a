"""The engine of this machine is one."""

from rescue.flows.engine import Engine
from rescue.flows.local import LocalEngine


def test_it_does_all_that_flows_want() -> None:
    engine: Engine = LocalEngine()
    wanted = {name for name in vars(Engine) if not name.startswith("_")}
    assert wanted <= set(dir(engine))
