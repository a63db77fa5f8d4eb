import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { version } from "./version.js";

const database = new DynamoDBClient({});

export async function main() {
  const counted = await database.send(
    new UpdateItemCommand({
      TableName: process.env.VISITS,
      Key: { id: { S: "all" } },
      UpdateExpression: "ADD visits :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
      ReturnValues: "UPDATED_NEW",
    }),
  );
  return {
    statusCode: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      version,
      stage: process.env.STAGE,
      visits: Number(counted.Attributes.visits.N),
    }),
  };
}
