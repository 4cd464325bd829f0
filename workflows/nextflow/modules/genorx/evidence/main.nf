process GENORX_EVIDENCE {
    tag "$meta.id"
    label 'process_single'

    conda "${moduleDir}/environment.yml"

    input:
    tuple val(meta), path(variants), val(disease)

    output:
    tuple val(meta), path("*.json"), emit: json
    path "versions.yml"            , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args   = task.ext.args   ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    genorx evidence \
        --variants $variants \
        --disease $disease \
        --out ${prefix}.json \
        $args

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        genorx: \$(genorx --version | sed 's/genorx //')
    END_VERSIONS
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.json

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        genorx: \$(genorx --version | sed 's/genorx //')
    END_VERSIONS
    """
}
