"""One page a published model, written from its card; and the list of them."""

from pathlib import Path

from genorx import published


def write_cards(folder: Path) -> None:
    """Write ``folder/MODEL.md`` for every model and ``folder/index.md`` with the list."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        path.unlink()
    table = published.list()
    rows = ["| model | question | options |", "| --- | --- | --- |"]
    for row in table.to_dict("records"):
        page = row["name"].replace("@", "-")
        rows.append(
            f"| [{row['title']} {row['name'].partition('@')[2]}]({page}.md) | {row['question']} | {row['treatments']} |"
        )
        (folder / f"{page}.md").write_text(str(published.load(row["name"]).card), encoding="utf-8")
    pages = [name.replace("@", "-") for name in table["name"]]
    tree = ["```{toctree}", ":hidden:", "", *pages, "```"]
    text = ["# Published models", "", "Each page is the model's card, as `genorx published card NAME` prints it.", ""]
    (folder / "index.md").write_text("\n".join([*text, *rows, "", *tree, ""]), encoding="utf-8")
