# The image of the API and of the jobs: `sigmasight serve`, `sigmasight daily`, and every other command.
# Packages come from the lock file with hashes, by the same set-up as everywhere else.
FROM python:3.11.14-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 PATH=/app/.venv/bin:$PATH
WORKDIR /app

# packages first: they change less often than our own files
COPY pyproject.toml README.md requirements.lock requirements-uv.lock ./
COPY tools/set-up tools/set-up
COPY sigmasight/__init__.py sigmasight/__init__.py
RUN tools/set-up runtime && rm -rf .sigmasight

COPY . .
# what it writes: dbt's files, logs and backups; the database is elsewhere (DATABASE_URL)
RUN useradd --system --uid 10001 --home-dir /app sigmasight \
    && mkdir -p .sigmasight target logs && chown -R sigmasight .sigmasight target logs
USER 10001

# alive means that it answers; whether it is ready for traffic, /ready tells
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/health', timeout=4)"]
CMD ["sigmasight", "serve", "--host", "0.0.0.0"]
