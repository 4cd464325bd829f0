"""Write ``data_schemas/`` from the code; tests compare the two."""

import json
from pathlib import Path

from genorx.audit.claim_table import claims_schema
from genorx.audit.reading_info import reading_schema
from genorx.audit.summary import summary_schema
from genorx.care.json_schemas import care_schemas
from genorx.care.request.schema import request_schemas
from genorx.cohort.checks.audit_json import study_schemas
from genorx.cohort.tables.schema import schemas
from genorx.monitor.schema import monitor_schema
from genorx.oncology import EVIDENCE_SCHEMA
from genorx.pgx.schema import pgx_schema
from genorx.published.cards.card_schema import card_schema
from genorx.ranking.answer.schema import ranking_schema

FOLDER = Path(__file__).resolve().parent.parent / "data_schemas"

SCHEMAS = {**schemas(), **study_schemas(), "pgx": pgx_schema(), "ranking": ranking_schema()}
SCHEMAS |= {"evidence": EVIDENCE_SCHEMA, "published_card": card_schema(), "monitor": monitor_schema()}
SCHEMAS |= {"claims_audit": summary_schema()}
SCHEMAS |= {"claims": claims_schema(), "claims_info": reading_schema()}
SCHEMAS |= {**care_schemas(), **request_schemas()}

for name, schema in sorted(SCHEMAS.items()):
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    (FOLDER / f"{name}.schema.json").write_text(text, encoding="utf-8")
