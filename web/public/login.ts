/** Log-in and set-up: two forms, one program. The other small pages use its style alone. */
import "../shared/tokens.css";
import "./page.css";

import { readProblem } from "../shared/problem";
import { login as words, setup as setupWords, unlock as unlockWords } from "../shared/text/en.json";
import { fill } from "../shared/text/fill";
import { parseRetryAfter } from "../shared/retry_after";
import { HOME, nextFrom } from "./address";
import { need, write } from "./dom";
import { startTheme } from "./theme";

const SHORTEST_PASSWORD = 12;

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly retryAfter: number | null;
}

async function post(path: string, document: Record<string, string>): Promise<Answer> {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Rushes-CSRF": "1" },
      body: JSON.stringify(document),
    });
    const retryAfter = parseRetryAfter(answer.headers.get("Retry-After"), Date.now());
    return { status: answer.status, body: await answer.text(), retryAfter };
  } catch {
    return { status: 0, body: "", retryAfter: null };
  }
}

function isFine(answer: Answer): boolean {
  return answer.status >= 200 && answer.status < 300;
}

/** A form with one place for what went wrong, and one button that rests while it is busy. */
class Form {
  private readonly trouble = need("trouble", HTMLElement);
  private readonly button = need("submit", HTMLButtonElement);
  private readonly label = this.button.textContent;

  constructor(
    form: HTMLFormElement,
    private readonly busyLabel: string,
    send: (form: Form) => Promise<void>,
  ) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.button.disabled) return;
      this.show("");
      this.rest(true);
      void send(this).finally(() => {
        this.rest(false);
      });
    });
    if (document.getElementById("show") !== null) startShowing();
  }

  value(name: string): string {
    return need(name, HTMLInputElement).value;
  }

  show(text: string, field?: string): void {
    write(this.trouble, text);
    this.trouble.hidden = text === "";
    for (const input of document.querySelectorAll("input")) input.removeAttribute("aria-invalid");
    if (field === undefined) return;
    const input = need(field, HTMLInputElement);
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }

  private rest(isBusy: boolean): void {
    this.button.disabled = isBusy;
    write(this.button, isBusy ? this.busyLabel : this.label);
  }

  /** Count the seconds down that the server asks for; the form can be used again after them. */
  async countDown(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 1) {
      this.show(fill(words.wait, { seconds: left }));
      await new Promise((done) => setTimeout(done, 1000));
    }
    this.show("");
  }
}

function startShowing(): void {
  const button = need("show", HTMLButtonElement);
  const input = need("password", HTMLInputElement);
  button.addEventListener("click", () => {
    const isShown = input.type === "password";
    input.type = isShown ? "text" : "password";
    button.ariaPressed = String(isShown);
    write(button, isShown ? words.hide : words.show);
    input.focus();
  });
}

async function logIn(form: Form): Promise<void> {
  const code = form.value("code").trim();
  const answer = await post("/api/v1/session", {
    email: form.value("email").trim(),
    password: form.value("password"),
    ...(code === "" ? {} : { code }),
  });
  const { code: reason } = readProblem(answer.status, answer.body);
  if (isFine(answer)) location.assign(nextFrom(location.search));
  else if (reason === "session.code_needed") askForCode();
  else if (reason === "session.code_refused") form.show(words.code_failed, "code");
  else if (answer.status === 429) await form.countDown(answer.retryAfter ?? 10);
  else if (answer.status === 0) form.show(words.away);
  else if (answer.status < 500 && answer.status !== 403) form.show(words.failed, "password");
  else form.show(readProblem(answer.status, answer.body).words);
}

/** The provider vouched for somebody whose account has a second factor: its code opens it. */
async function proveFactor(form: Form): Promise<void> {
  const answer = await post("/login/oidc/code", { code: form.value("code").trim() });
  const problem = readProblem(answer.status, answer.body);
  if (isFine(answer)) location.assign((JSON.parse(answer.body) as { next: string }).next);
  else if (problem.code === "session.code_refused") form.show(words.code_failed, "code");
  else if (problem.code === "oidc.refused") form.show(words.vouched_over);
  else if (answer.status === 429) await form.countDown(answer.retryAfter ?? 10);
  else form.show(answer.status === 0 ? words.away : problem.words);
}

/** The password is right, and the account has a second factor: the same form asks for its code. */
function askForCode(): void {
  need("second", HTMLElement).hidden = false;
  need("code", HTMLInputElement).focus();
}

/** Give a link's password; the answer's token opens the same page. */
async function openLink(form: Form, page: string): Promise<void> {
  const answer = await post(`${page}/unlock`, { password: form.value("password") });
  if (isFine(answer)) {
    const { token } = JSON.parse(answer.body) as { token: string };
    location.assign(`/u/${token}`);
  } else if (answer.status === 429) await form.countDown(answer.retryAfter ?? 10);
  else if (answer.status === 401) form.show(unlockWords.failed, "password");
  else form.show(answer.status === 0 ? words.away : readProblem(answer.status, answer.body).words);
}

async function setUp(form: Form): Promise<void> {
  const email = form.value("email").trim();
  const password = form.value("password");
  const length = Array.from(password).length;
  if (length < SHORTEST_PASSWORD) {
    form.show(fill(setupWords.password_short, { n: length }), "password");
    return;
  }
  const made = await post("/api/v1/setup", { token: form.value("token").trim(), email, password });
  if (!isFine(made)) {
    if (made.status === 429) await form.countDown(made.retryAfter ?? 10);
    else form.show(made.status === 0 ? words.away : readProblem(made.status, made.body).words);
    return;
  }
  const inside = await post("/api/v1/session", { email, password });
  location.assign(isFine(inside) ? HOME : "/login");
}

/**
 * Take the token out of the address at once: it must not stay in the history.
 *
 * The console prints it behind a `#`, which browsers do not send.
 */
function takeToken(): void {
  const asked = new URLSearchParams(location.search).get("token");
  const token = asked ?? decodeURIComponent(location.hash.slice(1));
  if (token === "") return;
  need("token", HTMLInputElement).value = token;
  history.replaceState(null, "", location.pathname);
  need("email", HTMLInputElement).focus();
}

function start(): void {
  startTheme();
  const login = document.getElementById("login");
  const setup = document.getElementById("setup");
  const unlock = document.getElementById("unlock");
  if (unlock instanceof HTMLFormElement) {
    new Form(unlock, unlockWords.busy, (form) => openLink(form, location.pathname));
  }
  const vouched = document.getElementById("vouched");
  if (login instanceof HTMLFormElement) new Form(login, words.busy, logIn);
  if (vouched instanceof HTMLFormElement) new Form(vouched, words.busy, proveFactor);
  if (setup instanceof HTMLFormElement) {
    new Form(setup, setupWords.busy, setUp);
    takeToken();
  }
}

start();
