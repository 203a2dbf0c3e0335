# One image for every process type of the Procfile; give it the command (web is the default).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PLAYWRIGHT_BROWSERS_PATH=/opt/browsers
WORKDIR /app

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock \
    && playwright install --with-deps --only-shell chromium \
    && rm -rf /var/lib/apt/lists/* \
    && ln -s "$(find /opt/browsers -path '*headless_shell*' -type f -perm -u+x -name '*headless*shell' | head -n 1)" \
        /usr/local/bin/chromium-headless-shell \
    && useradd --create-home --uid 10001 rainmaker

COPY . .
USER rainmaker
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s \
    CMD python -c "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 3000)}/healthz')"
CMD ["python", "-m", "bot.app"]
