// How a program of this folder is asked: a line of JSON in, a line of JSON out, until its input ends.

const assert = require("node:assert");
const { spawn, spawnSync } = require("node:child_process");
const path = require("node:path");
const readline = require("node:readline");

/// Runs flows by name: functions from what is known of the server to what the library gave.
async function answerQuestions(flows) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { flow, server, ...question } = JSON.parse(line);
    let answer;
    try {
      answer = { result: await flows[flow]({ ...server, question }) };
    } catch (error) {
      answer = { error: `${error.stack}\n${JSON.stringify(error)}` };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

/// How the person is started, who opens a page: see harness/person.py.
function person(ask, page, { redirectUri, userCode } = {}) {
  const script = path.join(__dirname, "..", "harness", "person.py");
  const args = redirectUri ? [script, page, redirectUri] : [script, page];
  const env = { ...process.env, PERSON_NAME: ask.user, PERSON_PASSWORD: ask.password, PERSON_CODE: userCode ?? "" };
  return [ask.python, args, { env, stdio: ["ignore", "pipe", "inherit"] }];
}

/// Has the person open a page, and waits: nothing else goes on meanwhile.
function visitSync(ask, page, options) {
  const { status } = spawnSync(...person(ask, page, options));
  assert.equal(status, 0, `the person gave up at ${page}`);
}

/// Has the person open a page, and returns where they end.
function visit(ask, page, options) {
  return new Promise((done, failed) => {
    const visitor = spawn(...person(ask, page, options));
    let text = "";
    visitor.stdout.on("data", (chunk) => (text += chunk));
    visitor.on("error", failed);
    visitor.on("close", (code) => (code === 0 ? done(text.trim()) : failed(new Error(`the person gave up at ${page}`))));
  });
}

module.exports = { answerQuestions, visit, visitSync };
