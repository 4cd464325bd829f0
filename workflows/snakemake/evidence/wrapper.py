"""Snakemake wrapper of ``genorx evidence``; ``snakemake`` is put here by Snakemake."""

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")  # noqa: F821
log = snakemake.log_fmt_shell(stdout=False, stderr=True)  # noqa: F821
shell(
    "genorx evidence --variants {snakemake.input.variants:q} --disease {snakemake.params.disease:q}"
    " --out {snakemake.output[0]:q} {extra} {log}"
)
