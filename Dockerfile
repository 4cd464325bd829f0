# syntax=docker/dockerfile:1
# An image of genorx that runs as an ordinary user:  docker build -t genorx . && docker run --rm -v "$PWD:/data" genorx --version
#
# The image holds scikit-survival, which is under GPL-3.0-or-later: whoever passes it on distributes a combined work under
# those terms.  NOTICE and LICENSE are in /usr/share/doc/genorx.
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src src
COPY scripts/write_man.py scripts/write_man.py
RUN python -m venv /opt/genorx \
    && /opt/genorx/bin/pip install --no-cache-dir ".[imaging,parquet]" \
    && /opt/genorx/bin/python scripts/write_man.py /opt/genorx/share/man/man1

FROM python:3.12-slim
LABEL org.opencontainers.image.title="genorx" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.description="From variants and records to a ranked list of treatment options, with intervals" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-3.0-or-later"
COPY --from=build /opt/genorx /opt/genorx
COPY LICENSE NOTICE /usr/share/doc/genorx/
RUN useradd --create-home --uid 1000 genorx && mkdir /data && chown genorx:genorx /data
ENV PATH="/opt/genorx/bin:$PATH" MPLBACKEND=agg PYTHONDONTWRITEBYTECODE=1
USER 1000:1000
WORKDIR /data
ENTRYPOINT ["genorx"]
CMD ["--help"]
