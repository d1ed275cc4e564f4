"""Native equations: read back by a reader of their own, construction by construction."""

import pytest

from graphtrace.formula.names import latex_name
from graphtrace.render.omml import MATH, omml

M = f"{{{MATH}}}"
SIGNS = {"sSub": "_", "sSup": "^", "sSubSup": "_^"}


@pytest.fixture
def etree(oracle):
    """Return lxml, which comes with python-pptx."""
    oracle("pptx")
    return oracle("lxml.etree")


def said(element):
    """Return an equation in the linear form in which Office shows it, upright type in quotes."""
    tag = element.tag.removeprefix(M)
    parts = [child for child in element if not child.tag.endswith(("Pr", "deg"))]
    if tag == "r":
        text = element.find(f"{M}t").text
        style = element.find(f"{M}rPr/*")
        return text if style is None else f'"{text}"'
    if tag in SIGNS:
        base, *scripts = map(said, parts)
        return base + "".join(f"{sign}{{{s}}}" for sign, s in zip(SIGNS[tag], scripts, strict=True))
    if tag == "f":
        return f"{{{said(parts[0])}}}/{{{said(parts[1])}}}"
    if tag == "rad":
        return f"√{{{said(parts[0])}}}"
    if tag == "acc":
        return said(parts[0]) + element.find(f"{M}accPr/{M}chr").get(f"{M}val")
    if tag == "d":
        ends = [element.find(f"{M}dPr/{M}{key}").get(f"{M}val") for key in ("begChr", "endChr")]
        return ends[0] + said(parts[0]) + ends[1]
    assert tag in ("oMath", "e", "num", "den", "sub", "sup"), tag
    return "".join(map(said, parts))


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (latex_name("h1"), "h_{1}"),
        (r"\frac{\partial f}{\partial h_{1}} = z = 2", "{∂f}/{∂h_{1}}=z=2"),
        (r"v_{13}^{2} = 1^{2}", "v_{13}^{2}=1^{2}"),
        (r"W_{1}^{\top} \, \delta", 'W_{1}^{⊤}"\u2009"δ'),
        (r"0 \cdot \left(-0.5\right)", "0·(−0.5)"),
        (r"\ln x", '"ln"x'),
        (r"\mathrm{MSE} = 1", '"MSE"=1'),
        (r"\sqrt{x+1}", "√{x+1}"),
        (r"\hat{x}", "x\u0302"),
        (r"\text{and 1 more}", '"and\u00a01\u00a0more"'),
        (r"[1, 2],\quad x", '[1,\u20092],\u2009"\u2003"x'),
    ],
)
def test_a_formula_is_an_equation(etree, tex, text):
    properties = "{http://schemas.openxmlformats.org/drawingml/2006/main}rPr"
    found = omml(tex, lambda italic: etree.Element(properties, i=str(int(italic))))
    assert said(found) == text
    assert found is not None
    # Every run and every construction says how it looks.
    for element in found.iter(f"{M}r", f"{M}ctrlPr"):
        assert element.find(properties) is not None


@pytest.mark.parametrize("tex", [r"\begin{matrix} 1 & 2 \end{matrix}", r"\frac{1}{", ""])
def test_what_is_not_known_is_none(etree, tex):
    assert omml(tex, lambda _: etree.Element("x")) is None
