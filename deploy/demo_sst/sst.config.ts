import { SSTConfig } from "sst";
import { Api, StackContext, Table } from "sst/constructs";

function Notes({ stack }: StackContext) {
  const visits = new Table(stack, "Visits", {
    fields: { id: "string" },
    primaryIndex: { partitionKey: "id" },
  });
  const api = new Api(stack, "Api", {
    defaults: {
      function: {
        bind: [visits],
        environment: { VISITS: visits.tableName, STAGE: stack.stage },
      },
    },
    routes: { "GET /": "src/visit.main" },
  });
  stack.addOutputs({ Url: api.url });
}

export default {
  config: () => ({ name: "notes", region: "us-east-1" }),
  stacks(app) {
    app.setDefaultRemovalPolicy("destroy");
    app.setDefaultFunctionProps({ runtime: "nodejs20.x", architecture: "x86_64" });
    app.stack(Notes);
  },
} satisfies SSTConfig;
