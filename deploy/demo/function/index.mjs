import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { answer } from "./answer.mjs";

const { TABLE, STAGE, GREETING } = process.env;
const database = new DynamoDBClient({});

const countVisit = new UpdateItemCommand({
  TableName: TABLE,
  Key: { page: { S: "/" } },
  UpdateExpression: "ADD visits :one",
  ExpressionAttributeValues: { ":one": { N: "1" } },
  ReturnValues: "UPDATED_NEW",
});

export async function handler() {
  const { Attributes } = await database.send(countVisit);
  return answer({ visits: Number(Attributes.visits.N), stage: STAGE, greeting: GREETING });
}
