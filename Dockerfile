# One image for the API and the workers: docker-compose.yml chooses by command. Debian, not Alpine: Temporal's core needs glibc.
FROM node:24.21.0-bookworm-slim AS base
WORKDIR /app
ENV NODE_ENV=production

FROM base AS packages
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev \
  # Temporal's core comes for five platforms, 35 MB each, and one is used.
  && keep="$(node -p "({ x64: 'x86_64', arm64: 'aarch64' })[process.arch]")-unknown-linux-gnu" \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$keep" -exec rm -r {} + \
  && test -d "node_modules/@temporalio/core-bridge/releases/$keep" \
  && npm cache clean --force

# The workflows as one file, made here and not at each start. Needs the same packages as the worker that loads it.
FROM packages AS bundle
COPY config config
COPY domain domain
COPY workflows workflows
COPY scripts/workflow-bundle.ts scripts/bundle.ts scripts/
RUN node scripts/bundle.ts /app/workflow-bundle.js

FROM base
COPY --from=packages /app/node_modules node_modules
COPY package.json worker.ts ./
COPY activities activities
COPY api api
COPY config config
COPY domain domain
COPY scripts scripts
COPY views views
COPY workflows workflows
COPY --from=bundle /app/workflow-bundle.js ./
# The data directory belongs to the user that runs here; a named volume takes that over when it is new.
RUN install -d -o node -g node -m 700 /data
USER 1000:1000
ENV SPARK_DATA_DIR=/data SPARK_WORKFLOW_BUNDLE=/app/workflow-bundle.js SPARK_LISTEN=0.0.0.0:9999
VOLUME /data
EXPOSE 9999
STOPSIGNAL SIGTERM
CMD ["node", "api/server.ts"]
