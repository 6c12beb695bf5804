# A small image for the CPU, without compiler and build files:
#   docker build --tag sgp .
#   docker run --rm --user "$(id -u)" --volume "$PWD:/work" sgp similar demo "every pencil knows"
FROM python:3.11-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY docs/man docs/man
COPY docs/completion docs/completion
COPY skipgramophone skipgramophone
RUN python -m venv /opt/sgp && /opt/sgp/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.11-slim
COPY --from=build /opt/sgp /opt/sgp
ENV PATH=/opt/sgp/bin:$PATH
WORKDIR /work
USER 1000
ENTRYPOINT ["sgp"]
CMD ["--help"]
