// A real Chromium, driven step by step over the DevTools protocol. See harness/chromium.py.

const { chromium } = require("playwright-core");
const { answerQuestions } = require("./answering.cjs");

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
// How long a page may take to become what is waited for.
const PATIENCE = 10_000;

let browser;
let page;
let complaints = [];
let requests = [];

answerQuestions({
  // A new window without cookies.
  start: async ({ question }) => {
    browser ??= await chromium.launch({ executablePath: question.executable, args: ["--no-sandbox", "--disable-quic"] });
    await page?.context().close();
    const { script: javaScriptEnabled, colors: colorScheme } = question;
    const settings = { viewport: WIDE, ignoreHTTPSErrors: true, javaScriptEnabled, colorScheme };
    page = await (await browser.newContext(settings)).newPage();
    page.setDefaultTimeout(PATIENCE);
    complaints = [];
    requests = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => complaints.push({ url: page.url(), text: error.message }));
    page.on("console", (message) => {
      if (message.type() === "error") {
        complaints.push({ url: message.location().url, text: message.text() });
      }
    });
  },

  open: async ({ question }) => {
    await page.goto(question.url);
  },

  // Fields are found by their labels, buttons and links by their names, as a screen reader says them.
  fill: async ({ question }) => page.getByLabel(question.label, { exact: true }).fill(question.text),

  press: async ({ question }) => page.getByRole("button", { name: question.name, exact: true }).click(),

  follow: async ({ question }) => page.getByRole("link", { name: question.name, exact: true }).click(),

  enter: async () => page.keyboard.press("Enter"),

  // Waits for a page with this heading.
  heading: async ({ question }) => {
    await page.getByRole("heading", { name: question.text, exact: true }).waitFor();
  },

  // How long a page takes until the first line of its table is there, in milliseconds.
  openTable: async ({ question }) => {
    const begin = Date.now();
    await page.goto(question.url);
    await page.locator("tbody tr").first().waitFor();
    return Date.now() - begin;
  },

  // Types letter by letter, and returns how long the page was busy with the slowest, and what it says then.
  search: async ({ question }) => page.evaluate(async (text) => {
    const field = document.querySelector("input[type=search]");
    let slowest = 0;
    for (let length = 0; length <= text.length; length += 1) {
      field.value = text.slice(0, length);
      const begin = performance.now();
      field.dispatchEvent(new Event("input"));
      slowest = Math.max(slowest, performance.now() - begin);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    return [slowest, document.querySelector("[role=status]").textContent];
  }, question.text),

  // The lines of the table that are drawn, each as the texts of its cells.
  lines: async () => page.locator("tbody tr").evaluateAll((lines) => lines.map((line) => [...line.cells].map((cell) => cell.innerText))),

  // What would be on paper: its picture, and how many lines it has.
  paper: async ({ question }) => {
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 1000, height: 1400 });
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
    await page.screenshot({ path: `${question.path}.png` });
    const lines = await page.locator("tbody tr").count();
    await page.emulateMedia({ media: null });
    return lines;
  },

  // What pages have asked for besides themselves.
  requests: async () => requests,

  // Waits for an address.
  arrive: async ({ question }) => page.waitForURL((url) => url.href.startsWith(question.prefix)),

  alert: async () => page.getByRole("alert").innerText(),

  text: async () => page.locator("body").innerText(),

  title: async () => page.title(),

  focused: async () => page.evaluate(() => document.activeElement.labels?.[0]?.innerText ?? document.activeElement.tagName),

  // Pictures at two widths. Returns how much of the page is out of sight to the right at each.
  shot: async ({ question }) => {
    const hidden = [];
    for (const size of [NARROW, WIDE]) {
      await page.setViewportSize(size);
      await page.screenshot({ path: `${question.path}-${size.width}.png`, fullPage: true });
      hidden.push(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth));
    }
    return hidden;
  },

  complaints: async () => complaints,

  stop: async () => {
    await browser?.close();
    browser = page = undefined;
  },
});
