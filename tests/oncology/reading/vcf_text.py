"""Small variant files for tests."""

LENGTHS = {"GRCh37": 159138663, "GRCh38": 159345973}
VEP = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: '
    "Allele|Consequence|SYMBOL|Feature|EXON|HGVSc|HGVSp|MANE_SELECT|MANE_PLUS_CLINICAL|CANONICAL|PICK|ALLELE_NUM|"
    'Existing_variation|gnomAD_AF|Protein_position|CLIN_SIG">'
)
_VEP_FIELDS = (
    "allele", "terms", "symbol", "feature", "exon", "cdna", "protein", "mane", "plus", "canonical", "pick", "number",
    "known",
    "frequency", "position", "clinical",
)  # fmt: skip


def csq(*entries):
    """Return an INFO of VEP entries, each a dictionary by the names above."""
    return "CSQ=" + ",".join("|".join(str(entry.get(name, "")) for name in _VEP_FIELDS) for entry in entries)


def write_vcf(path, rows, *, infos=(), samples=("NORMAL", "TUMOR"), assembly="GRCh37", lines=()):
    """Write a VCF; each row is (chrom, pos, ref, alt, info, format, sample texts ...),
    FILTER PASS or given by a dict."""
    length = "" if assembly is None else f",length={LENGTHS[assembly]}"
    head = [
        "##fileformat=VCFv4.2",
        f"##contig=<ID=7{length}>",
        "##contig=<ID=1>",
        "##contig=<ID=5>",
        "##contig=<ID=12>",
    ]
    head += ["##contig=<ID=2>", *lines, *infos]
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    columns += ["FORMAT", *samples] if samples else []
    body = []
    for chrom, pos, ref, alt, info, *rest in rows:
        flt = "PASS"
        if rest and isinstance(rest[-1], dict):
            flt = rest.pop()["filter"]
        body.append("\t".join([chrom, str(pos), ".", ref, alt, ".", flt, info, *rest]))
    path.write_text("\n".join([*head, "\t".join(columns), *body]) + "\n", encoding="utf-8")
    return path
