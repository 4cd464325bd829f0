"""Frame of the command: registration of commands, exit status, and one-line errors."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from genorx import __version__
from genorx.cli import (
    audit,
    claims,
    convert,
    demo,
    effects,
    evaluate,
    evidence,
    features,
    fit,
    image,
    interop,
    knowledge,
    monitor,
    pgx,
    predict,
    published,
    rank,
    registry,
    screen,
    screen_evaluate,
    study,
)
from genorx.cli.care import commands as care_commands
from genorx.cli.options import FLAGS, VALUED, with_common_options
from genorx.cli.streams import ReaderGone, say, say_error
from genorx.errors import GenorxError, InputError, UsageError

INTERRUPTED = 130
_DEFECT = "https://github.com/genorx/genorx/issues"
# every fault of a command line found by typer, in any version (newer ones include their own click)
_ParseFault: type[Exception] = typer.BadParameter.__bases__[0]
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_HELP = {"help_option_names": ["--help", "-h"]}


def _group(text: str) -> typer.Typer:
    """Return a group of commands."""
    return typer.Typer(help=text, rich_markup_mode=None, context_settings=_HELP)


app = typer.Typer(
    name="genorx",
    help="Rank treatment options from variants, clinical and lifestyle records, with intervals.",
    epilog="Example: genorx demo --out genorx-demo",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)
studies = _group("Make or check a study file.")
app.add_typer(studies, name="study")
models = _group("Published models: a list, and the population of each.")
app.add_typer(models, name="published")
registries = _group("Keep a history of models, each with its predecessor and reason.")
app.add_typer(registries, name="registry")
packs = _group("Build, list and compare packs of facts.")
app.add_typer(packs, name="knowledge")
exchange = _group("Records and scores of exchange formats: FHIR, OMOP, phenopackets, PGS Catalog.")
app.add_typer(exchange, name="interop")
cares = _group("From a ranking to visits, requests, questions and cards.")
app.add_typer(cares, name="care")


def _add(home: typer.Typer, name: str, command: Callable[..., None], example: str) -> None:
    home.command(name, epilog=f"Example: {example}", context_settings=_HELP)(with_common_options(command))


for home, name, command, example in (
    (app, "demo", demo.demo, "genorx demo --out genorx-demo"),
    (studies, "init", study.init, "genorx study init clinical.csv --outcome os_days,os_event --out study.toml"),
    (studies, "check", study.check, "genorx study check study.toml --out audit.json"),
    (app, "fit", fit.fit, "genorx fit study.toml --out study.model"),
    (app, "evaluate", evaluate.evaluate, "genorx evaluate study.toml --folds 5 --out evaluation.json"),
    (app, "predict", predict.predict, "genorx predict study.model patients.toml --out predictions.csv"),
    (app, "rank", rank.rank, "genorx rank study.model patients.toml --out report.html --patient P0001"),
    (app, "screen", screen.screen, "genorx screen people.csv --model plcom2012@2013 --out risks.csv"),
    (
        app,
        "screen-evaluate",
        screen_evaluate.screen_evaluate,
        "genorx screen-evaluate cohort.csv --spec spec.json --out measures.json --report page.html",
    ),
    (models, "list", published.list_models, "genorx published list"),
    (models, "card", published.card, "genorx published card predict-breast@3.1"),
    (
        app,
        "effects",
        effects.effects,
        "genorx effects --train trial.csv --test patients.csv --spec spec.json --out effects.csv",
    ),
    (
        app,
        "monitor",
        monitor.monitor,
        "genorx monitor --base B.csv --new N.csv --spec S.json --as-of 24 --look 4 --out R.json",
    ),
    (registries, "list", registry.list_, "genorx registry list models"),
    (registries, "verify", registry.verify, "genorx registry verify models"),
    (registries, "diff", registry.diff, "genorx registry diff models 3f2a 9c41"),
    (registries, "add", registry.add, "genorx registry add models study.model --reason 'first model'"),
    (app, "claims", claims.claims, "genorx claims batch.837 claims.csv --out lines.csv"),
    (app, "pgx", pgx.pgx, "genorx pgx sample.vcf.gz --outside cyp2d6.tsv --out pgx.json"),
    (packs, "import", knowledge.import_, "genorx knowledge import pharmcat PharmCAT --out pack.json.gz"),
    (packs, "list", knowledge.list_, "genorx knowledge list"),
    (packs, "diff", knowledge.diff, "genorx knowledge diff old.json.gz new.json.gz --out changes.csv"),
    (
        app,
        "evidence",
        evidence.evidence,
        'genorx evidence --variants "BRAF V600E" --disease COAD --out evidence.json',
    ),
    (
        exchange,
        "tables",
        interop.tables,
        "genorx interop tables bundle.json --format fhir --map map.toml --index 2024-01-01 --out patients.csv",
    ),
    (
        exchange,
        "score",
        interop.score,
        "genorx interop score cohort.vcf.gz --score PGS000001_hmPOS_GRCh38.txt.gz --out scores.csv",
    ),
    (exchange, "check", interop.check, "genorx interop check bundle.json --out findings.json"),
    (app, "convert", convert.convert, "genorx convert cohort.vcf.gz cohort.vcz"),
    (app, "features", features.features, "genorx features cohort.vcf.gz --panel panel.toml --out genes.csv"),
    (
        app,
        "audit",
        audit.audit,
        "genorx audit --claims batch.837 --records records --facts facts --out discrepancies.csv --report page.html",
    ),
    (app, "image", image.image, "genorx image series/ --mask region.dcm --out features.csv"),
):
    _add(home, name, command, example)
for name, command, example in care_commands.COMMANDS:
    _add(cares, name, command, example)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    """Rank treatment options from variants, clinical and lifestyle records, with intervals."""
    if version:
        typer.echo(f"genorx {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(UsageError.exit_code)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status: 0, 1, 2, 3, 4 or 130."""
    for name in (
        _THREADS
    ):  # another order of summation would change the last bits, and small matrices are slower on several cores
        os.environ[name] = "1"
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit status; errors are printed in the style requested by it."""
    arguments = _common_last(arguments)
    as_json, debug = _wants_json(arguments), "--debug" in arguments
    try:
        status = app(args=arguments, prog_name="genorx", standalone_mode=False)
    except ReaderGone:  # the reader has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as fault:  # noqa: BLE001  the last stop: whatever it is, one line and a status
        error, exit_code = _as_error(fault)
        if debug and exit_code == 1:
            say(traceback.format_exc())
        say_error(error, as_json=as_json)
        return exit_code
    if status == INTERRUPTED:  # typer converts a key press to this
        say_error(GenorxError("stopped before the end", file="genorx", code="interrupted"), as_json=as_json)
    return status if isinstance(status, int) else 0


def _as_error(fault: Exception) -> tuple[GenorxError, int]:
    """Return the text to print, and the exit status."""
    if isinstance(fault, GenorxError):
        return fault, fault.exit_code
    if isinstance(fault, _ParseFault):
        return _usage(fault), UsageError.exit_code
    if isinstance(fault, OSError) and fault.filename is not None:
        reason = (fault.strerror or type(fault).__name__).lower()
        return InputError(reason, file=fault.filename, code="file"), InputError.exit_code
    place = traceback.extract_tb(fault.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    # the text of an unexpected exception may contain a patient's data: only its kind and place are printed
    hint = f"this is a fault of genorx: please report it at {_DEFECT}; --debug shows more"
    return GenorxError(type(fault).__name__, file="genorx", place=where, hint=hint, code="defect"), 1


def _usage(fault: Exception) -> UsageError:
    context: Any = getattr(fault, "ctx", None)
    command = context.command_path if context is not None else "genorx"
    message = str(getattr(fault, "format_message", lambda: fault)()).replace("\n", " ").rstrip(". ")
    return UsageError(message, file=command, hint=f"{command} --help explains the options")


def _common_last(arguments: list[str]) -> list[str]:
    """Move common options before the command to the end: ``genorx --quiet fit`` is accepted too."""
    front: list[str] = []
    rest = list(arguments)
    while rest and rest[0].partition("=")[0] in FLAGS | VALUED:
        front += [rest.pop(0) for _ in range(min(len(rest), 2 if rest[0] in VALUED else 1))]
    return rest + front if rest and not rest[0].startswith("-") else list(arguments)


def _wants_json(arguments: list[str]) -> bool:
    pairs = pairwise(arguments)
    return "--errors=json" in arguments or ("--errors", "json") in pairs


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Exit as after an interrupt, so that partial files are removed."""
    raise KeyboardInterrupt
