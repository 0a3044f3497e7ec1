// Shows the OpenAPI documents of this server. Requests go to this server only: no proxy, fonts or telemetry of others.
Scalar.createApiReference("#reference", {
  sources: [
    { title: "Server keys", slug: "server", url: "/api/v1/openapi.json", default: true },
    { title: "Client keys", slug: "client", url: "/api/v1/openapi-client.json" },
  ],
  servers: [{ url: window.location.origin }],
  authentication: { preferredSecurityScheme: "bearer" },
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
});
