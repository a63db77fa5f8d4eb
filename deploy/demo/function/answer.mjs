import { version } from "./version.mjs";

/** What the API answers to one visit. */
export function answer({ visits, stage, greeting }) {
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ version, stage, visits, greeting }),
  };
}
