// How a program of this folder is asked: a line of JSON in, a line of JSON out, until its input ends.

const { spawn } = require("node:child_process");
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

/// Has the person open a page, and returns where they end: see harness/person.py.
function visit(ask, page, { redirectUri, userCode } = {}) {
  const script = path.join(__dirname, "..", "harness", "person.py");
  const args = redirectUri ? [script, page, redirectUri] : [script, page];
  const env = { ...process.env, PERSON_NAME: ask.user, PERSON_PASSWORD: ask.password, PERSON_CODE: userCode ?? "" };
  return new Promise((done, failed) => {
    const person = spawn(ask.python, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    person.stdout.on("data", (chunk) => (text += chunk));
    person.on("error", failed);
    person.on("close", (code) => (code === 0 ? done(text.trim()) : failed(new Error(`the person gave up at ${page}`))));
  });
}

module.exports = { answerQuestions, visit };
