"""Tumour evidence: 22 counts, accuracies and times, each wanted and reached, as a table on standard output.

    python benchmarks/oncology.py [RAW_FOLDER]

RAW_FOLDER holds ``civic/`` and ``moalmanac/`` as their projects publish them; without it the numbers that need them are
not measured, and the table says so.  Cases are made here from the evidence itself, or are those of the tests, which say
where each expected value comes from.  Times are processor seconds of the machine that runs it; nothing is asserted.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from genorx.errors import PackError
from genorx.oncology import (
    EvidenceTable,
    default_evidence,
    find_disease,
    import_evidence,
    match,
    parse_copy_number,
    parse_fusion,
    parse_protein_change,
    rank_therapies,
    read_alterations,
    read_table_folder,
    why_not,
)
from genorx.oncology.alteration_input import as_alteration
from genorx.oncology.drug_safety import PHARMACOGENE_ALLELES
from genorx.oncology.pack import DATA
from genorx.oncology.reading import read_counts
from genorx.oncology.vocabulary import vocabulary
from tests.oncology.reading.test_read_counts import LAYOUTS
from tests.oncology.test_copy_number import WORDS
from tests.oncology.test_fusion import NAMES
from tests.oncology.test_matching import ON_LABEL
from tests.oncology.test_protein import FORMS

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
CSQ = "Format: Allele|Consequence|SYMBOL|Feature|HGVSp|CANONICAL"
Result = tuple[str, str, bool | None]
NOT_MEASURED = ("", "not measured: no raw folder", None)


def timed(call: Callable[[], object]) -> tuple[object, float]:
    """Return the result and the processor seconds of a call: what it takes on a core of its own."""
    start = time.process_time()
    result = call()
    return result, time.process_time() - start


def changes(count: int, seed: int = 1) -> list[str]:
    """Return made-up substitutions in the genes of the evidence, one in five named by it."""
    draw = random.Random(seed)
    genes = sorted({a.gene for r in default_evidence() for each in r.predicate for a in each if a.gene})
    named = [a.label for r in default_evidence() for each in r.predicate for a in each if a.type == "protein"]
    made = [
        f"{draw.choice(genes)} {draw.choice(LETTERS)}{draw.randint(2, 900)}{draw.choice(LETTERS)}" for _ in range(count)
    ]
    return [draw.choice(named) if n % 5 == 0 else text for n, text in enumerate(made)]


def write_vcf(path: Path, records: int) -> Path:
    """Write a VCF in which one record in fifty is coding."""
    draw = random.Random(3)
    with open(path, "w", encoding="utf-8") as out:
        out.write("##fileformat=VCFv4.2\n##contig=<ID=7,length=159138663>\n")
        out.write(f'##INFO=<ID=CSQ,Number=.,Type=String,Description="{CSQ}">\n')
        out.write("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tNORMAL\tTUMOR\n")
        for n in range(records):
            info = "T|intergenic_variant||||"
            if n % 50 == 0:
                gene = draw.choice(["BRAF", "EGFR", "KRAS", "TTN", "MUC16"])
                info = f"T|missense_variant|{gene}|ENST1|p.Val{draw.randint(2, 900)}Glu|YES"
            out.write(f"7\t{n * 100 + 1}\t.\tA\tT\t.\tPASS\tCSQ={info}\tAD:DP\t30,0:30\t20,10:30\n")
    return path


def ids(hits: object, *, exact: bool = False) -> set[str]:
    """Return the ids of hits, or of the exact ones."""
    return {hit.evidence_id for hit in hits if hit.exact or not exact}


def by_predicate() -> dict[object, set[str]]:
    """Return the ids of the embedded rows by predicate."""
    found: dict[object, set[str]] = {}
    for record in default_evidence():
        found.setdefault(record.predicate, set()).add(record.evidence_id)
    return found


def raw_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CIViC table, read without any code of the package."""
    text = gzip.decompress(path.read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


class Numbers:
    """The numbers; each method gives what is wanted, what is measured, and whether it is reached."""

    def __init__(self, raw: Path | None, folder: Path) -> None:
        self.raw, self.folder = raw, folder
        civic = None if raw is None else raw / "civic"
        self.new, self.old = (
            (None, None)
            if civic is None
            else (sorted(civic.glob("*_2026-*.tsv.gz"))[-1], sorted(civic.glob("*_2020-*.tsv.gz"))[-1])
        )

    def n01_rows_of_civic(self) -> Result:
        """Count rows in, kept and rejected."""
        if self.new is None:
            return NOT_MEASURED
        table = import_evidence("civic-tsv", self.new)
        silent = sum(not row.reason for row in table.rejected)
        whole = len(table) + len(table.rejected)
        text = f"{whole} = {len(table)} kept + {len(table.rejected)} rejected, {silent} without reason"
        return "4,854; 0 without reason", text, whole == 4854 == len(raw_rows(self.new)) and not silent

    def n02_levels(self) -> Result:
        """Count predictive rows by level, kept and rejected together and kept alone."""
        if self.new is None:
            return NOT_MEASURED
        table = import_evidence("civic-tsv", self.new)
        kept = Counter(record.level for record in table if record.evidence_type == "predictive")
        lost = {row.evidence_id for row in table.rejected}
        more = Counter(row["evidence_level"] for row in raw_rows(self.new) if f"civic:EID{row['evidence_id']}" in lost)
        counts = [kept[letter] + more[letter] for letter in "ABCDE"]
        text = f"{counts}, of which {sum(more.values())} are rejected as sentinels"
        return "188/780/763/1,086/27", text, counts == [188, 780, 763, 1086, 27]

    def n03_matchable(self) -> Result:
        """Count predictive rows without an opaque atom."""
        rows = [r for r in default_evidence() if r.source == "civic" and r.evidence_type == "predictive"]
        good = sum(all(atom.type != "opaque" for each in row.predicate for atom in each) for row in rows)
        return ">= 97 %", f"{good} of {len(rows)} = {good / len(rows):.2%}", good / len(rows) >= 0.97

    def n04_older_release(self) -> Result:
        """Count rows and exact alleles of the older column set."""
        if self.old is None:
            return NOT_MEASURED
        table = import_evidence("civic-tsv", self.old)
        have = {(a.chrom, a.pos, a.ref, a.alt) for a in table.alleles}
        rows = raw_rows(self.old)
        raw = {
            (row["chromosome"], row["start"], row["reference_bases"], row["variant_bases"])
            for row in rows
            if row["reference_bases"] and row["variant_bases"] and row["reference_build"] == "GRCh37"
        }
        kept = sum(all((c, int(s), r, each) in have for each in a.split("/")) for c, s, r, a in raw)
        both = len(table) + len(table.rejected)
        text = f"{both} rows; {kept} of {len(raw)} alleles, and {len(have)} with insertions and deletions"
        return "3,537 rows; 584 alleles", text, (both, kept) == (3537, 584)

    def n05_moalmanac(self) -> Result:
        """Count the records of the three shapes."""
        if self.raw is None:
            return NOT_MEASURED
        folder, counts = self.raw / "moalmanac", []
        for name in ("*_2025-02-07.json.gz", "*_2026-05.json.gz", "referenced_2026-05"):
            table = import_evidence("moalmanac-json", sorted(folder.glob(name))[0])
            rows = table.manifest["rows"]
            stated = all(row.reason for row in table.rejected) and rows["in"] == rows["kept"] + rows["rejected"]
            counts.append(rows["in"] if stated else -1)
        return "1,007 / 1,018 / 1,944", " / ".join(map(str, counts)), counts == [1007, 1018, 1944]

    def n06_bytes(self) -> Result:
        """Write twice, then change a byte."""
        table = EvidenceTable(records=default_evidence().records[:500], manifest={"name": "some"})
        one, two = (table.write(self.folder / name) for name in ("one", "two"))
        equal = all((one / f.name).read_bytes() == f.read_bytes() for f in two.iterdir())
        content = bytearray((one / "evidence.tsv.gz").read_bytes())
        content[-9] ^= 1
        (one / "evidence.tsv.gz").write_bytes(bytes(content))
        try:
            read_table_folder(one)
            refused = False
        except PackError as error:
            refused = error.code == "pack-checksum"
        return "equal; refused", f"equal {equal}; refused {refused}", equal and refused

    def n07_longest(self) -> Result:
        """Measure labels and other texts of the embedded table."""
        labels = max(len(record.profile_label) for record in default_evidence())
        others = max(
            len(str(text))
            for record in default_evidence()
            for name, value in record.to_dict().items()
            if name not in ("profile_label", "predicate")
            for text in (value if isinstance(value, list) else [value])
        )
        return "<= 300; others <= 160", f"{labels}; others {others}", labels <= 300 and others <= 160

    def n08_size_and_network(self) -> Result:
        """Add up the files, and work with sockets refused."""
        size = sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file())
        held, tried = socket.socket, []
        socket.socket = lambda *_, **__: tried.append(1)  # type: ignore[assignment, misc]
        try:
            rank_therapies(match(["BRAF V600E"], "MEL"))
        finally:
            socket.socket = held  # type: ignore[misc]
        return "<= 200 kB; no call", f"{size / 1000:.0f} kB; {len(tried)} calls", size <= 200_000 and not tried

    def n09_exact_and_forbidden(self) -> Result:
        """Ask for every row by the atoms of each alternative, and for each change beside others of its residue."""
        asked = got = 0
        for predicate, wanted in by_predicate().items():
            for alternative in predicate:
                asked += len(wanted)
                got += len(wanted & ids(match([atom.to_dict() for atom in alternative]), exact=True))
        places: dict[tuple[str, int], dict[str, set[str]]] = {}
        for predicate, rows in by_predicate().items():
            fact = as_alteration(predicate[0][0]) if predicate[0][0].type == "protein" else None
            if fact is not None and len(predicate) == len(predicate[0]) == 1 and fact.change:
                places.setdefault((fact.atom.gene, fact.change.start), {})[fact.change.text] = rows
        cases = wrong = 0
        for (gene, _), found in places.items():
            for change in found if len(found) > 1 else ():
                exact = ids(match([f"{gene} {change}"]), exact=True)
                cases += len(found) - 1
                wrong += sum(bool(rows & exact) for other, rows in found.items() if other != change)
        return "all; 0 forbidden", f"{got} of {asked}; {wrong} of {cases} forbidden", got == asked and not wrong

    def n10_conjunctions(self) -> Result:
        """Ask with one atom of a conjunction, and with one alternative."""
        pairs = {p: rows for p, rows in by_predicate().items() if min(map(len, p)) > 1}
        wrong = sum(
            bool(rows & ids(match([atom.to_dict()])))
            for predicate, rows in pairs.items()
            for atom in {atom for each in predicate for atom in each}
        )
        either = {p: rows for p, rows in by_predicate().items() if len(p) > 1 and min(map(len, p)) == 1}
        right = sum(
            all(rows <= ids(match([each[0].to_dict()])) for each in predicate if len(each) == 1)
            for predicate, rows in either.items()
        )
        text = f"{wrong} of {len(pairs)} conjunctions; {right} of {len(either)} alternatives"
        return "0; all", text, not wrong and right == len(either)

    def n11_protein_forms(self) -> Result:
        """Read the forms of the tests, and every variant name of the older CIViC release."""
        right = sum(parse_protein_change(text) == wanted for text, wanted in FORMS.items())
        names = set() if self.old is None else {row["variant"] for row in raw_rows(self.old)}
        faults = 0
        for name in names:
            try:
                found = parse_protein_change(name)
                faults += found is not None and parse_protein_change(found) != found
            except Exception:  # noqa: BLE001  (any exception is what is counted)
                faults += 1
        text = f"{right} of {len(FORMS)}; {faults} exceptions or unstable in {len(names)} names"
        return "all; 0 exceptions", text, right == len(FORMS) and not faults

    def n12_callers_fusions_words(self) -> Result:
        """Read the layouts, names and words of the tests."""
        counts = [read_counts(values, "A", ["T"], 0) for values in LAYOUTS.values()]
        right = (
            sum((each.ref, each.alt, each.depth) == (30, 12, 42) for each in counts),
            sum(parse_fusion(text) == pair for text, pair in NAMES.items()),
            sum(parse_copy_number(word) == call for word, call in WORDS.items()),
        )
        whole = (len(LAYOUTS), len(NAMES), len(WORDS))
        text = "; ".join(f"{a} of {b} {c}" for a, b, c in zip(right, whole, ("layouts", "names", "words"), strict=True))
        return "all", text, right == whole

    def n13_diseases(self) -> Result:
        """Count the joins by shared concept, by ancestor, and the former codes."""
        book = vocabulary()
        shared = sum(any(book.by_nci.get(c) for c in node.nci) for node in book.types.values())
        placed = sum(bool(find_disease(code).nearest_doids) for code in book.types if code != "TISSUE")
        kept = sum(find_disease(old).codes == new for old, new in book.former.items() if old not in book.types)
        ambiguous = find_disease("ALL").codes == ["BLL", "TLL"]
        text = f"{shared} shared; {placed} of 897 placed; {kept} former codes; ALL ambiguous {ambiguous}"
        return "227 shared; ALL ambiguous", text, shared == 227 and ambiguous

    def n14_both_assemblies(self) -> Result:
        """Write the alleles that are known on both assemblies as two files, and compare the answers."""
        found = {}
        whole = [a for a in default_evidence().alleles if a.ref and a.alt]
        contigs = sorted({a.chrom for a in whole} - {"7"})
        drugs = [("1", key[2], *key[3:], key[0]) for key in PHARMACOGENE_ALLELES]
        for assembly, length in (("GRCh37", 159138663), ("GRCh38", 159345973)):
            rows = sorted({(a.chrom, a.pos, a.ref, a.alt) for a in whole if a.assembly == assembly})
            rows += [drug[:4] for drug in drugs if drug[4] == assembly]
            lines = [f"##contig=<ID=7,length={length}>", *(f"##contig=<ID={name}>" for name in contigs)]
            lines += ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "T"])]
            lines += [f"{c}\t{p}\t.\t{r}\t{a}\t.\tPASS\t.\tGT\t0/1" for c, p, r, a in sorted(rows)]
            path = self.folder / f"{assembly}.vcf"
            path.write_text("##fileformat=VCFv4.2\n" + "\n".join(lines) + "\n", encoding="utf-8")
            facts = read_alterations(path)
            found[assembly] = (
                sorted(fact.label for fact in facts),
                {code: [(h.evidence_id, h.tier) for h in match(facts, code)] for code in ("COAD", "BRCA")},
                [o.name for c in ("COAD", "BRCA") for o in rank_therapies(match(facts, c)) if "DPYD" in o.reason],
            )
        one, two = found.values()
        text = f"{len(one[0])} and {len(two[0])} findings, equal {one[:2] == two[:2]}; DPYD in {len(one[2])} options"
        return "equal; DPYD never", text, one[:2] == two[:2] and not one[2] and not two[2]

    def n15_moalmanac_rows(self) -> Result:
        """Ask for every row of the release by its own atom, and for a deleted FGFR2."""
        if self.raw is None:
            return NOT_MEASURED
        table = import_evidence("moalmanac-json", sorted((self.raw / "moalmanac").glob("*_2025-02-07.json.gz"))[0])
        got = sum(
            r.evidence_id in ids(match([a.to_dict() for a in r.predicate[0]], evidence=table), exact=True)
            for r in table.records
        )
        deleted = [hit for hit in match(["FGFR2 deletion"], "IHCH", table) if hit.effect == "sensitivity"]
        text = f"{got} of {len(table)} rows; {len(deleted)} options for the deletion"
        return "all; none", text, got == len(table) and not deleted

    def n16_quiet(self) -> Result:
        """Ask with 253 changes that no row names."""
        genes = sorted({a.gene for r in default_evidence() for each in r.predicate for a in each if a.gene})[:253]
        options = rank_therapies(match([f"{gene} A7777G" for gene in genes], "MEL"))
        above = [o.name for o in options if o.advice == "option" and not (o.gene_level and o.tier == "III")]
        return "0 above gene level", f"{len(above)} of {len(options)} options", not above

    def n17_on_label(self) -> Result:
        """Ask for approved pairs with CIViC alone."""
        civic = read_table_folder(DATA / "civic")
        right = 0
        for alteration, code, drug in ON_LABEL:
            hits = match([alteration], code, civic)
            right += any(h.tier in ("I-A", "I-B") and h.effect == "sensitivity" and drug in h.therapies for h in hits)
        return ">= 6 of 7", f"{right} of {len(ON_LABEL)}", right / len(ON_LABEL) >= 6 / 7

    def n18_never_tier_one(self) -> Result:
        """Ask with every atom of the table, for a solid and a blood cancer."""
        atoms = {a for r in default_evidence() for each in r.predicate for a in each if not a.negated}
        wrong = rows = 0
        for code in ("MEL", "LUAD", "AML", "CLLSLL"):
            for hit in match(sorted(atoms, key=lambda a: a.label), code, evidence_types=["predictive"]):
                rows += 1
                top = (hit.tier or "").startswith("I-")
                wrong += top and (not hit.disease.lineage_agrees or (hit.relation, hit.letter) == ("pan_cancer", "B"))
        return "0", f"{wrong} of {rows} rows", not wrong

    def n19_speed(self) -> Result:
        """Time import, match, reading and loading."""
        imported = 0.0 if self.new is None else timed(lambda: import_evidence("civic-tsv", self.new))[1]
        texts = changes(5000)
        matched = timed(lambda: match(texts, "LUAD"))[1]
        small = write_vcf(self.folder / "small.vcf", 3313)
        read = timed(lambda: match(read_alterations(small), "LUAD"))[1]
        code = (
            "import time, genorx.oncology as o; start = time.process_time(); o.default_evidence();"
            "print(time.process_time() - start)"
        )
        loaded = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        text = f"import {imported:.2f} s; match {matched:.2f} s; VCF {read:.2f} s; load {loaded:.2f} s"
        good = imported < 5 and matched < 1 and read < 3 and loaded < 0.3
        return "< 5 s; < 1 s; < 3 s; < 0.3 s", text, good

    def n20_memory(self) -> Result:
        """Read a million records in a process of their own."""
        path = write_vcf(self.folder / "large.vcf", 1_000_000)
        code = (
            "import resource, sys, time, genorx.oncology as o; found = o.read_alterations(sys.argv[1]);"
            "print(found.records, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.process_time())"
        )
        run = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        records, peak, seconds = run.stdout.split()
        return "< 300 MB", f"{records} records: {float(peak):.0f} MB in {float(seconds):.0f} s", float(peak) < 300

    def n21_reasons(self) -> Result:
        """Look for an option or an unmatched gene without a reason."""
        whole = without = 0
        for facts, code in (
            (["BRAF V600E", "TTN A5V"], "COAD"),
            (["FLT3 ITD", "NPM1 W288fs"], "AML"),
            (["MSI-H"], "UCEC"),
        ):
            hits = match(facts, code)
            texts = (
                [o.reason for o in rank_therapies(hits)] + [h.reason for h in hits] + [w.reason for w in why_not(hits)]
            )
            whole += len(texts)
            without += sum(not text for text in texts)
        return "100 %", f"{whole - without} of {whole}", not without

    def n22_diff(self) -> Result:
        """Compare two releases, and with a set difference of the raw tables."""
        if self.new is None or self.old is None:
            return NOT_MEASURED
        old, new = (import_evidence("civic-tsv", path) for path in (self.old, self.new))
        found = old.diff(new)
        lost = {row.evidence_id for row in new.rejected}
        after = {
            (row["molecular_profile"], row["disease"], drug)
            for row in raw_rows(self.new)
            if row["evidence_type"] == "Predictive" and f"civic:EID{row['evidence_id']}" not in lost
            for drug in next(r.therapies for r in [new[f"civic:EID{row['evidence_id']}"]])
        }
        before = {
            (r.profile_label, r.disease_label or "", drug)
            for r in old
            if r.evidence_type == "predictive"
            for drug in r.therapies
        }
        equal = set(found.gained) == after - before and set(found.lost) == before - after
        text = f"{len(found.gained)} gained, {len(found.lost)} lost, {len(found.relevelled)} re-levelled; equal {equal}"
        return "equal", text, equal


def main(raw: Path | None) -> None:
    """Measure and print."""
    default_evidence()
    with tempfile.TemporaryDirectory() as folder:
        numbers = Numbers(raw, Path(folder))
        for name in sorted(each for each in dir(numbers) if each[0] == "n" and each[1:3].isdigit()):
            wanted, measured, held = getattr(numbers, name)()
            mark = {True: "reached", False: "NOT REACHED", None: "-"}[held]
            title = name[4:].replace("_", " ")
            sys.stdout.write(f"{int(name[1:3]):>2}  {title:<24} {mark:<12} {measured}   (wanted: {wanted})\n")
    sys.stdout.write(f"peak memory of all: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
