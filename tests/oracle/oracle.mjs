// Asks @cloud-copilot/iam-simulate for the result of every case on standard input, one JSON object
// per line, and prints one answer per line: {"result", "ignored"} or {"error"}.
//
// The package is another team's work under its own licence (AGPL-3.0-or-later). It is installed by
// npm where the test runs, and only ever runs in this process of its own.
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const named = (documents, prefix) => documents.map((policy, index) => ({ name: `${prefix}${index}`, policy }))
const levels = (lists, prefix) =>
  lists.map((documents, level) => ({
    orgIdentifier: `${prefix}${level}`,
    policies: named(documents, `${prefix}${level}-`)
  }))

async function ask(asked) {
  const { request } = asked
  const answer = await runSimulation(
    {
      request: {
        principal: request.principal === '*' ? { type: 'Anonymous' } : request.principal,
        action: request.action,
        resource: { resource: request.resource, accountId: request.account },
        contextVariables: request.context
      },
      identityPolicies: named(asked.identity, 'identity'),
      serviceControlPolicies: levels(asked.service_control, 'control'),
      resourceControlPolicies: levels(asked.resource_control, 'resource-control'),
      ...(asked.resource && { resourcePolicy: asked.resource }),
      ...(asked.boundary && { permissionBoundaryPolicies: named([asked.boundary], 'boundary') }),
      ...(asked.session && { sessionPolicy: asked.session })
    },
    {}
  )
  if (answer.resultType === 'error') return { error: answer.errors }
  return { result: answer.overallResult, ignored: answer.result?.ignoredContextKeys ?? [] }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await ask(JSON.parse(line))))
}
