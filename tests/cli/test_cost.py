"""The verb `cost`."""

import json

LAYER = ("y = W @ x + b", "--at", "W=[[1,2],[3,4]],x=[1,2],b=[0,0]")


def test_the_table_has_the_total(cli):
    done = cli("cost", *LAYER, "--data", "x")
    assert done.code == 0
    total = done.out.splitlines()[-1].split()
    # name, shape, parameters, bytes, then ×, + and others forward, × and + backward
    assert total == ["total", "2", "6", "96", "4", "4", "0", "8", "2"]


def test_the_json(cli):
    found = json.loads(cli("cost", *LAYER, "--parameters", "W, b", "--json").out)
    assert found["parameters"] == ["W", "b"]
    assert found["total"]["forward"] == {"multiplications": 4, "additions": 4, "others": 0}
    assert found["layers"] == []


def test_an_unknown_input_is_one_line(cli):
    assert cli("cost", *LAYER, "--data", "z").is_refusal("no input 'z'")
    assert cli("cost", *LAYER, "--depth", "0").is_refusal("--depth")


def test_help_has_an_example(cli):
    assert "graphtrace cost" in cli("cost", "--help").out
