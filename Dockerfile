# The exporter alone, from hashed requirements, as a user without a name or a shell of its own.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY exporter exporter
COPY rules rules
RUN python -m venv /opt/holdfast \
 && /opt/holdfast/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/holdfast/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
COPY --from=build /opt/holdfast /opt/holdfast
USER 65534:65534
EXPOSE 10123 10124
ENTRYPOINT ["/opt/holdfast/bin/holdfast"]
CMD ["serve"]
