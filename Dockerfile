FROM python:3.11-slim AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements requirements
RUN requirements/install production model
COPY . .
RUN DATA_DIR=/tmp/build .venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home allhours && install -d -o allhours /data
WORKDIR /app
COPY --from=build /app /app
# The code is root's; the process may write its data and collect static files, nothing else.
RUN chown -R allhours staticfiles
USER allhours
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health')"]
CMD ["deploy/run", "web"]
