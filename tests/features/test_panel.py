"""Panel files: what is read, and that nothing unknown is taken."""

import pytest

from genorx.errors import PanelError
from genorx.features import Panel

SITE = '[[sites]]\nid = "rs1"\nchrom = "chr1"\npos = 100\nref = "A"\nalt = "C"\n'


@pytest.fixture
def panel(tmp_path):
    def read(text):
        path = tmp_path / "panel.toml"
        path.write_text(text)
        return Panel.read(path)

    return read


def test_every_key_of_the_documented_example_is_read(panel, tmp_path):
    text = Panel.__doc__.split("an error::")[1].split("Attributes")[0]
    made = panel("\n".join(line.strip() for line in text.splitlines()))
    assert made.name == "myeloid"
    assert made.genes == ("TP53", "NPM1")
    assert made.by_class is True
    assert made.gene_table == tmp_path / "genes.tsv"
    assert made.aliases == {"KMT2A": "MLL"}
    assert made.sites[0].position("GRCh37") == 96541616
    assert made.sites[0].position("GRCh38") == 94781859
    assert made.burden.callable_mb == 1.2
    assert made.assembly == "GRCh37"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("[genes]\nincude = []", "panel-key", "genes.incude"),
        ("name = 3\n[genes]", "panel-value", "name"),
        ("[genes]\ninclude = ['A', 'A']", "panel-name-twice", "genes.include"),
        ("[genes]\ninclude = [1]", "panel-value", "genes.include"),
        ("[genes]\ninclude = ['A']\nby_class = ['B']", "panel-value", "genes.by_class"),
        ("assembly = 'T2T'\n[genes]", "panel-value", "assembly"),
        (SITE + SITE, "panel-name-twice", "sites[2].id"),
        (SITE.replace('"A"', '"X"'), "panel-value", "sites[1].ref"),
        (SITE.replace("pos = 100", "pos = 0"), "panel-value", "sites[1].pos"),
        (SITE.replace("pos = 100", ""), "panel-value", "sites[1]"),
        (SITE.replace("pos = 100", "pos = true"), "panel-value", "sites[1].pos"),
        (SITE.replace('id = "rs1"', ""), "panel-value", "sites[1].id"),
        ("[burden]\ncallable_mb = 0", "panel-value", "burden.callable_mb"),
        ("[burden]\nmax_no_call = 2", "panel-value", "burden.max_no_call"),
        ("[aliases]\nA = ''\n[genes]", "panel-value", "aliases.A"),
        ("name = 'x'", "panel-empty", None),
        ("name = ", "panel-toml", None),
    ],
)
def test_a_wrong_panel_is_refused_with_its_key(panel, text, code, place):
    with pytest.raises(PanelError) as caught:
        panel(text)
    assert (caught.value.code, caught.value.place) == (code, place)


def test_a_misspelt_key_or_name_gets_the_near_one_as_hint(panel):
    with pytest.raises(PanelError, match='did you mean "include"'):
        panel("[genes]\nincude = []")
    with pytest.raises(PanelError, match='did you mean "genes"'):
        Panel.of("gene")


def test_what_the_columns_hang_on_is_the_panel_itself_and_the_knowledge_of_pharmacogenes(panel):
    """Two files that say the same have one digest; another site, or a score file of other bytes, gives another."""
    from genorx.knowledge import default_pack

    one, other = panel('name = "one"\n' + SITE).releases(), panel('name = "other"\n' + SITE).releases()
    assert one == other
    assert set(one) == {"panel"}
    assert panel(SITE.replace("100", "101")).releases() != one
    told = Panel.of("pgx").releases()
    assert told["pharmacogene knowledge"] == default_pack().release
    assert told["panel"] != Panel.of("genes").releases()["panel"]
