"""Snakemake wrapper of ``genorx pgx``; ``snakemake`` is put here by Snakemake."""

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")  # noqa: F821
log = snakemake.log_fmt_shell(stdout=False, stderr=True)  # noqa: F821
shell("genorx pgx {snakemake.input.vcf:q} --out {snakemake.output[0]:q} {extra} {log}")
