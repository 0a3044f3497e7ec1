export default {
  output: { path: "client", module: { extension: ".js" } },
  plugins: ["@hey-api/client-fetch"],
};
