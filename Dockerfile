# One image for the three services; which one a container is, its command says: api, worker or subscriber. Nothing is built:
# Node runs the TypeScript as it is.

ARG BASE_IMAGE=node:24-bookworm-slim

FROM ${BASE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM ${BASE_IMAGE}
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY services ./services
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
# By number: `node` in the official image, and known to any other.
USER 1000:1000
# Liveness only: that Redis is away is no reason to replace a service. /readyz tells of that.
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s CMD ["node", "-e", "require('node:http').get(`http://127.0.0.1:${process.env.PORT}/healthz`, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
# Two workers of one name would take each other's jobs for their own: every container has a name of its own.
ENTRYPOINT ["sh", "-c", "exec env SERVICE_NAME=\"${SERVICE_NAME:-$0-$(hostname)}\" node --import ./services/shared/telemetry/instrumentation.ts \"./services/$0/main.ts\""]
CMD ["api"]
