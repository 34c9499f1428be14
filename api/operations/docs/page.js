// Swagger UI with a login: the token goes into every request that is tried out, and is forgotten with the tab.
"use strict";

const KEY = "sigmasight-token";
const SCHEME = "HTTPBearer";
const byId = (id) => document.getElementById(id);

const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: -1,
  defaultModelExpandDepth: 3,
  syntaxHighlight: { theme: "agate" },
  validatorUrl: null,
  onComplete: () => use(JSON.parse(sessionStorage.getItem(KEY) || "null")),
});

function use(login) {
  if (login) {
    ui.preauthorizeApiKey(SCHEME, login.token);
    byId("name").textContent = login.name;
  } else {
    ui.authActions.logout([SCHEME]);
  }
  byId("login").hidden = Boolean(login);
  byId("who").hidden = !login;
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  byId("message").textContent = "";
  try {
    const name = form.username.value;
    const response = await fetch("/api/v1/auth/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: name, password: form.password.value }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.detail);
    const login = { name, token: answer.access_token };
    sessionStorage.setItem(KEY, JSON.stringify(login));
    form.reset();
    use(login);
  } catch (error) {
    byId("message").textContent = error.message;
  } finally {
    button.disabled = false;
  }
});

byId("logout").addEventListener("click", async () => {
  const login = JSON.parse(sessionStorage.getItem(KEY) || "null");
  sessionStorage.removeItem(KEY);
  use(null);
  if (login) await fetch("/api/v1/auth/logout", { method: "POST", headers: { Authorization: `Bearer ${login.token}` } });
});
