"""Readers of exchange formats: resources a second, peak memory of a large file, and the other readers' times.

    python benchmarks/interop.py [--megabytes 1000] [--only fhir bundle omop packets score] [--out interop.json]

Writes each input (seed 1) to a temporary folder, reads it in a process of its own, and prints JSON: processor seconds
without imports, rows a second, and peak memory in MB.  Sizes are those of the numbers to reach: an NDJSON of 1 GB under
300 MB and 10,000 resources a second, a Bundle of 20 MB under 10 s and 1 GB, OMOP measurements of 100 MB under 30 s,
1,000 packets under 20 s, a score of 100,000 rows on 500 samples under 30 s.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

import numpy as np

READ = {
    "fhir": "r = gx.read_fhir({path!r}); n = len(r.measurements)",
    "bundle": "r = gx.read_fhir({path!r}); n = len(r.measurements)",
    "omop": "r = gx.read_omop({path!r}); n = len(r.measurements)",
    "packets": "r = gx.read_phenopackets({path!r}); n = len(r.patients)",
    "score": "r = gx.interop.score({path!r} + '/c.vcf', {path!r} + '/s.txt'); n = len(r.matches)",
}
RUN = (
    "import json, resource, time\nimport genorx as gx\nimport genorx.interop.fhir_in, genorx.interop.scores, pandas\n"
    "start = time.process_time()\n{read}\nspent = time.process_time() - start\n"
    "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
    "print(json.dumps(dict(rows=n, seconds=round(spent, 2), per_second=round(n / spent), peak_mb=round(peak))))"
)


def observation(rng: random.Random, patient: str) -> dict:
    """Return a laboratory result as large as those of a bulk export (860 bytes)."""

    def name() -> str:
        return str(uuid.UUID(int=rng.getrandbits(128)))

    laboratory = {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
    code = {
        "system": "http://loinc.org",
        "code": rng.choice(["2160-0", "2339-0", "6299-2"]),
        "display": "a laboratory test",
    }
    amount = {
        "value": round(rng.uniform(1, 200), 2),
        "unit": "mg/dL",
        "system": "http://unitsofmeasure.org",
        "code": "mg/dL",
    }
    return {
        "resourceType": "Observation", "id": name(), "status": "final",
        "meta": {"profile": ["http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"]},
        "category": [{"coding": [laboratory]}], "code": {"coding": [code], "text": "a laboratory test, as a text"},
        "subject": {"reference": f"Patient/{patient}"}, "encounter": {"reference": f"Encounter/{name()}"},
        "effectiveDateTime": f"20{rng.randint(10, 23)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}T08:00:00-05:00",
        "issued": "2020-01-01T08:00:00.123-05:00", "valueQuantity": amount,
    }  # fmt: skip


def write_fhir(folder: Path, megabytes: float) -> Path:
    """Write an NDJSON of 2,000 patients and their results."""
    rng, path, size = random.Random(1), folder / "o.ndjson", 0
    with path.open("w") as out:
        for number in range(2000):
            out.write(json.dumps({"resourceType": "Patient", "id": f"p{number}", "gender": "female"}) + "\n")
        while size < megabytes * 1e6:
            size += out.write(json.dumps(observation(rng, f"p{rng.randrange(2000)}")) + "\n")
    return path


def write_bundle(folder: Path, _: float) -> Path:
    """Write a Bundle of 20 MB."""
    rng, path = random.Random(1), folder / "b.json"
    entries = [{"resource": observation(rng, f"p{number % 100}")} for number in range(22_000)]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    return path


def write_omop(folder: Path, _: float) -> Path:
    """Write OMOP measurements of 100 MB."""
    rng = np.random.default_rng(1)
    (folder / "person.csv").write_text(
        "person_id,gender_concept_id,year_of_birth\n" + "".join(f"{n},8507,1960\n" for n in range(2000))
    )
    with (folder / "measurement.csv").open("w") as out:
        out.write(
            "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime,operator_concept_id,"
            "value_as_number,value_as_concept_id,unit_concept_id,measurement_source_value,unit_source_value\n"
        )
        for number in range(1_150_000):
            day = f"20{10 + number % 14}-0{1 + number % 9}-1{number % 10}"
            value = rng.integers(1, 200)
            out.write(f"{number},{number % 2000},3016723,{day},{day} 08:00:00,0,{value},0,8840,2160-0,mg/dL\n")
    return folder


def write_packets(folder: Path, _: float) -> Path:
    """Write 1,000 packets, a file each, of 40 features and a variant."""
    for number in range(1000):
        features = [
            {"type": {"id": f"HP:{each:07d}", "label": "feature"}, "excluded": each % 5 == 0} for each in range(40)
        ]
        record = {"genomeAssembly": "hg38", "chrom": "chr7", "pos": 1000 + number, "ref": "A", "alt": "T"}
        genomic = {"variantInterpretation": {"variationDescriptor": {"vcfRecord": record}}}
        content = {
            "id": f"k{number}", "subject": {"id": f"s{number}", "sex": "FEMALE"}, "phenotypicFeatures": features,
            "interpretations": [{"diagnosis": {"genomicInterpretations": [genomic]}}],
            "metaData": {"phenopacketSchemaVersion": "2.0", "resources": [{"namespacePrefix": "HP"}]},
        }  # fmt: skip
        (folder / f"k{number}.json").write_text(json.dumps(content))
    return folder


def write_score(folder: Path, _: float) -> Path:
    """Write a score of 100,000 rows and a VCF of 500 samples with all its sites, one call in a hundred missing."""
    rng, calls = np.random.default_rng(1), np.array(["0/0", "0/1", "1/1", "./."])
    with (folder / "c.vcf").open("w") as vcf, (folder / "s.txt").open("w") as score:
        samples = "\t".join(f"S{number}" for number in range(500))
        vcf.write("##fileformat=VCFv4.2\n##contig=<ID=1,length=248956422>\n")
        vcf.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        vcf.write(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}\n")
        score.write(
            "#pgs_id=MADE\n#genome_build=GRCh38\nchr_name\tchr_position\teffect_allele\tother_allele\teffect_weight\n"
        )
        for number in range(100_000):
            copies = rng.binomial(2, rng.uniform(0.05, 0.5), 500)
            copies[rng.random(500) < 0.01] = 3
            place = 10_000 + 100 * number
            vcf.write(f"1\t{place}\t.\tA\tC\t.\tPASS\t.\tGT\t" + "\t".join(calls[copies]) + "\n")
            score.write(f"1\t{place}\tC\tA\t{(number % 7 - 3) / 100}\n")
    return folder


WRITE = {"fhir": write_fhir, "bundle": write_bundle, "omop": write_omop, "packets": write_packets, "score": write_score}


def measure(name: str, megabytes: float) -> dict:
    """Write an input, read it in a process of its own, and return what that took."""
    with tempfile.TemporaryDirectory() as made:
        path = WRITE[name](Path(made), megabytes)
        code = RUN.format(read=READ[name].format(path=str(path)))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=1000, help="size of the NDJSON")
    parser.add_argument("--only", nargs="+", choices=list(WRITE), default=list(WRITE))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = {name: measure(name, options.megabytes) for name in options.only}
    text = json.dumps(found, indent=2)
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
